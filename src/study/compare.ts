import os from "node:os";
import path from "node:path";
import { KvtError } from "../errors.ts";
import type { DeviceRequest } from "../runtime/backend.ts";
import type { Options, PresetName, Task } from "../tasks/task.ts";
import type { Dimensions } from "../tasks/uses.ts";
import type { RunEvent, RunResult } from "../train/events.ts";
import { median } from "../train/metrics.ts";
import type { RunConfiguration } from "../train/configuration.ts";
import { runInProcess } from "../train/run-in-process.ts";
import { conclude } from "./conclusion.ts";
import type { CompareDocument, CompareRow } from "./document.ts";
import { processesFor, runPool } from "./pool.ts";
import { mean, pairedDifference, sampleDeviation } from "./statistics.ts";
import { findRun, studyFolder } from "./study-folder.ts";

export interface CompareRequest {
  readonly task: string;
  readonly preset: PresetName;
  /** `--set` texts, such as "model.width=128" */
  readonly settings: readonly string[];
  /** formulations; differences are to the first */
  readonly attention: readonly string[];
  readonly seeds: readonly number[];
  readonly device: DeviceRequest;
  /** of one run */
  readonly threads: number;
  /** runs at the same time; without it, as many as the cores have room for */
  readonly processes?: number | undefined;
  readonly data?: string | undefined;
  /** where `runs/` folders of studies lie */
  readonly runs: string;
  /** the study's folder; without it, one under `runs` named after the configuration */
  readonly out?: string | undefined;
}

/** What a comparison needs besides folders and processes. */
export interface StudyEngine {
  findTask(name: string): Task;
  resolveOptions(task: Task, preset: PresetName, settings: readonly string[]): Options;
  taskCost(
    task: Task,
    options: Options,
    attention: string,
    dimensions: Dimensions,
  ): { readonly parameters: number; readonly macs: number };
  /** sizes of the model that follow from the data */
  dimensions(task: Task, options: Options, seed: number, data: string | undefined): Promise<Dimensions>;
  /** the file that a training process runs */
  readonly worker?: URL;
}

export interface PlannedRun {
  readonly attention: string;
  readonly seed: number;
  readonly folder: string;
  readonly state: "new" | "unfinished" | "finished";
}

export type CompareEvent =
  | { readonly kind: "planned"; readonly out: string; readonly processes: number; readonly runs: readonly PlannedRun[] }
  | { readonly kind: "run"; readonly run: PlannedRun; readonly event: RunEvent };

export type CompareOutcome =
  | { readonly kind: "finished"; readonly out: string; readonly document: CompareDocument; readonly conclusion: string }
  /** what was finished is kept; the same request goes on */
  | { readonly kind: "interrupted"; readonly out: string; readonly finished: number; readonly total: number };

interface Job extends PlannedRun {
  readonly configuration: RunConfiguration;
  readonly result: RunResult | null;
}

/**
 * Trains every formulation on the same seeds, each run in a process of its own, and compares them on the test split.
 * Runs that the study's folder holds are not repeated: finished ones are used, unfinished ones resumed. Throws a
 * `usage` error for a request that cannot be understood and the error of the first run that fails.
 */
export async function compare(
  request: CompareRequest,
  onEvent: (event: CompareEvent) => void,
  engine: StudyEngine,
  signal?: AbortSignal,
): Promise<CompareOutcome> {
  checkRequest(request);
  const task = engine.findTask(request.task);
  const options = engine.resolveOptions(task, request.preset, request.settings);
  // Before any training: it names an unknown formulation, sizes that do not fit and data that is not there.
  const dimensions = await engine.dimensions(task, options, request.seeds[0] ?? 1, request.data);
  const costs = new Map(request.attention.map((name) => [name, engine.taskCost(task, options, name, dimensions)]));
  const out = request.out ?? studyFolder(request.runs, { ...request, options });
  const jobs = plan(request, options, out);
  const processes = request.processes ?? defaultProcesses(request);
  onEvent({ kind: "planned", out, processes, runs: jobs });
  const train = (job: Job, stop: AbortSignal): Promise<RunResult | null> => runJob(job, request, engine, onEvent, stop);
  const results = await runPool(jobs, processes, train, signal);
  const finished = jobs.flatMap((job, i) => {
    const result = results[i];
    return result === null || result === undefined ? [] : [{ ...job, result }];
  });
  if (finished.length < jobs.length) return { kind: "interrupted", out, finished: finished.length, total: jobs.length };
  const rows = makeRows(request.attention, finished, costs);
  const device = [...new Set(finished.map(({ result }) => result.device))].join(", ");
  const document: CompareDocument = { task: task.name, preset: request.preset, device, options, rows };
  return {
    kind: "finished",
    out,
    document,
    conclusion: conclude(rows, (task.finalMetric ?? task.metric).higherIsBetter, task.guessing?.(options) ?? null),
  };
}

function checkRequest({ attention, seeds }: CompareRequest): void {
  if (attention.length === 0) throw new KvtError("usage", "expected at least one formulation, got none");
  if (seeds.length === 0) throw new KvtError("usage", "expected at least one seed, got none");
  const seen = new Set<string | number>();
  const twice = [...attention, ...seeds].find((value) => seen.size === seen.add(value).size);
  if (twice !== undefined)
    throw new KvtError("usage", `expected every formulation and seed once, got "${twice}" twice`);
}

/** All formulations of one seed before the next seed: what an interruption leaves can be compared, and speeds too. */
function plan(request: CompareRequest, options: Options, out: string): Job[] {
  const { task, preset, device, threads } = request;
  return request.seeds.flatMap((seed) =>
    request.attention.map((attention): Job => {
      const folder = path.join(out, `${attention}-seed${seed}`);
      const configuration = { task, preset, attention, seed, options, device, threads };
      const run = findRun(folder, configuration);
      const state = run === null ? "new" : run.result === null ? "unfinished" : "finished";
      return { attention, seed, folder, state, configuration, result: run?.result ?? null };
    }),
  );
}

/** Runs on one accelerator would only wait for each other. */
function defaultProcesses({ device, threads }: CompareRequest): number {
  return device === "webgpu" || device === "cuda" ? 1 : processesFor(os.availableParallelism(), threads);
}

/** The result of a run, or null when it was interrupted. */
async function runJob(
  job: Job,
  { runs, data }: CompareRequest,
  { worker }: StudyEngine,
  onEvent: (event: CompareEvent) => void,
  signal: AbortSignal,
): Promise<RunResult | null> {
  const tell = (event: RunEvent): void => onEvent({ kind: "run", run: job, event });
  const { folder, configuration, result } = job;
  if (result !== null) {
    tell({ kind: "finished", result });
    return result;
  }
  const outcome = await runInProcess(
    job.state === "new" ? { kind: "start", configuration, out: folder, runs, data } : { kind: "resume", folder, data },
    tell,
    { signal, ...(worker === undefined ? {} : { worker }) },
  );
  return outcome.kind === "finished" ? outcome.result : null;
}

function makeRows(
  attention: readonly string[],
  finished: readonly (Job & { readonly result: RunResult })[],
  costs: ReadonlyMap<string, { readonly parameters: number; readonly macs: number }>,
): CompareRow[] {
  const tests = (name: string): number[] =>
    finished.filter((job) => job.attention === name).map((job) => job.result.test);
  return attention.map((name, i): CompareRow => {
    const own = finished.filter((job) => job.attention === name);
    const values = tests(name);
    return {
      attention: name,
      parameters: costs.get(name)?.parameters ?? 0,
      macs: costs.get(name)?.macs ?? 0,
      metric: own[0]?.result.metric ?? "",
      mean: mean(values),
      std: sampleDeviation(values),
      difference: i === 0 ? null : pairedDifference(values, tests(attention[0] ?? name)),
      secondsPerStep: median(own.map(({ result }) => result.secondsPerStep)),
      runs: own.map(({ seed, folder, result: { test, validation, loss, steps, seconds } }) => {
        return { seed, folder, test, validation, loss, steps, seconds };
      }),
    };
  });
}
