/**
 * A process that writes runs as training does, for tests of what a reader sees meanwhile: lines arrive in two halves, and
 * `result.json` under a temporary name.
 *
 *     node store-writer.js ROOT FIRST COUNT
 */
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const [root = "", first = "0", count = "0"] = process.argv.slice(2);
const options = { model: { width: 8 }, data: { length: 4 }, train: { batch: 2, rate: 0.01 } };

for (let n = Number(first); n < Number(first) + Number(count); n++) {
  const folder = path.join(root, "cells", `copy-kv-seed${n}`);
  mkdirSync(folder, { recursive: true });
  const configuration = { task: "copy", preset: "quick", attention: "kv", seed: n, options, device: "cpu", threads: 1 };
  replace(path.join(folder, "run.json"), { format: "kvt-run-1", ...configuration });
  for (let step = 1; step <= 10; step++) {
    await append(path.join(folder, "metrics.jsonl"), { kind: "step", step, epoch: 0, loss: 1 / step, rate: 0.01 });
    await append(path.join(folder, "timing.jsonl"), { kind: "step", step, seconds: 0.5 });
  }
  const found = { metric: "token accuracy", higherIsBetter: true, test: 1, validation: 1, loss: 0.1 };
  const rest = { steps: 10, seconds: 5, secondsPerStep: 0.5, weights: "last", weightsStep: 10, device: "cpu" };
  replace(path.join(folder, "result.json"), { ...found, ...rest });
}

/** @param {string} file @param {object} line */
async function append(file, line) {
  const text = `${JSON.stringify(line)}\n`;
  const half = text.length >> 1;
  appendFileSync(file, text.slice(0, half));
  await wait(0);
  appendFileSync(file, text.slice(half));
}

/** @param {string} file @param {object} value */
function replace(file, value) {
  writeFileSync(`${file}.part`, JSON.stringify(value));
  renameSync(`${file}.part`, file);
}
