import { KvtError } from "../errors.ts";
import { checkOptions } from "../tasks/options.ts";
import type { Options, Task } from "../tasks/task.ts";
import type { Dimensions } from "../tasks/uses.ts";
import { writeAssets } from "./assets.ts";
import { calibrate } from "./calibrate.ts";
import { planSteps } from "./plan.ts";
import { resumeStep } from "./checkpoint-folder.ts";
import { readWeights } from "./checkpoint-tensors.ts";
import type { Engine } from "./engine.ts";
import type { RunEvent } from "./events.ts";
import { openStore } from "./folder-store.ts";
import { acquireLock, type Lock, untilUnlocked } from "./lock.ts";
import { runLoop } from "./loop.ts";
import type { RunOutcome, RunRequest } from "./messages.ts";
import { evaluateSplit } from "./metrics.ts";
import type { TrainingProgram } from "./program.ts";
import { createRun } from "./create-run.ts";
import { recordingReader } from "./data-record.ts";
import { discard } from "./durable.ts";
import { openRun, type Run } from "./open-run.ts";
import { noteEnvironment } from "./run-environment.ts";
import { readTestedWeights } from "./weights.ts";

export interface RunControl {
  readonly emit: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}

/** Does what is asked for, in this process. Throws `KvtError`s of every kind. */
export function run(request: RunRequest, engine: Engine, control: RunControl): Promise<RunOutcome> {
  if (request.kind === "start") return start(request, engine, control);
  if (request.kind === "resume") return resume(request, engine, control);
  if (request.kind === "calibrate") return calibrated(request, engine);
  return evaluate(request, engine, control);
}

type Request<K extends RunRequest["kind"]> = Extract<RunRequest, { kind: K }>;

async function start(request: Request<"start">, engine: Engine, control: RunControl): Promise<RunOutcome> {
  const { run, lock } = createRun(request.configuration, request);
  control.emit({ kind: "created", folder: run.folder });
  return train(run, request, lock, engine, control);
}

async function resume(request: Request<"resume">, engine: Engine, control: RunControl): Promise<RunOutcome> {
  const { folder } = request;
  if (openRun(folder).result === null) {
    await untilUnlocked(folder);
    const lock = acquireLock(folder);
    // Read again: another process may have finished it before it gave the lock back.
    const run = openRun(folder);
    if (run.result === null) {
      const { device, threads } = { ...run.configuration, ...given(request) };
      return train(
        { ...run, configuration: { ...run.configuration, device, threads } },
        request,
        lock,
        engine,
        control,
      );
    }
    lock.release();
  }
  const finished = openRun(folder);
  const { result } = finished;
  if (result === null) throw new KvtError("run", `internal: the result of ${folder} vanished`);
  // Nothing is left to do only where the weights are there and whole.
  readTestedWeights(finished);
  return { kind: "finished", folder, result, already: true };
}

/** Trains a run from where it stands to its end, and gives the lock back. */
async function train(
  run: Run,
  request: Request<"start" | "resume">,
  lock: Lock,
  engine: Engine,
  { emit, signal }: RunControl,
): Promise<RunOutcome> {
  const { folder } = run;
  let program: TrainingProgram | undefined;
  let close: (() => void) | undefined;
  let begun = request.kind === "resume";
  try {
    const loaded = await unlessAborted(load(run, request.data, engine, signal), signal);
    if (loaded === null || signal.aborted) {
      begun = true;
      return { kind: "interrupted", folder, step: resumeStep(folder) };
    }
    const { task, options, data, record } = loaded;
    // A batch that the data cannot fill is told while the folder holds nothing to keep.
    planSteps(data.sizes.train, options.train);
    program = await createProgram(run, task, options, data.dimensions, engine);
    const { store, resume } = openStore(run, program.parameters);
    close = () => store.close();
    const step = resume?.checkpoint.progress.step ?? 0;
    if (request.kind === "resume") warnOfChanges(run, request, step, emit);
    record();
    writeAssets(folder, data);
    begun = true;
    const outcome = await runLoop({
      program,
      data,
      task,
      train: options.train,
      seed: run.configuration.seed,
      store,
      signal,
      ...(resume === undefined ? {} : { resume }),
      emit(event) {
        store.record(event);
        emit(event);
      },
    });
    return outcome.kind === "finished" ? { ...outcome, folder, already: false } : { ...outcome, folder };
  } finally {
    try {
      close?.();
      await program?.release();
    } finally {
      lock.release();
      // A folder in which no step was tried, for want of data or of a device, holds nothing to keep.
      if (!begun) discard(folder);
    }
  }
}

async function calibrated({ configuration, data }: Request<"calibrate">, engine: Engine): Promise<RunOutcome> {
  return { kind: "calibrated", calibration: await calibrate(configuration, data, engine) };
}

async function evaluate(request: Request<"evaluate">, engine: Engine, { signal }: RunControl): Promise<RunOutcome> {
  const { folder, split } = request;
  const opened = openRun(folder);
  const weights = readTestedWeights(opened);
  const run = { ...opened, configuration: { ...opened.configuration, ...given(request) } };
  const { task, options, data } = await load(run, request.data, engine);
  const program = await createProgram(run, task, options, data.dimensions, engine);
  try {
    const parameters = readWeights(weights, program.parameters, weights.file);
    const zeros = parameters.map(({ length }) => new Float32Array(length));
    program.write({ step: 0, parameters, firstMoments: zeros, secondMoments: zeros });
    const score = await evaluateSplit(program, data, split, options.train.batch, task.metric, { signal });
    if (score === null) return { kind: "interrupted", folder, step: resumeStep(folder) };
    const { finalMetric } = task;
    const model = finalMetric === undefined ? undefined : await program.trained(data.assets ?? {});
    const value = model === undefined ? score.metric : await finalMetric?.measure(model, data, split, signal);
    if (value === null || value === undefined) return { kind: "interrupted", folder, step: resumeStep(folder) };
    const metric = (finalMetric ?? task.metric).name;
    const device = program.device.name;
    const evaluation = { metric, split, value, loss: score.loss, weights: task.keep, device };
    return { kind: "evaluated", folder, evaluation };
  } finally {
    await program.release();
  }
}

async function load({ folder, configuration }: Run, data: string | undefined, engine: Engine, signal?: AbortSignal) {
  const task = engine.findTask(configuration.task);
  const options = optionsOf(task, configuration.options, folder);
  const source = engine.dataEnvironment(data, signal);
  const reader = recordingReader(folder, source);
  const { seed } = configuration;
  const environment = { ...source, seed, ...reader };
  const loaded = await task.load(options, environment);
  return { task, options, data: loaded, record: () => reader.record() };
}

/** What the work gives, or null where it ended because `signal` was aborted. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted && error === signal.reason) return null;
    throw error;
  }
}

/** The options of a run's folder, which may have been edited, as the task knows them. */
function optionsOf(task: Task, options: Options, folder: string): Options {
  try {
    return checkOptions(task, options);
  } catch (cause) {
    if (!(cause instanceof KvtError)) throw cause;
    throw new KvtError("run", `${folder}/run.json: ${cause.message}`, { cause });
  }
}

function createProgram(
  { configuration }: Run,
  task: Task,
  options: Options,
  dimensions: Dimensions | undefined,
  engine: Engine,
): Promise<TrainingProgram> {
  const { attention, seed, device, threads } = configuration;
  return engine.createTrainingProgram({ task, options, attention, dimensions, seed, device, threads });
}

/** Device and thread count of a request, where it has them. */
function given({ device, threads }: Request<"resume" | "evaluate">) {
  return { ...(device === undefined ? {} : { device }), ...(threads === undefined ? {} : { threads }) };
}

function warnOfChanges(run: Run, request: Request<"resume">, step: number, emit: RunControl["emit"]): void {
  const before = openRun(run.folder).configuration;
  const changes = noteEnvironment(run.folder, step);
  for (const name of ["device", "threads"] as const) {
    const now = request[name];
    if (now !== undefined && now !== before[name]) changes.push(`${name} ${before[name]} → ${now}`);
  }
  if (changes.length === 0) return;
  emit({
    kind: "warning",
    message: `the run was started with another environment: ${changes.join(", ")}`,
    hint: "It goes on, but its numbers may differ in the last digits from those of a run that was never interrupted.",
  });
}
