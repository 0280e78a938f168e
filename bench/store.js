/** How long `kvt sql` takes over many runs: the first query, which compacts them, and later ones. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const kvt = fileURLToPath(new URL("../bin/kvt.js", import.meta.url));
const FORMULATIONS = ["qkv", "kv", "kv+pos", "k"];
const TASKS = ["copy", "reverse", "sort", "swap", "sub"];

const SUMMARIES = {
  runs: "select task, attention, count(*), avg(test), stddev_samp(test) from runs group by all order by all",
  metrics:
    "select task, attention, count(*), avg(metrics.loss), max(gradient_norm), sum(metrics.seconds) " +
    "from metrics join runs using (run) group by all order by all",
};

/**
 * @typedef {object} StoreRow
 * @property {number} runs
 * @property {number} lines of metrics of each
 * @property {number} compactingSeconds the first query, from the start of the process to its end
 * @property {Record<string, number>} querySeconds median of the later ones, by what they summarise
 * @property {number} oneNewSeconds the query after one more run has finished
 */

/**
 * @param {{ runs: number, lines: number, repeats: number }} sizes
 * @param {(text: string) => void} note
 * @returns {StoreRow}
 */
export function measureStore({ runs, lines, repeats }, note) {
  const root = mkdtempSync(path.join(os.tmpdir(), "kvt-bench-store-"));
  try {
    note(`writing ${runs} runs with ${lines} lines of metrics each`);
    for (let n = 0; n < runs; n++) writeRun(root, n, lines);
    const compactingSeconds = time(root, SUMMARIES.metrics, runs * lines);
    const querySeconds = Object.fromEntries(
      Object.entries(SUMMARIES).map(([name, statement]) => {
        const expected = name === "runs" ? runs : runs * lines;
        return [name, median(Array.from({ length: repeats }, () => time(root, statement, expected)))];
      }),
    );
    writeRun(root, runs, lines);
    const oneNewSeconds = time(root, SUMMARIES.metrics, (runs + 1) * lines);
    note(`${readdirSync(path.join(root, ".store")).length} parts`);
    return { runs, lines, compactingSeconds, querySeconds, oneNewSeconds };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/**
 * Seconds of one `kvt sql`, from the start of its process to its end. What it counts must be what was written.
 * @param {string} root @param {string} statement @param {number} expected
 */
function time(root, statement, expected) {
  const from = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [kvt, "sql", statement, "--runs", root, "--json"], {
    encoding: "utf8",
  });
  const seconds = (performance.now() - from) / 1000;
  if (status !== 0 || stderr !== "") throw new Error(`kvt sql ended with ${status}: ${stderr}`);
  /** @type {{ "count_star()": number }[]} */
  const rows = JSON.parse(stdout);
  const counted = rows.reduce((sum, row) => sum + row["count_star()"], 0);
  if (counted !== expected) throw new Error(`kvt sql counted ${counted}: expected ${expected}`);
  return seconds;
}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

/**
 * A finished run as training leaves it, but for its weights.
 * @param {string} root @param {number} n @param {number} lines of metrics, one of them an evaluation
 */
export function writeRun(root, n, lines) {
  const [task, attention] = [TASKS[n % TASKS.length], FORMULATIONS[n % FORMULATIONS.length]];
  const folder = path.join(root, "cells", `${task}-${attention}-seed${n}-${n.toString(16).padStart(12, "0")}`);
  mkdirSync(folder, { recursive: true });
  /** @param {string} name @param {object} value */
  const save = (name, value) => writeFileSync(path.join(folder, name), JSON.stringify(value, null, 2));
  const options = {
    model: { width: 32 << (n % 4), layers: 2, heads: 4, dropout: 0 },
    data: { length: 32, symbols: 10, trainSize: 1000, validationSize: 100, testSize: 100 },
    train: { batch: 64, rate: 0.001, epochs: 2, steps: 0, warmUp: 100, weightDecay: 0 },
  };
  save("environment.json", { kvt: "0.1.0", node: "20.20.2", cpu: "a processor" });
  save("run.json", {
    format: "kvt-run-1",
    task,
    preset: "quick",
    attention,
    seed: n,
    options,
    device: "cpu",
    threads: 1,
  });
  const steps = Array.from({ length: lines }, (_, i) => i + 1);
  const metrics = steps.map((step) => {
    const loss = 2.302585 / (1 + 0.01 * step * (1 + (n % 7)));
    if (step === lines)
      return { kind: "evaluated", split: "test", step, loss, metric: 0.5 + (n % 97) / 200, best: true };
    return { kind: "step", step, epoch: 0, loss, gradientNorm: 1 / step, rate: 0.001 };
  });
  const timing = metrics.map(({ kind, step, split }, i) => ({ kind, split, step, seconds: 0.003 + (i % 10) / 1e5 }));
  for (const [name, rows] of Object.entries({ metrics, timing })) {
    writeFileSync(path.join(folder, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }
  const { metric: test, loss } = metrics.at(-1);
  const weights = { weights: "last", weightsStep: lines, device: "cpu", checksums: {} };
  const found = { metric: "token accuracy", higherIsBetter: true, test, loss, validation: test };
  save("result.json", { ...found, steps: lines, seconds: 4.2, secondsPerStep: 0.003, ...weights });
}
