import type { z } from "zod";
import type { Tensor } from "../graph/tensor.ts";
import type { Objective } from "../nn/objective.ts";
import type { Scope } from "../nn/scope.ts";
import type { Feeds } from "../runtime/values.ts";
import type { FeatureExtractor } from "./features.ts";
import type { Assets, Classifier, Dimensions, TrainedModel, Translator, Writer } from "./uses.ts";

export type Split = "train" | "validation" | "test";
export type PresetName = "quick" | "paper";

/** Options of a run in groups; `--set model.width=128` sets one of them. A task may add groups of its own. */
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
  readonly schedule: "cosine-warm-up" | "constant" | "transformer" | "one-cycle";
  /** steps of linear warm-up */
  readonly warmup: number;
  /** updates instead of epochs; 0 = as the epochs say */
  readonly steps: number;
  /** weight decay on biases and layer norms too */
  readonly decayAll: boolean;
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
  /**
   * The order of the training examples in an epoch, where it is not a random one: each `batch` of them make a step, such
   * as sentences of similar length. Pure in (seed, epoch, batch).
   */
  order?(epoch: number, batch: number): Int32Array;
  /** sizes of the model that follow from the data; absent where the options say all */
  readonly dimensions?: Dimensions;
  readonly assets?: Assets;
}

export type ExampleDescription =
  | {
      readonly kind: "tokens";
      readonly tokens: readonly string[];
      readonly target: readonly string[];
      /** what a decoder reads, where there is one: its self-attention is over these, its cross-attention from these to `tokens` */
      readonly decoded?: readonly string[];
    }
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
  /** reads a file that the user named, by its path; throws a `data` error that names it; absent in a browser */
  readonly readPath?: (path: string) => Promise<Uint8Array>;
  /** runs image models; absent in a browser */
  readonly features?: FeatureExtractor;
}

/** A text of the user's own, as the model reads it. */
export interface Reading {
  readonly feeds: Feeds;
  readonly example: ExampleDescription;
}

/** How a run is judged, from sums over all predictions of a split. */
export interface Metric {
  readonly name: string;
  readonly higherIsBetter: boolean;
  /** share of right predictions, or mean loss */
  readonly from: "correct" | "loss";
}

/** A metric that needs the model to be used: measured once at the end, with the tested weights. */
export interface FinalMetric<O, D extends TaskData = TaskData> {
  readonly name: string;
  readonly higherIsBetter: boolean;
  /** null when `signal` was aborted on the way */
  measure(model: TrainedModel<O>, data: D, split: Split, signal?: AbortSignal): Promise<number | null>;
}

/** One task: data, model, loss, metric and presets. To add one is to add a file and its line in `tasks/index.ts`. */
export interface Task<O extends Options = Options, D extends TaskData = TaskData> {
  readonly name: string;
  /** one line for lists and help */
  readonly summary: string;
  /** all options with defaults, checked and described (`.describe()`); the defaults are the `quick` preset */
  readonly options: z.ZodType<O>;
  /** what the `paper` preset changes */
  readonly presets: Readonly<Record<PresetName, DeepPartial<O>>>;
  readonly metric: Metric;
  /** an accuracy: what guessing reaches that takes every answer for equally likely; absent where nobody would guess so */
  guessing?(options: O): number;
  /** what the result says instead, such as BLEU of decoded sentences */
  readonly finalMetric?: FinalMetric<O, D>;
  /** which weights are tested at the end */
  readonly keep: "last" | "best";
  /**
   * Graph inputs of a batch; `batch` is a number in training, the symbol "B" for inference. Other symbols stand for
   * lengths that differ between batches: a training step is built for each that comes.
   */
  inputs(options: O, batch: number | string, dimensions: Dimensions): GraphInputs;
  /** what symbols in `inputs` stand for when a cost is counted */
  typicalLengths?(options: O): Readonly<Record<string, number>>;
  /** the model and its loss; `attention` is a formulation's name */
  graph(
    scope: Scope,
    inputs: Readonly<Record<string, Tensor>>,
    options: O,
    attention: string,
    dimensions: Dimensions,
  ): Objective;
  /** reads no more data than the model's sizes need; absent where the options say all */
  dimensions?(options: O, environment: DataEnvironment): Promise<Dimensions>;
  load(options: O, environment: DataEnvironment): Promise<D>;
  /** what the model writes at this point of training, for people to read */
  sample?(model: TrainedModel<O>, seed: number): Promise<string>;
  /** What `kvt attention --prompt` shows. Throws a `usage` error for a text that the model cannot read. */
  read?(model: TrainedModel<O>, text: string): Promise<Reading>;
  writer?(model: TrainedModel<O>): Promise<Writer>;
  classifier?(model: TrainedModel<O>): Promise<Classifier>;
  translator?(model: TrainedModel<O>): Promise<Translator>;
}

export type GraphInputs = Readonly<
  Record<string, { readonly dtype: "float32" | "int32"; readonly shape: readonly (number | string)[] }>
>;

export type DeepPartial<T> = { readonly [K in keyof T]?: T[K] extends object ? DeepPartial<T[K]> : T[K] };
