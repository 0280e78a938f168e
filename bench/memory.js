/** Peak memory of a training process by batch size: ours, and PyTorch's beside it. */
import { launchOwn } from "./catalog.js";
import { startSubject } from "./child.js";

const BATCHES = [16, 32, 64];
const STEPS = 3;

/**
 * @typedef {object} MemoryRow
 * @property {string} name shape/attention
 * @property {number} batch
 * @property {number} peakBytes largest resident size of our process
 * @property {Record<string, number>} peers peak of each peer's process over ours
 */

/**
 * @param {import("./options.js").BenchOptions} options
 * @param {import("./catalog.js").Peer[]} peers
 * @param {(text: string) => void} note
 * @param {typeof launchOwn} [own] how to start our subject
 * @returns {Promise<MemoryRow[]>}
 */
export async function measureMemory({ shapes, attentions, threads, smoke }, peers, note, own = launchOwn) {
  const rows = [];
  for (const shape of shapes) {
    for (const attention of attentions) {
      for (const batch of smoke ? BATCHES.slice(0, 1) : BATCHES) {
        const task = { shape, attention, threads, batch };
        note(`${shape}/${attention}: batch ${batch}`);
        const peakBytes = await peakOf(own("ours", task));
        /** @type {Record<string, number>} */
        const ratios = {};
        for (const { name, takes, launch } of peers) {
          if (takes(task)) ratios[name] = Number(((await peakOf(launch(task))) / peakBytes).toPrecision(4));
        }
        rows.push({ name: `${shape}/${attention}`, batch, peakBytes, peers: ratios });
      }
    }
  }
  return rows;
}

/** @param {import("./child.js").Launch} launch @returns {Promise<number>} bytes */
async function peakOf(launch) {
  const subject = await startSubject(launch);
  try {
    return (await subject.run(STEPS)).peakBytes;
  } finally {
    await subject.stop();
  }
}
