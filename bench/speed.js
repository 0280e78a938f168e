/** Step times: ours and the floor of all formulations in one interleaving, then each formulation beside its peers. */
import { launchOwn } from "./catalog.js";
import { measure, quantile } from "./rounds.js";

/**
 * @typedef {object} Benchmark as `--json` prints it
 * @property {string} name shape/attention
 * @property {number} medianSeconds of our step
 * @property {number} overFloor our step over its matrix products alone
 * @property {Record<string, number>} peers each peer's step over ours
 *
 * @typedef {object} Details what the table shows besides
 * @property {number} spread half the interquartile range of our step, over its median
 * @property {Record<string, number>} peerSeconds
 *
 * @typedef {object} SpeedReport
 * @property {Benchmark[]} benchmarks
 * @property {Record<string, Record<string, number>>} ratios of our own steps by shape: "kv/qkv", "kv+pos/kv"
 * @property {Record<string, string>} versions of every subject's library
 * @property {Map<string, Details>} details by benchmark
 */

/** Our steps whose ratio is worth knowing: later over earlier. */
const RATIOS = [
  ["kv", "qkv"],
  ["kv+pos", "kv"],
];

/**
 * @param {import("./options.js").BenchOptions} options
 * @param {import("./catalog.js").Peer[]} peers
 * @param {(text: string) => void} note
 * @param {typeof launchOwn} [own] how to start our subjects
 * @returns {Promise<SpeedReport>}
 */
export async function measureSpeed(options, peers, note, own = launchOwn) {
  const { shapes, attentions, threads, smoke } = options;
  const rounds = Math.ceil(options.steps / 2);
  const pace = smoke ? { rounds: 1, warmUp: 1, longestTurn: 1 } : { rounds, warmUp: 2, longestTurn: 6 };
  /** @type {SpeedReport} */
  const report = { benchmarks: [], ratios: {}, versions: {}, details: new Map() };

  for (const shape of shapes) {
    const task = (attention) => ({ shape, attention, threads, ...(smoke ? { batch: 8 } : {}) });
    note(`${shape}: ours and floor`);
    const ours = await measure(
      attentions.flatMap((attention) => [
        { key: `${attention} ours`, launch: own("ours", task(attention)) },
        { key: `${attention} floor`, launch: own("floor", task(attention)) },
      ]),
      pace,
      (entry, error) => {
        throw new Error(`${shape}/${entry.key}: ${error.message}`, { cause: error });
      },
    );
    for (const attention of attentions) {
      // a smoke run shows that each peer runs, once
      const invited = smoke && attention !== attentions[0] ? [] : peers.filter(({ takes }) => takes(task(attention)));
      const beside = await measureBeside(invited, task(attention), pace, note, own);
      const mine = ours.get(`${attention} ours`);
      const name = `${shape}/${attention}`;
      report.benchmarks.push({
        name,
        medianSeconds: round(mine.median),
        overFloor: round(mine.median / ours.get(`${attention} floor`).median),
        peers: mapValues(beside.peers, ({ median }) => round(median / beside.ours)),
      });
      const spread = (quantile(mine.seconds, 0.75) - quantile(mine.seconds, 0.25)) / 2 / mine.median;
      report.details.set(name, { spread, peerSeconds: mapValues(beside.peers, ({ median }) => median) });
      Object.assign(
        report.versions,
        { ours: mine.version },
        mapValues(beside.peers, ({ version }) => version),
      );
    }
    report.ratios[shape] = Object.fromEntries(
      RATIOS.filter((pair) => pair.every((attention) => attentions.includes(attention))).map(([over, under]) => [
        `${over}/${under}`,
        round(ours.get(`${over} ours`).median / ours.get(`${under} ours`).median),
      ]),
    );
  }
  return report;
}

/** Our step again, interleaved with the peers', so that a ratio's two sides met the same machine. */
async function measureBeside(peers, task, pace, note, own) {
  if (peers.length === 0) return { ours: NaN, peers: {} };
  note(`${task.shape}/${task.attention}: beside ${peers.map(({ name }) => name).join(", ")}`);
  const entries = [
    { key: "ours", launch: own("ours", task) },
    ...peers.map(({ name, launch }) => ({ key: name, launch: launch(task) })),
  ];
  const { ours, ...rest } = Object.fromEntries(
    await measure(entries, pace, (entry, error) => {
      if (entry.key === "ours") throw error;
      note(`${task.shape}/${task.attention}: ${entry.key} failed and is left out: ${error.message}`);
    }),
  );
  return { ours: ours.median, peers: rest };
}

/** @template V, W @param {Record<string, V>} record @param {(value: V) => W} change @returns {Record<string, W>} */
function mapValues(record, change) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** Four significant digits: more would be noise. @param {number} value */
function round(value) {
  return Number(value.toPrecision(4));
}
