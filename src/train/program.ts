import type { Options } from "../tasks/task.ts";
import type { Feeds } from "../runtime/values.ts";
import type { TrainedModel, Assets } from "../tasks/uses.ts";
import type { Momentum } from "./schedule.ts";

export interface ParameterDescription {
  /** module path and name joined by dots, such as `block.0.attention.key.weight` */
  readonly path: string;
  readonly shape: readonly number[];
}

/** All numbers that a checkpoint needs, in the order of `TrainingProgram.parameters`. */
export interface TrainingState {
  /** optimizer updates made so far */
  readonly step: number;
  readonly parameters: readonly Float32Array[];
  /** Adam's m and v in scaled form, without the factors 1 − β₁ and 1 − β₂: exactly what the device holds */
  readonly firstMoments: readonly Float32Array[];
  readonly secondMoments: readonly Float32Array[];
}

export interface StepResult {
  /** mean loss of the batch before the update */
  readonly loss: number;
  /** global L2 norm of the gradients before clipping */
  readonly gradientNorm: number;
}

/** Sums over the examples of a batch, to be added over batches. */
export interface EvaluationSums {
  readonly lossSum: number;
  readonly correct: number;
  readonly count: number;
}

/** A model with its optimizer on a device: the training step and the evaluation of one formulation of one task. */
export interface TrainingProgram {
  readonly parameters: readonly ParameterDescription[];
  /** the device that runs it, and why when it is not the one asked for */
  readonly device: { readonly name: "cpu" | "webgpu" | "cuda"; readonly reason?: string };
  /** One optimizer update at learning rate `rate`; `momentum` is that of the options unless a schedule says otherwise. */
  step(batch: Feeds, rate: number, momentum?: Momentum): Promise<StepResult>;
  /** any batch size; dropout off */
  evaluate(batch: Feeds): Promise<EvaluationSums>;
  /** a copy of the state; the next step does not change it */
  read(): Promise<TrainingState>;
  /** the model with its present weights, to be used; `assets` are those of its data */
  trained(assets: Assets): Promise<TrainedModel<Options>>;
  write(state: TrainingState): void;
  /** frees the sessions; the program cannot be used afterwards */
  release(): Promise<void>;
}
