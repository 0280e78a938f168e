import { z } from "zod";
import { add, type Tensor } from "../graph/index.ts";
import { inModule } from "../graph/path.ts";
import { preNormBlock } from "./block.ts";
import { normal } from "../nn/initialise.ts";
import { embedding, layerNorm, linear } from "../nn/layers.ts";
import { positionRows } from "../nn/positions.ts";
import type { Scope } from "../nn/scope.ts";
import { attentionFrom, attentionOptions } from "./options.ts";

export const gptOptions = attentionOptions.extend({
  width: attentionOptions.shape.width.unwrap().default(192).describe("model width C"),
  layers: attentionOptions.shape.layers.unwrap().default(6).describe("number of blocks L"),
  heads: attentionOptions.shape.heads.unwrap().default(3).describe("query heads H; must divide the width"),
  hidden: z.int().min(0).default(0).describe("width of the feed-forward network; 0 means four times the model width"),
  dropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.2)
    .describe("dropout on attention weights, after attention and after the feed-forward network"),
  positionChannels: attentionOptions.shape.positionChannels
    .unwrap()
    .default(20)
    .describe("channels m of the position map of +pos formulations"),
  positionMap: z
    .enum(["shared", "per-head"])
    .default("per-head")
    .describe("one position map for all heads, or one for each"),
});

export interface Gpt extends z.infer<typeof gptOptions> {
  readonly formulation: string;
  readonly vocabulary: number;
  /** context length: the longest sequence */
  readonly length: number;
}

/**
 * A character GPT as in Borji 2023 (after Karpathy): token and learned position embeddings N(0,1), causal pre-norm
 * blocks with ReLU, a final layer norm and a head; ids int32 (B,T) → logits (B,T,V). Scores are scaled by the model's
 * width; query, key and value have no bias; each head has a position map of its own.
 */
export function gpt(scope: Scope, ids: Tensor, options: Gpt): Tensor {
  const { width, layers, vocabulary, length } = options;
  const tokens = inModule("token", () => embedding(scope, ids, vocabulary, width)); // (B,T,C)
  let h = add(tokens, positionRows(scope, scope.parameter("position", [length, width], normal(1)), ids));
  for (let layer = 0; layer < layers; layer++) {
    h = inModule(`block.${layer}`, () => preNormBlock(scope, h, blockOptions(options)));
  }
  const normed = inModule("norm", () => layerNorm(scope, h));
  return inModule("head", () => linear(scope, normed, vocabulary));
}

function blockOptions(options: Gpt) {
  const { width, hidden, dropout, length } = options;
  return {
    attention: {
      ...attentionFrom(options, length),
      scale: "model",
      causal: true,
      bias: { input: false, output: true },
      dropout,
    },
    feedForward: { hidden: hidden === 0 ? 4 * width : hidden, activation: "relu", dropout: 0 },
    dropout,
  } as const;
}
