import path from "node:path";
import fs from "node:fs";
import { KvtError } from "../errors.ts";
import { isRecord } from "../record.ts";
import { onDisk } from "../disk.ts";
import { findTask } from "../tasks/index.ts";
import type { Options } from "../tasks/task.ts";
import { openRun } from "../train/open-run.ts";
import { bucketMeans, evenly } from "./thin.ts";
import type { SettingDocument, StudyDocument, TaskDocument } from "./study-document.ts";

/** A value of several seeds at one step. */
export interface CurvePoint {
  /** updates made */
  readonly step: number;
  /** of training steps up to here, without evaluation, mean of the seeds; null where no timing was kept */
  readonly seconds: number | null;
  /** multiply-accumulates of the forward passes up to here: step × batch × those of one example */
  readonly macs: number;
  readonly mean: number;
  /** of the lowest and the highest seed */
  readonly low: number;
  readonly high: number;
}

export interface FormulationCurves {
  readonly attention: string;
  readonly seeds: readonly number[];
  /** the metric on the validation split */
  readonly validation: readonly CurvePoint[];
  /** loss of the training batches, mean between two points */
  readonly loss: readonly CurvePoint[];
}

export interface SettingCurves {
  readonly varied: Readonly<Record<string, unknown>>;
  readonly formulations: readonly FormulationCurves[];
}

/** A run whose curve cannot be shown, and why. */
export interface CurveProblem {
  readonly attention: string;
  readonly seed: number;
  readonly folder: string;
  readonly message: string;
}

export interface TaskCurves {
  readonly task: string;
  /** what the validation curve shows; not the task's own figure where that is measured only at the end */
  readonly metric: string;
  /** some of the task's settings, in their order */
  readonly settings: readonly SettingCurves[];
  readonly problems: readonly CurveProblem[];
}

interface CurveRequest {
  /** settings of a task that are read at most: the first, the last and others between at equal distances */
  readonly settings?: number;
  /** points of a curve at most */
  readonly points?: number;
  /** folders of runs are relative to this one; without it, to the working directory */
  readonly root?: string;
}

const SETTINGS = 3;
const POINTS = 100;

/** Learning curves of a study's finished runs, read from their folders. A damaged run is named, the rest is read. */
export function readCurves(document: StudyDocument, request: CurveRequest = {}): TaskCurves[] {
  return document.tasks.map((task) => readTask(task, request));
}

function readTask(task: TaskDocument, { settings = SETTINGS, points = POINTS, root = "." }: CurveRequest): TaskCurves {
  const problems: CurveProblem[] = [];
  const curves = evenly(task.settings.filter(hasRuns), settings).map(({ varied, rows }): SettingCurves => ({
    varied,
    formulations: rows.flatMap(({ attention, macs, runs }) => {
      const read = runs.flatMap(({ seed, folder, steps }) => {
        try {
          return [{ seed, ...readRun(path.resolve(root, folder), macs, steps) }];
        } catch (error) {
          if (!(error instanceof KvtError)) throw error;
          problems.push({ attention, seed, folder, message: error.message });
          return [];
        }
      });
      if (read.length === 0) return [];
      const validation = joinSeeds(read.map((run) => evenly(run.validation, points)));
      const loss = joinSeeds(read.map((run) => bucketMeans(run.loss, points)));
      return [{ attention, seeds: read.map(({ seed }) => seed), validation, loss }];
    }),
  }));
  return { task: task.task, metric: metricOf(task.task), settings: curves, problems };
}

const hasRuns = ({ rows }: SettingDocument): boolean => rows.some(({ runs }) => runs.length > 0);

function metricOf(task: string): string {
  try {
    return findTask(task).metric.name;
  } catch {
    return "metric";
  }
}

/** A value of one run at a step. */
export interface RunPoint {
  readonly step: number;
  readonly seconds: number | null;
  readonly macs: number;
  readonly value: number;
}

export interface RunCurve {
  readonly validation: readonly RunPoint[];
  readonly loss: readonly RunPoint[];
}

/**
 * The curve of a finished run of `steps` updates, from `metrics.jsonl` and `timing.jsonl`. Throws a `run` error when
 * lines are missing or broken; without whole timing, seconds are null.
 */
export function readRun(folder: string, macsOfExample: number, steps: number): RunCurve {
  const batch = batchOf(folder);
  const file = path.join(folder, "metrics.jsonl");
  const { whole, broken } = readJsonLines(file);
  const made = whole.filter(({ kind }) => kind === "step");
  const counted = made.every(({ step }, i) => step === i + 1);
  if (broken > 0 || made.length !== steps || !counted) {
    const got = `${made.length} steps${counted ? "" : " in disorder"} and ${broken} broken lines`;
    throw new KvtError("run", `${file} is damaged: expected a line for each of ${steps} steps, got ${got}`);
  }
  const seconds = readSeconds(path.join(folder, "timing.jsonl"), steps);
  const point = (line: Record<string, unknown>, key: "loss" | "metric"): RunPoint => {
    const { step, [key]: value } = line;
    if (typeof step !== "number" || typeof value !== "number" || !Number.isFinite(value)) {
      throw new KvtError("run", `${file} is damaged: expected numbers, got ${JSON.stringify(line)}`);
    }
    return { step, seconds: seconds?.[step] ?? null, macs: step * batch * macsOfExample, value };
  };
  const evaluated = whole.filter(({ kind, split }) => kind === "evaluated" && split === "validation");
  return { validation: evaluated.map((line) => point(line, "metric")), loss: made.map((line) => point(line, "loss")) };
}

function batchOf(folder: string): number {
  const { train } = openRun(folder).configuration.options as Partial<Options>;
  if (typeof train?.batch === "number") return train.batch;
  const got = JSON.stringify(train?.batch) ?? "nothing";
  throw new KvtError(
    "run",
    `${path.join(folder, "run.json")} is damaged: expected a number for train.batch, got ${got}`,
  );
}

/** Seconds of all training steps up to each, from 0 at step 0; null when one is not there. */
function readSeconds(file: string, steps: number): number[] | null {
  const times = new Map<unknown, unknown>();
  for (const { kind, step, seconds } of readJsonLines(file).whole) if (kind === "step") times.set(step, seconds);
  const sums = [0];
  for (let step = 1; step <= steps; step++) {
    const seconds = times.get(step);
    if (typeof seconds !== "number") return null;
    sums.push((sums[step - 1] ?? 0) + seconds);
  }
  return sums;
}

/** Lines that are JSON objects, and how many are something else. */
function readJsonLines(file: string): { whole: Record<string, unknown>[]; broken: number } {
  if (!fs.existsSync(file)) return { whole: [], broken: 0 };
  let broken = 0;
  const whole = onDisk("read", file, () => fs.readFileSync(file, "utf8"))
    .split("\n")
    .flatMap((line) => {
      if (line === "") return [];
      try {
        const value: unknown = JSON.parse(line);
        if (isRecord(value)) return [value];
      } catch {
        // Counted below, as JSON of another kind is.
      }
      broken++;
      return [];
    });
  return { whole, broken };
}

/** Mean and extremes of the seeds at the steps that all of them have. */
function joinSeeds(runs: readonly (readonly RunPoint[])[]): CurvePoint[] {
  const [first = [], ...others] = runs;
  const byStep = others.map((points) => new Map(points.map((point) => [point.step, point])));
  return first.flatMap((point) => {
    const at = byStep.map((points) => points.get(point.step));
    const all = [point, ...at.filter((other) => other !== undefined)];
    if (all.length < runs.length) return [];
    const values = all.map(({ value }) => value);
    const times = all.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
    return [
      {
        step: point.step,
        seconds: times.length < all.length ? null : average(times),
        macs: point.macs,
        mean: average(values),
        low: Math.min(...values),
        high: Math.max(...values),
      },
    ];
  });
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
