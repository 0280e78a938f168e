import { KvtError } from "../errors.ts";
import { random } from "../random.ts";
import type { Feeds } from "../runtime/values.ts";
import type { Split, Task, TaskData, TrainOptions } from "../tasks/task.ts";
import { createBreather } from "../breathe.ts";
import type { RunEvent, RunResult } from "./events.ts";
import { evaluateSplit, median, type Score } from "./metrics.ts";
import { notFinite, weightsNotFinite } from "./not-finite.ts";
import { type Plan, planSteps } from "./plan.ts";
import type { TrainingProgram, TrainingState } from "./program.ts";
import { beginning, type Checkpoint, type Progress } from "./progress.ts";
import { learningRate, momentum } from "./schedule.ts";

/** Where a run keeps what must outlive it: a folder in Node, nothing or a browser's storage elsewhere. */
export interface RunStore {
  checkpoint(checkpoint: Checkpoint): Promise<void> | void;
  /** new best weights, where the task keeps them */
  best(parameters: readonly Float32Array[], step: number): Promise<void> | void;
  finish(result: RunResult, last: TrainingState): Promise<void> | void;
}

export interface LoopRequest {
  readonly program: TrainingProgram;
  readonly data: TaskData;
  readonly task: Pick<Task, "keep" | "metric" | "finalMetric" | "sample">;
  readonly train: TrainOptions;
  readonly seed: number;
  /** is told everything that happens; what it throws stops the run */
  readonly emit: (event: RunEvent) => void;
  readonly store?: RunStore;
  /** aborted: the step in progress is finished, a checkpoint written and the run left */
  readonly signal?: AbortSignal | undefined;
  /** goes on from here; `stepSeconds` are the times of the steps already made */
  readonly resume?: { readonly checkpoint: Checkpoint; readonly stepSeconds: readonly number[] };
}

export type LoopOutcome =
  { readonly kind: "finished"; readonly result: RunResult } | { readonly kind: "interrupted"; readonly step: number };

/**
 * Trains, evaluates on validation as the options say, and tests once at the end. Every example, learning rate and
 * evaluation is a function of the seed and the step, so a run that was interrupted at any step and continued makes
 * the same numbers as one that was not. Throws a `training` error when a loss, gradient or weight is not finite.
 */
export function runLoop(request: LoopRequest): Promise<LoopOutcome> {
  return new Loop(request).run();
}

class Loop {
  readonly #request: LoopRequest;
  readonly #plan: Plan;
  readonly #breathe = createBreather();
  readonly #begun = performance.now();
  readonly #secondsBefore: number;
  readonly #stepSeconds: number[];
  #progress: Progress;
  #best: readonly Float32Array[] | null;
  /** step of the newest checkpoint */
  #kept: number | null = null;
  /** the program's state, read at most once between two updates */
  #state: TrainingState | null = null;
  #order: { readonly epoch: number; readonly indices: Int32Array } | null = null;

  constructor(request: LoopRequest) {
    this.#request = request;
    this.#plan = planSteps(request.data.sizes.train, request.train);
    this.#progress = request.resume?.checkpoint.progress ?? beginning;
    this.#best = request.task.keep === "best" ? (request.resume?.checkpoint.best ?? null) : null;
    this.#secondsBefore = this.#progress.seconds;
    this.#stepSeconds = [...(request.resume?.stepSeconds ?? [])];
  }

  async run(): Promise<LoopOutcome> {
    const { signal, resume } = this.#request;
    const plan = this.#plan;
    if (resume !== undefined) await this.#restore(resume.checkpoint);
    this.#started();
    for (;;) {
      const { step, validation } = this.#progress;
      if (plan.validatesAt(step) && validation?.step !== step && !(await this.#validate())) return this.#interrupt();
      if (plan.keepsAt(step)) await this.#keep();
      if (signal?.aborted === true) return this.#interrupt();
      if (step === plan.totalSteps) return this.#test();
      await this.#update();
      await this.#breathe();
    }
  }

  async #restore({ state, progress }: Checkpoint): Promise<void> {
    this.#request.program.write(state);
    this.#kept = progress.step;
    // A crash may have left better weights of a later step, which this run has not reached again.
    if (this.#best !== null && progress.best !== null) {
      await this.#request.store?.best(this.#best, progress.best.step);
    }
  }

  #started(): void {
    const { program, emit } = this.#request;
    const { totalSteps, stepsPerEpoch } = this.#plan;
    const parameters = program.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    emit({ kind: "started", step: this.#progress.step, totalSteps, stepsPerEpoch, parameters, device: program.device });
  }

  async #update(): Promise<void> {
    const { program, train, emit } = this.#request;
    const from = performance.now();
    const { batch, epoch } = this.#nextBatch();
    const { totalSteps } = this.#plan;
    const rate = learningRate(train, this.#progress.step, totalSteps);
    const betas = momentum(train, this.#progress.step, totalSteps);
    const { loss, gradientNorm } = await program.step(batch, rate, betas);
    this.#state = null;
    const step = this.#progress.step + 1;
    const place = { step, rate, kept: this.#kept, train };
    if (!Number.isFinite(loss)) throw notFinite("loss", loss, place);
    if (!Number.isFinite(gradientNorm)) throw notFinite("gradient norm", gradientNorm, place);
    this.#progress = { ...this.#progress, step };
    const seconds = secondsSince(from);
    this.#stepSeconds.push(seconds);
    emit({ kind: "step", step, epoch, loss, gradientNorm, rate, seconds });
  }

  /** The order of an epoch's examples follows from (seed, epoch) alone: all formulations see the same. */
  #nextBatch(): { batch: Feeds; epoch: number } {
    const { data, train, seed } = this.#request;
    const { stepsPerEpoch } = this.#plan;
    const epoch = Math.floor(this.#progress.step / stepsPerEpoch);
    if (this.#order?.epoch !== epoch) {
      const indices = data.order?.(epoch, train.batch) ?? random(seed, "order", epoch).permutation(data.sizes.train);
      this.#order = { epoch, indices };
    }
    const start = (this.#progress.step % stepsPerEpoch) * train.batch;
    const indices = this.#order.indices.subarray(start, start + train.batch);
    return { batch: data.batch("train", indices, epoch), epoch };
  }

  /** False when it was interrupted; it is then repeated after a resume. */
  async #validate(): Promise<boolean> {
    const { task, train, emit, store, data } = this.#request;
    const from = performance.now();
    const score = await this.#score("validation");
    if (score === null) return false;
    const { step, best } = this.#progress;
    const rate = learningRate(train, Math.max(0, step - 1), this.#plan.totalSteps);
    if (!Number.isFinite(score.loss)) {
      throw notFinite("validation loss", score.loss, { step, rate, kept: this.#kept, train });
    }
    const sign = task.metric.higherIsBetter ? 1 : -1;
    const isBest = best === null || sign * score.metric > sign * best.metric;
    const validation = { step, ...score };
    this.#progress = { ...this.#progress, validation, best: isBest ? validation : best };
    if (isBest && task.keep === "best") {
      this.#best = (await this.#read()).parameters;
      await store?.best(this.#best, step);
    }
    const seconds = secondsSince(from);
    const examples = data.sizes.validation;
    emit({ kind: "evaluated", split: "validation", step, ...score, best: isBest, seconds, examples });
    await this.#sample(step);
    return true;
  }

  async #sample(step: number): Promise<void> {
    const { task, program, data, seed, emit } = this.#request;
    if (task.sample === undefined) return;
    const text = await task.sample(await program.trained(data.assets ?? {}), seed);
    emit({ kind: "sample", step, text });
  }

  /** The metric that judges the tested weights, on test and validation; null when it was interrupted. */
  async #finalScores(test: number, validation: number) {
    const { task, program, data, signal } = this.#request;
    const { metric, finalMetric } = task;
    const { name, higherIsBetter } = finalMetric ?? metric;
    if (finalMetric === undefined) return { metric: name, higherIsBetter, test, validation };
    const model = await program.trained(data.assets ?? {});
    const onTest = await finalMetric.measure(model, data, "test", signal);
    const onValidation = onTest === null ? null : await finalMetric.measure(model, data, "validation", signal);
    if (onTest === null || onValidation === null) return null;
    return { metric: name, higherIsBetter, test: onTest, validation: onValidation };
  }

  async #keep(): Promise<void> {
    const { step } = this.#progress;
    if (this.#kept === step) return;
    const { program, train, emit, store } = this.#request;
    this.#progress = { ...this.#progress, seconds: this.#elapsed() };
    const state = await this.#read();
    const broken = state.parameters.findIndex((values) => !values.every(Number.isFinite));
    if (broken >= 0) throw weightsNotFinite(program.parameters[broken]?.path ?? "", step, this.#kept, train);
    if (store === undefined) return;
    await store.checkpoint({ state, progress: this.#progress, best: this.#best });
    this.#kept = step;
    emit({ kind: "checkpointed", step });
  }

  async #interrupt(): Promise<LoopOutcome> {
    await this.#keep();
    const { step } = this.#progress;
    this.#request.emit({ kind: "interrupted", step });
    return { kind: "interrupted", step };
  }

  async #test(): Promise<LoopOutcome> {
    const { program, task, emit, store, data } = this.#request;
    const from = performance.now();
    const last = await this.#read();
    const tested = task.keep === "best" ? this.#progress.best : this.#progress.validation;
    if (tested === null) throw new KvtError("training", "internal: a run ended without an evaluation");
    if (task.keep === "best" && this.#best !== null) program.write({ ...last, parameters: this.#best });
    const score = await this.#score("test");
    const judged = score === null ? null : await this.#finalScores(score.metric, tested.metric);
    if (score === null || judged === null) {
      program.write(last);
      return this.#interrupt();
    }
    const seconds = secondsSince(from);
    const examples = data.sizes.test;
    emit({ kind: "evaluated", split: "test", step: tested.step, ...score, best: true, seconds, examples });
    const result: RunResult = {
      ...judged,
      loss: score.loss,
      steps: this.#progress.step,
      seconds: this.#elapsed(),
      secondsPerStep: median(this.#stepSeconds),
      weights: task.keep,
      weightsStep: tested.step,
      device: program.device.name,
    };
    await store?.finish(result, last);
    emit({ kind: "finished", result });
    return { kind: "finished", result };
  }

  #score(split: Split): Promise<Score | null> {
    const { program, data, task, train, signal } = this.#request;
    return evaluateSplit(program, data, split, train.batch, task.metric, { breathe: this.#breathe, signal });
  }

  async #read(): Promise<TrainingState> {
    return (this.#state ??= await this.#request.program.read());
  }

  #elapsed(): number {
    return this.#secondsBefore + secondsSince(this.#begun);
  }
}

/** Wall-clock seconds since a reading of `performance.now()`. */
function secondsSince(milliseconds: number): number {
  return (performance.now() - milliseconds) / 1000;
}
