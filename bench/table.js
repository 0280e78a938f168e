/** What `npm run bench` prints for people. */
import Table from "cli-table3";

/** @param {number} seconds */
function milliseconds(seconds) {
  return seconds < 0.1 ? `${(seconds * 1000).toFixed(1)} ms` : `${Math.round(seconds * 1000)} ms`;
}

/** @param {string[]} head @param {string[][]} rows */
function plainTable(head, rows) {
  const colAligns = head.map((_, i) => (i === 0 ? "left" : "right"));
  const chars = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" };
  const table = new Table({ head, colAligns, chars, style: { head: [], border: [] } });
  table.push(...rows);
  return table.toString();
}

/** @param {Record<string, unknown>[]} records @returns {string[]} every key, in order of first appearance */
function keysOf(records) {
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}

/** @param {import("./speed.js").SpeedReport} report */
export function speedTable({ benchmarks, ratios, versions, details }) {
  const peers = keysOf(benchmarks.map((benchmark) => benchmark.peers));
  const rows = benchmarks.map((benchmark) => {
    const { spread, peerSeconds } = details.get(benchmark.name);
    return [
      benchmark.name,
      `${milliseconds(benchmark.medianSeconds)} ± ${Math.round(spread * 100)} %`,
      `${benchmark.overFloor.toFixed(2)} ×`,
      ...peers.map((peer) =>
        peer in benchmark.peers ? `${milliseconds(peerSeconds[peer])}  ${benchmark.peers[peer].toFixed(2)} ×` : "",
      ),
    ];
  });
  const ratioLines = Object.entries(ratios).flatMap(([shape, pairs]) =>
    Object.entries(pairs).map(([pair, ratio]) => `${shape}: ${pair} ${ratio.toFixed(3)}`),
  );
  return [
    plainTable(["step", "ours", "over floor", ...peers], rows),
    "A peer's × is its step over ours, larger is better for us; ± is half the interquartile range.",
    ...ratioLines,
    `Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}.`,
  ].join("\n");
}

/** @param {import("./generation.js").Writing[]} rows */
export function generationTable(rows) {
  const peers = keysOf(rows.map((row) => row.peers));
  const head = ["text", "cached step", "recomputed", "tokens/s", ...peers.flatMap((peer) => [`${peer} step`, "text"])];
  const times = (value) => (value === undefined ? "" : `${value.toFixed(2)} ×`);
  const table = plainTable(
    head,
    rows.map((row) => [
      row.name,
      `${(row.stepSeconds * 1000).toFixed(2)} ms`,
      `${row.recomputed.toFixed(1)} ×`,
      String(Math.round(row.tokensPerSecond)),
      ...peers.flatMap((peer) => [times(row.peers[peer]?.step), times(row.peers[peer]?.text)]),
    ]),
  );
  return `${table}\nEvery × is over our own cached step or text: larger is better for us.`;
}

/** @param {import("./memory.js").MemoryRow[]} rows */
export function memoryTable(rows) {
  const peers = keysOf(rows.map((row) => row.peers));
  return plainTable(
    ["peak memory", "batch", "ours", ...peers],
    rows.map((row) => [
      row.name,
      String(row.batch),
      `${Math.round(row.peakBytes / 1e6)} MB`,
      ...peers.map((peer) =>
        peer in row.peers
          ? `${Math.round((row.peers[peer] * row.peakBytes) / 1e6)} MB  ${row.peers[peer].toFixed(2)} ×`
          : "",
      ),
    ]),
  );
}

/** @param {import("./store.js").StoreRow} row */
export function storeTable({ runs, lines, compactingSeconds, querySeconds, oneNewSeconds }) {
  const seconds = (/** @type {number} */ value) => `${value.toFixed(2)} s`;
  return plainTable(
    [`kvt sql over ${runs} runs with ${lines} lines each`, "process, from start to end"],
    [
      ["first query, which compacts them", seconds(compactingSeconds)],
      ...Object.entries(querySeconds).map(([name, value]) => [`later: means over ${name}`, seconds(value)]),
      ["after one more run", seconds(oneNewSeconds)],
    ],
  );
}

/** @param {import("./study.js").StudyRow} row */
export function studyTable({ cells, cellsPerMinute, ...row }) {
  const { oneWorker, twoWorkers, twoThreads } = cellsPerMinute;
  return plainTable(
    [`kvt study run of ${cells} cells`, ""],
    [
      ["cells a minute, one worker", oneWorker.toFixed(1)],
      ["cells a minute, two workers", twoWorkers.toFixed(1)],
      ["cells a minute, one worker with two threads", twoThreads.toFixed(1)],
      ["two workers over one", `${row.speedup.toFixed(2)} ×`],
      ["two workers over one with two threads", `${row.overThreads.toFixed(2)} ×`],
      ["a cell besides steps and evaluations", `${row.overheadSeconds.toFixed(2)} s`],
      ["a cell besides steps", `${row.outsideStepsSeconds.toFixed(2)} s`],
    ],
  );
}
