import type { z } from "zod";
import type { Tensor } from "../graph/tensor.ts";
import type { Objective } from "../nn/objective.ts";
import type { Scope } from "../nn/scope.ts";
import type { Feeds } from "../runtime/values.ts";

export type Split = "train" | "validation" | "test";
export type PresetName = "quick" | "paper";

/** Options of a run in three groups; `--set model.width=128` sets one of them. */
export interface Options {
  readonly model: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, unknown>>;
  readonly train: TrainOptions;
}

/** How a run is trained. Every task uses the same; a preset sets the numbers. */
export interface TrainOptions {
  /** passes over the training data */
  readonly epochs: number;
  /** examples in one step; the last, smaller batch of an epoch is dropped */
  readonly batch: number;
  readonly optimizer: "adam" | "adamw";
  /** learning rate at its highest */
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** decoupled weight decay (AdamW) */
  readonly decay: number;
  /** largest global norm of the gradients; 0 turns clipping off */
  readonly clip: number;
  readonly schedule: "cosine-warm-up" | "constant";
  /** steps of linear warm-up */
  readonly warmup: number;
  /** evaluations on the validation split in one epoch */
  readonly evaluations: number;
  /** steps between two checkpoints; 0 means one at each evaluation */
  readonly checkpoint: number;
}

export interface TaskData {
  readonly sizes: Readonly<Record<Split, number>>;
  /**
   * Feeds of the examples at `indices`: pure in (split, index, epoch), so that a resumed run sees the same numbers.
   * Keys and shapes are those of `Task.inputs` with B = indices.length.
   */
  batch(split: Split, indices: Int32Array, epoch: number): Feeds;
  /** one example as people read it, for `kvt attention`: tokens on the axes, or patches over a picture */
  describe(split: Split, index: number): ExampleDescription;
}

export type ExampleDescription =
  | { readonly kind: "tokens"; readonly tokens: readonly string[]; readonly target: readonly string[] }
  | {
      readonly kind: "image";
      /** 0 … 255, (H, W, channels) */
      readonly pixels: Uint8Array;
      readonly height: number;
      readonly width: number;
      readonly channels: number;
      readonly label: string;
    };

export interface DataEnvironment {
  /** the run's seed: generated data and the split of train into train and validation follow from it */
  readonly seed: number;
  /** reads one file of a data set, by set and file name; throws a `data` error that names the file */
  readonly read: (set: string, file: string) => Promise<Uint8Array>;
}

/** One task: data, model, loss, metric and presets. To add one is to add a file and its line in `tasks/index.ts`. */
export interface Task<O extends Options = Options> {
  readonly name: string;
  /** one line for lists and help */
  readonly summary: string;
  /** all options with defaults, checked and described (`.describe()`); the defaults are the `quick` preset */
  readonly options: z.ZodType<O>;
  /** what the `paper` preset changes */
  readonly presets: Readonly<Record<PresetName, DeepPartial<O>>>;
  readonly metric: { readonly name: string; readonly higherIsBetter: boolean };
  /** which weights are tested at the end */
  readonly keep: "last" | "best";
  /** graph inputs of a batch; `batch` is a number in training, the symbol "B" for inference */
  inputs(
    options: O,
    batch: number | string,
  ): Readonly<Record<string, { dtype: "float32" | "int32"; shape: readonly (number | string)[] }>>;
  /** the model and its loss; `attention` is a formulation's name */
  graph(scope: Scope, inputs: Readonly<Record<string, Tensor>>, options: O, attention: string): Objective;
  load(options: O, environment: DataEnvironment): Promise<TaskData>;
}

export type DeepPartial<T> = { readonly [K in keyof T]?: T[K] extends object ? DeepPartial<T[K]> : T[K] };
