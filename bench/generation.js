/** Text written by a GPT: a cached step beside reading the whole prefix again, whole texts, and PyTorch's beside ours. */
import { launchOwn } from "./catalog.js";
import { measure } from "./rounds.js";
import { GENERATION } from "./shapes.js";

/**
 * @typedef {object} Writing as `--json` prints it
 * @property {string} name generate/attention
 * @property {number} stepSeconds of a cached step at the end of a full context
 * @property {number} recomputed reading the whole context instead, over that step
 * @property {number} tokensPerSecond of a whole text
 * @property {Record<string, { step: number, text: number }>} peers each peer's cached step and text over ours
 */

/**
 * @param {{ attentions: readonly string[], threads: number }} generation
 * @param {{ steps: number, smoke: boolean }} options
 * @param {import("./catalog.js").Peer[]} peers
 * @param {(text: string) => void} note
 * @param {typeof launchOwn} [own] how to start our subjects
 * @returns {Promise<Writing[]>}
 */
export async function measureGeneration({ attentions, threads }, { steps, smoke }, peers, note, own = launchOwn) {
  const rounds = Math.ceil(steps / 2);
  const pace = smoke ? { rounds: 1, warmUp: 1, longestTurn: 1 } : { rounds, warmUp: 2, longestTurn: 256 };
  const rows = [];
  for (const attention of attentions) {
    const task = { shape: "generate", attention, threads };
    const name = `generate/${attention}`;
    // a smoke run shows that each peer runs, once
    const invited = smoke && attention !== attentions[0] ? [] : peers.filter(({ write }) => write !== undefined);
    note([`${name}: ours`, ...invited.map((peer) => peer.name)].join(", "));
    const entries = [
      ...["cached", "recomputed", "text"].map((kind) => ({ key: `ours ${kind}`, launch: own(kind, task) })),
      ...invited.flatMap((peer) =>
        ["cached", "text"].map((kind) => ({ key: `${peer.name} ${kind}`, launch: peer.write(kind, task) })),
      ),
    ];
    const measured = await measure(entries, pace, ({ key }, error) => {
      if (key.startsWith("ours ")) throw new Error(`${name} ${key}: ${error.message}`, { cause: error });
      note(`${name}: ${key} failed and is left out: ${error.message}`);
    });
    const seconds = (key) => measured.get(key)?.median;
    const [step, text] = [seconds("ours cached"), seconds("ours text")];
    const present = invited.filter((peer) => measured.has(`${peer.name} cached`) && measured.has(`${peer.name} text`));
    rows.push({
      name,
      stepSeconds: round(step),
      recomputed: round(seconds("ours recomputed") / step),
      tokensPerSecond: round(GENERATION.tokens / text),
      peers: Object.fromEntries(
        present.map((peer) => [
          peer.name,
          { step: round(seconds(`${peer.name} cached`) / step), text: round(seconds(`${peer.name} text`) / text) },
        ]),
      ),
    });
  }
  return rows;
}

/** Four significant digits: more would be noise. @param {number} value */
function round(value) {
  return Number(value.toPrecision(4));
}
