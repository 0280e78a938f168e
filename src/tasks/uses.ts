import type { PictureForm } from "../data/picture-form.ts";
import { KvtError } from "../errors.ts";
import type { SamplingOptions } from "../generate/sampling.ts";
import type { Backend } from "../runtime/backend.ts";
import type { Values } from "../runtime/values.ts";

/** Sizes of a model that follow from its data, such as `vocabulary`. */
export type Dimensions = Readonly<Record<string, number>>;

/** What a trained model needs to be used without its data, such as its vocabulary; JSON, kept in the run's folder. */
export type Assets = Readonly<Record<string, unknown>>;

/** Throws a `run` error when a list of a model's assets has another length than the model was made for. */
export function checkTokens(name: string, tokens: readonly string[], expected: number | undefined): void {
  if (tokens.length === expected) return;
  throw new KvtError("run", `assets.json: expected ${expected ?? 0} tokens in "${name}", got ${tokens.length}`, {
    hint: "Put the file back as the run wrote it, or train the model again.",
  });
}

/** A model with its weights, to be used. */
export interface TrainedModel<O> {
  readonly backend: Backend;
  readonly options: O;
  /** name of a formulation */
  readonly attention: string;
  readonly dimensions: Dimensions;
  readonly assets: Assets;
  /** by the parameters' paths */
  readonly parameters: ReadonlyMap<string, Values>;
}

export interface WritingOptions extends SamplingOptions {
  /** tokens to write */
  readonly tokens: number;
  /** ends when the text written holds one of these */
  readonly stop: readonly string[];
  /** what the draws follow from */
  readonly seed: number;
}

/** Writes text that goes on from a prompt. */
export interface Writer {
  /** The prompt's tokens that the vocabulary lacks, each once; `write` refuses a prompt that has some. */
  unknown(prompt: string): readonly string[];
  /** Pieces of text as they are written, without the prompt. Throws a `usage` error for a prompt that it cannot read. */
  write(prompt: string, options: WritingOptions): AsyncIterable<string>;
  release(): Promise<void>;
}

export interface TranslationOptions {
  /** hypotheses that are followed at the same time; 1 = greedy */
  readonly beam: number;
  /** α: a hypothesis is judged by ln P / lengthᵅ; 0 = by its probability alone */
  readonly lengthPenalty: number;
  /** a sentence that is longer than the model reads is cut there instead of refused */
  readonly cut?: boolean;
  /** an unknown word may be written, as "<unk>" among the tokens and not at all in the text */
  readonly unknown?: boolean;
}

export interface Translation {
  readonly text: string;
  /** ids and tokens of the target's vocabulary, without specials */
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
  /** ln P / lengthᵅ; 0 for an empty sentence */
  readonly score: number;
  /** what the sentence has that the vocabulary lacks, each once */
  readonly unknown: readonly string[];
}

/** Translates sentences, each for itself. */
export interface Translator {
  /** Why `translate` would refuse a sentence: it is longer than the model reads. */
  refusal(sentence: string): string | undefined;
  /**
   * The translations in the order of the sentences; null when `signal` was aborted on the way. An empty sentence stays
   * one. Throws a `usage` error for options that mean nothing and for a sentence that is longer than the model reads, unless it may be cut.
   */
  translate(
    sentences: readonly string[],
    options: TranslationOptions,
    signal?: AbortSignal,
  ): Promise<readonly Translation[] | null>;
  release(): Promise<void>;
}

/** Names what a picture shows. */
export interface Classifier {
  readonly classes: readonly string[];
  readonly form: PictureForm;
  /** Probabilities of the classes for each picture of (channels,height,width) bytes. */
  classify(pictures: readonly Uint8Array[]): Promise<readonly Float32Array[]>;
  release(): Promise<void>;
}
