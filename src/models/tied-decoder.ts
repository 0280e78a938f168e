import { z } from "zod";
import { add, constant, gather, matmul, mul, type Tensor } from "../graph/index.ts";
import { inModule } from "../graph/path.ts";
import { attention } from "../attention/attend.ts";
import { fanInUniform, truncatedNormal, xavierMatrix, xavierUniform } from "../nn/initialise.ts";
import { feedForward, layerNorm } from "../nn/layers.ts";
import { positionRows, sinusoidsConcatenated } from "../nn/positions.ts";
import type { Scope } from "../nn/scope.ts";
import type { BlockOptions } from "./block.ts";
import { attentionFrom, attentionOptions } from "./options.ts";

export const tiedDecoderOptions = attentionOptions.extend({
  width: attentionOptions.shape.width.unwrap().multipleOf(2).default(64).describe("model width C, an even number"),
  layers: attentionOptions.shape.layers.unwrap().default(4).describe("number of blocks L"),
  heads: attentionOptions.shape.heads.unwrap().default(8).describe("query heads H; must divide the width"),
  hidden: z.int().min(0).default(0).describe("width of the feed-forward network; 0 means four times the model width"),
  residual: z
    .enum(["normalised", "input"])
    .default("normalised")
    .describe("what attention and feed-forward network are added to: their normalised input or the input before it"),
  dropout: z.number().min(0).max(0.9).default(0.1).describe("dropout on the embedding and after attention"),
  dropoutFeedForward: z.number().min(0).max(0.9).default(0.2).describe("dropout after the feed-forward network"),
});

export interface TiedDecoder extends z.infer<typeof tiedDecoderOptions> {
  readonly formulation: string;
  readonly vocabulary: number;
  /** longest sequence */
  readonly length: number;
}

/**
 * A causal language model whose output weights are its embedding E (V,C), as in the numbers task of Borji 2023:
 * x = Drop(√C·E[ids] + sinusoids), blocks, logits = LN(x) Eᵀ + b; ids int32 (B,T) → (B,T,V). E starts as a truncated
 * N(0, 1/C), every other matrix Xavier-uniform. Query, key, value and output projections have no bias.
 */
export function tiedDecoder(scope: Scope, ids: Tensor, options: TiedDecoder): Tensor {
  const { width, layers, vocabulary, length, dropout } = options;
  const initial = truncatedNormal(1 / Math.sqrt(width));
  const table = inModule("token", () => scope.parameter("weight", [vocabulary, width], initial)); // (V,C)
  const positions = constant(sinusoidsConcatenated(length, width), [length, width]);
  const tokens = mul(gather(table, ids), Math.sqrt(width)); // (B,T,C)
  let h = inModule("token", () => scope.dropout(add(tokens, positionRows(scope, positions, ids)), dropout));
  for (let layer = 0; layer < layers; layer++) {
    h = inModule(`block.${layer}`, () => tiedDecoderBlock(scope, h, blockOptions(options)));
  }
  const normed = inModule("norm", () => layerNorm(scope, h));
  const bias = inModule("head", () => scope.parameter("bias", [vocabulary], fanInUniform(width)));
  return add(matmul(normed, table, { transposeB: true }), bias);
}

export interface TiedDecoderBlock extends BlockOptions {
  readonly residual: TiedDecoder["residual"];
  readonly dropoutFeedForward: number;
}

/**
 * n = LN(x); x ← r + Drop(Attention n); n = LN(x); x ← r + Drop(FF n), where r is n (`normalised`: the author's, which
 * has no path from the input to the output without a layer norm) or x (`input`: pre-norm); (B,T,C) → (B,T,C)
 */
export function tiedDecoderBlock(scope: Scope, x: Tensor, options: TiedDecoderBlock): Tensor {
  const { residual, dropout, dropoutFeedForward } = options;
  const kept = (input: Tensor, normed: Tensor) => (residual === "normalised" ? normed : input);
  const normed = inModule("norm1", () => layerNorm(scope, x));
  const attended = inModule("attention", () => attention(scope, { queries: normed }, options.attention));
  const middle = add(kept(x, normed), scope.dropout(attended, dropout));
  const normedAgain = inModule("norm2", () => layerNorm(scope, middle));
  const fed = inModule("ffn", () => feedForward(scope, normedAgain, options.feedForward));
  return add(kept(middle, normedAgain), scope.dropout(fed, dropoutFeedForward));
}

function blockOptions(options: TiedDecoder): TiedDecoderBlock {
  const { width, hidden, length, positionChannels, residual, dropout, dropoutFeedForward } = options;
  return {
    attention: {
      ...attentionFrom(options, length),
      scale: "head",
      causal: true,
      bias: { input: false, output: false },
      initialise: {
        projection: () => xavierMatrix,
        output: xavierMatrix,
        mapWeight: xavierUniform(positionChannels, 1),
        mapBias: fanInUniform(positionChannels),
      },
    },
    feedForward: { hidden: hidden === 0 ? 4 * width : hidden, activation: "relu", dropout: 0, weight: xavierUniform },
    residual,
    dropout,
    dropoutFeedForward,
  };
}
