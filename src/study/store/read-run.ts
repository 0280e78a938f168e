import fs from "node:fs";
import path from "node:path";
import { errorCode } from "../../disk.ts";
import { flatten, isRecord } from "../../record.ts";
import { checkpointSteps } from "../../train/checkpoint-folder.ts";
import { readJson } from "../../train/json-file.ts";
import { isLocked } from "../../train/lock.ts";
import { openRun, type Run } from "../../train/open-run.ts";
import type { StoreValue } from "./columns.ts";
import type { ScannedRun } from "./scan.ts";

/** A run as rows: values by column, metrics in the order of their lines. */
export interface RunRows {
  readonly run: Readonly<Record<string, StoreValue>>;
  readonly metrics: readonly Readonly<Record<string, StoreValue>>[];
  /** what of it cannot be read, with the file's path */
  readonly problem: string | null;
}

/** Reads a run's folder; what is damaged becomes its `problem`. Null for a folder that was removed meanwhile. */
export function readRun(scanned: ScannedRun): RunRows | null {
  const { run: name, folder, started, finished } = scanned;
  const times = { started, finished };
  try {
    const run = openRun(folder);
    const { rows, broken } = readMetrics(name, folder, run.result !== null);
    const problem = broken === 0 ? null : `${path.join(folder, "metrics.jsonl")}: ${brokenLines(broken)}`;
    return { run: { run: name, ...times, ...describe(run), problem }, metrics: rows, problem };
  } catch (error) {
    if (!fs.existsSync(path.join(folder, "run.json"))) return null;
    const problem = error instanceof Error ? error.message : String(error);
    return { run: { run: name, ...times, status: "unreadable", problem }, metrics: [], problem };
  }
}

const brokenLines = (count: number): string =>
  `expected lines of JSON, got ${count === 1 ? "a line" : `${count} lines`} of something else, passed over`;

function describe({ folder, configuration, result }: Run): Record<string, StoreValue> {
  const { task, preset, attention, seed, device, threads } = configuration;
  const options = flatten(configuration.options);
  const number = (option: string): number | null => numberOrNull(options[option]);
  const environment = readEnvironment(folder);
  return {
    task,
    preset,
    attention,
    seed,
    threads,
    options: JSON.stringify(options),
    width: number("model.width"),
    layers: number("model.layers"),
    heads: number("model.heads"),
    length: number("data.length"),
    batch: number("train.batch"),
    rate: number("train.rate"),
    cpu: textOrNull(environment["cpu"]),
    version: textOrNull(environment["kvt"]),
    ...(result === null
      ? { status: isLocked(folder) ? "running" : "unfinished", device, step: checkpointSteps(folder)[0] ?? 0 }
      : {
          status: "finished",
          device: textOrNull(result.device),
          step: result.steps,
          metric: textOrNull(result.metric),
          higher_is_better: typeof result.higherIsBetter === "boolean" ? result.higherIsBetter : null,
          test: result.test,
          validation: result.validation,
          loss: result.loss,
          steps: result.steps,
          seconds: result.seconds,
          seconds_per_step: numberOrNull(result.secondsPerStep),
          weights: textOrNull(result.weights),
          weights_step: numberOrNull(result.weightsStep),
        }),
  };
}

/** What the machine was is nice to know; a run without it is whole. */
function readEnvironment(folder: string): Readonly<Record<string, unknown>> {
  try {
    return readJson(path.join(folder, "environment.json")) ?? {};
  } catch {
    return {};
  }
}

/**
 * The whole lines of `metrics.jsonl`, each with its time. A run that is not finished may be writing its last line at this
 * moment, or was killed while it did: half a line at the end is then no damage.
 */
function readMetrics(run: string, folder: string, isFinished: boolean) {
  const metrics = readLines(path.join(folder, "metrics.jsonl"));
  const timing = readLines(path.join(folder, "timing.jsonl"));
  const times = new Map(timing.lines.map((line) => [keyOf(line), line]));
  const rows = metrics.lines.map((line): Record<string, StoreValue> => {
    const time = times.get(keyOf(line));
    return {
      run,
      kind: textOrNull(line["kind"]),
      split: textOrNull(line["split"]),
      step: numberOrNull(line["step"]),
      epoch: numberOrNull(line["epoch"]),
      loss: numberOrNull(line["loss"]),
      gradient_norm: numberOrNull(line["gradientNorm"]),
      rate: numberOrNull(line["rate"]),
      metric: numberOrNull(line["metric"]),
      best: typeof line["best"] === "boolean" ? line["best"] : null,
      seconds: numberOrNull(time?.["seconds"]),
      examples: numberOrNull(time?.["examples"]),
      text: textOrNull(line["text"]),
    };
  });
  return { rows, broken: metrics.broken + (isFinished && metrics.torn ? 1 : 0) };
}

const keyOf = ({ kind, split, step }: Readonly<Record<string, unknown>>): string =>
  `${String(kind)} ${String(split)} ${String(step)}`;

interface ReadLines {
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** lines that are no JSON object, but for the last */
  readonly broken: number;
  /** whether the last line ends before its line feed and is none */
  readonly torn: boolean;
}

function readLines(file: string): ReadLines {
  const texts = readText(file).split("\n");
  const last = texts.pop() ?? "";
  const values = texts.map(parse);
  const final = last === "" ? null : parse(last);
  const lines = [...values, final].filter((value) => value !== null);
  return { lines, broken: values.filter((value) => value === null).length, torn: last !== "" && final === null };
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    // No step was made yet.
    if (errorCode(error) === "ENOENT") return "";
    throw error;
  }
}

function parse(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

const numberOrNull = (value: unknown): number | null => (typeof value === "number" ? value : null);
const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);
