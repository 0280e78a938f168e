import { z } from "zod";
import { add, cast, constant, equal, headOf, mul, scalar, sub, type Tensor } from "../graph/index.ts";
import { inModule } from "../graph/path.ts";
import { attention } from "../attention/attend.ts";
import { xavierMatrix, xavierUniform } from "../nn/initialise.ts";
import { embedding, feedForward, layerNorm } from "../nn/layers.ts";
import { positionRows, sinusoids } from "../nn/positions.ts";
import type { Scope } from "../nn/scope.ts";
import { preNormBlock, type BlockOptions } from "./block.ts";
import { attentionFrom, attentionOptions } from "./options.ts";

export const encoderDecoderOptions = attentionOptions.extend({
  width: attentionOptions.shape.width.unwrap().default(128).describe("model width C"),
  layers: attentionOptions.shape.layers.unwrap().default(2).describe("number of blocks of encoder and of decoder"),
  heads: attentionOptions.shape.heads.unwrap().default(4).describe("query heads H; must divide the width"),
  hidden: z.int().min(0).default(0).describe("width of the feed-forward network; 0 means four times the model width"),
  dropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.1)
    .describe("dropout on embeddings and attention weights, after attention, in and after the feed-forward network"),
  crossQuery: z
    .enum(["own", "shared-key"])
    .default("own")
    .describe("cross-attention's queries: by a projection of their own, or by the key projection"),
});

export interface EncoderDecoder extends z.infer<typeof encoderDecoderOptions> {
  readonly formulation: string;
  readonly sourceVocabulary: number;
  readonly targetVocabulary: number;
  /** longest source and longest target */
  readonly length: number;
  /** id of padding in both languages */
  readonly padding: number;
}

/** float32 (B,S): 1 for a token, 0 for padding; ids int32 (B,S) */
export const keepTokens = (ids: Tensor, padding: number): Tensor =>
  sub(1, cast(equal(ids, scalar(padding, "int32")), "float32"));

/**
 * The translation model of Borji 2023 (after The Annotated Transformer): source int32 (B,S) and target int32 (B,T), the
 * words so far, → hidden (B,T,C), from which `wordLogits` and `translationObjective` predict the next word. Pre-norm
 * sublayers x ← x + Drop(f(LN x)), a layer norm after each stack, scores scaled by the head's width, biases everywhere;
 * every matrix starts as Xavier-uniform.
 */
export function encoderDecoder(
  scope: Scope,
  { source, target }: { readonly source: Tensor; readonly target: Tensor },
  options: EncoderDecoder,
): Tensor {
  const memory = encode(scope, source, options);
  return decode(scope, { target, memory, keep: keepTokens(source, options.padding) }, options);
}

/** The encoder: source int32 (B,S) → memory (B,S,C). Padding is not attended to. */
export function encode(scope: Scope, source: Tensor, options: EncoderDecoder): Tensor {
  const keep = keepTokens(source, options.padding);
  const positions = headOf(sinusoidTable(options), 0, source, 1); // (S,C)
  let h = inModule("source", () => embedded(scope, source, options.sourceVocabulary, positions, options));
  return inModule("encoder", () => {
    for (let layer = 0; layer < options.layers; layer++) {
      h = inModule(String(layer), () => preNormBlock(scope, h, blockOptions(options, false), keep));
    }
    return inModule("norm", () => layerNorm(scope, h));
  });
}

export interface DecoderInputs {
  /** int32 (B,T) */
  readonly target: Tensor;
  /** what the encoder made of the source: (B,S,C) */
  readonly memory: Tensor;
  /** float32 (B,S): 1 for a token of the source, 0 for padding */
  readonly keep: Tensor;
}

/**
 * The decoder: (B,T,C). A target token sees itself and earlier ones, and the whole source; padding on neither side.
 * In a scope that goes on from cached tokens, `target` holds the new ones and its mask comes with the cache.
 */
export function decode(scope: Scope, inputs: DecoderInputs, options: EncoderDecoder): Tensor {
  const { target } = inputs;
  const positions = positionRows(scope, sinusoidTable(options), target); // (T,C) or (B,T,C)
  const keepTarget = scope.decoding === undefined ? keepTokens(target, options.padding) : undefined;
  let h = inModule("target", () => embedded(scope, target, options.targetVocabulary, positions, options));
  return inModule("decoder", () => {
    for (let layer = 0; layer < options.layers; layer++) {
      h = inModule(String(layer), () => decoderBlock(scope, h, { ...inputs, keepTarget }, options));
    }
    return inModule("norm", () => layerNorm(scope, h));
  });
}

const sinusoidTable = ({ length, width }: EncoderDecoder): Tensor =>
  constant(sinusoids(length, width), [length, width]);

/** Drop(E[ids]·√C + positions): (B,T,C) */
function embedded(
  scope: Scope,
  ids: Tensor,
  vocabulary: number,
  positions: Tensor,
  { width, dropout }: EncoderDecoder,
): Tensor {
  const rows = embedding(scope, ids, vocabulary, width, xavierMatrix);
  return scope.dropout(add(mul(rows, Math.sqrt(width)), positions), dropout);
}

/** x ← x + Drop(Self(LN x)); x ← x + Drop(Cross(LN x, memory)); x ← x + Drop(FF(LN x)) */
function decoderBlock(
  scope: Scope,
  x: Tensor,
  { memory, keep, keepTarget }: DecoderInputs & { readonly keepTarget: Tensor | undefined },
  options: EncoderDecoder,
): Tensor {
  const { dropout } = options;
  const self = blockOptions(options, true);
  const normed = inModule("norm1", () => layerNorm(scope, x));
  const seen = { queries: normed, ...(keepTarget && { keep: keepTarget }) };
  const attended = inModule("attention", () => attention(scope, seen, self.attention));
  const own = add(x, scope.dropout(attended, dropout));
  const queries = inModule("norm2", () => layerNorm(scope, own));
  const read = inModule("cross", () =>
    attention(scope, { queries, memory, keep }, blockOptions(options, false).attention),
  );
  const both = add(own, scope.dropout(read, dropout));
  const normedAgain = inModule("norm3", () => layerNorm(scope, both));
  const fed = inModule("ffn", () => feedForward(scope, normedAgain, self.feedForward));
  return add(both, scope.dropout(fed, dropout));
}

function blockOptions(options: EncoderDecoder, causal: boolean): BlockOptions {
  const { width, hidden, dropout, length, positionChannels, crossQuery } = options;
  return {
    attention: {
      ...attentionFrom(options, length),
      scale: "head",
      causal,
      crossQuery,
      bias: { input: true, output: true },
      dropout,
      initialise: {
        projection: () => xavierMatrix,
        output: xavierMatrix,
        mapWeight: xavierUniform(positionChannels, 1),
      },
    },
    feedForward: { hidden: hidden === 0 ? 4 * width : hidden, activation: "relu", dropout, weight: xavierUniform },
    dropout,
  };
}
