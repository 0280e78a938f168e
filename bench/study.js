/** How many cells a minute `kvt study run` finishes on one core and on two, and what a cell costs besides training. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const kvt = fileURLToPath(new URL("../bin/kvt.js", import.meta.url));

/** The quick synthetic grid, small enough to be repeated. */
const STUDY = {
  tasks: ["reverse", "sort", "swap", "sub", "copy"],
  attention: ["qkv", "kv"],
  seeds: 2,
  preset: "quick",
};
const SMOKE = { ...STUDY, tasks: ["copy"], seeds: 1, set: { "train.steps": 20 } };

/** Ways to spend cores: cells at the same time, and threads of each. */
const ARMS = /** @type {const} */ ({
  oneWorker: { workers: 1, threads: 1 },
  twoWorkers: { workers: 2, threads: 1 },
  twoThreads: { workers: 1, threads: 2 },
});
const NAMES = /** @type {(keyof typeof ARMS)[]} */ (Object.keys(ARMS));

/**
 * @typedef {object} StudyRow
 * @property {number} cells of one study
 * @property {Record<keyof typeof ARMS, number>} cellsPerMinute medians of the rounds
 * @property {number} speedup two workers over one, the median of the rounds' ratios
 * @property {number} overThreads two workers over one worker with two threads, likewise
 * @property {number} overheadSeconds of a cell, outside training steps and evaluations, with one worker
 * @property {number} outsideStepsSeconds of a cell, outside training steps alone, with one worker
 */

/**
 * Runs the same study in every way, in turns, each time from nothing.
 * @param {{ rounds: number, smoke: boolean }} options
 * @param {(text: string) => void} note
 * @returns {Promise<StudyRow>}
 */
export async function measureStudy({ rounds, smoke }, note) {
  const study = smoke ? SMOKE : STUDY;
  const cells = study.tasks.length * study.attention.length * study.seeds;
  /** @type {Record<keyof typeof ARMS, number[]>} */
  const seconds = { oneWorker: [], twoWorkers: [], twoThreads: [] };
  const parts = [];
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? NAMES : NAMES.toReversed()) {
      const { workers, threads } = ARMS[name];
      const folder = mkdtempSync(path.join(os.tmpdir(), "kvt-bench-study-"));
      try {
        const time = await runStudy(folder, { ...study, threads }, workers, cells);
        seconds[name].push(time);
        if (name === "oneWorker") parts.push(partsOf(path.join(folder, "runs", "cells"), time));
        const how = `${workers} at a time, ${threads} ${threads === 1 ? "thread" : "threads"} each`;
        note(`round ${round + 1} of ${rounds}, ${how}: ${((60 * cells) / time).toFixed(1)} cells a minute`);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
  const { oneWorker, twoWorkers, twoThreads } = seconds;
  const ratio = (/** @type {number[]} */ slow) => median(slow.map((time, i) => time / (twoWorkers[i] ?? NaN)));
  const perMinute = (/** @type {number[]} */ times) => (60 * cells) / median(times);
  return {
    cells,
    cellsPerMinute: {
      oneWorker: perMinute(oneWorker),
      twoWorkers: perMinute(twoWorkers),
      twoThreads: perMinute(twoThreads),
    },
    speedup: ratio(oneWorker),
    overThreads: ratio(twoThreads),
    overheadSeconds: median(parts.map(({ overhead }) => overhead)),
    outsideStepsSeconds: median(parts.map(({ outsideSteps }) => outsideSteps)),
  };
}

/** Seconds from the command's start to the end of its last cell; the report is not counted. */
async function runStudy(folder, study, workers, cells) {
  const file = path.join(folder, "study.json");
  writeFileSync(file, JSON.stringify(study));
  const from = Date.now();
  const words = [kvt, "study", "run", file, "--processes", String(workers), "--json"];
  const child = spawn(process.execPath, words, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  const code = await new Promise((resolve) => child.on("close", resolve));
  const { ran } = JSON.parse(out);
  if (code !== 0 || ran !== cells) throw new Error(`kvt study run: expected ${cells} cells, got ${ran}, code ${code}`);
  const cellsFolder = path.join(folder, "runs", "cells");
  const ends = readdirSync(cellsFolder).map((name) => statSync(path.join(cellsFolder, name, "result.json")).mtimeMs);
  return (Math.max(...ends) - from) / 1000;
}

/** What a cell costs on average besides its steps, and besides its steps and evaluations. */
function partsOf(cellsFolder, seconds) {
  const names = readdirSync(cellsFolder);
  let [steps, evaluations] = [0, 0];
  for (const name of names) {
    for (const line of readFileSync(path.join(cellsFolder, name, "timing.jsonl"), "utf8")
      .trim()
      .split("\n")) {
      const { kind, seconds: time } = JSON.parse(line);
      if (kind === "step") steps += time;
      else evaluations += time;
    }
  }
  return {
    outsideSteps: (seconds - steps) / names.length,
    overhead: (seconds - steps - evaluations) / names.length,
  };
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
