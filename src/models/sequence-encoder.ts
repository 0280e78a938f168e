import { z } from "zod";
import { add, constant, gather, headOf, relu, type Tensor } from "../graph/index.ts";
import { inModule } from "../graph/path.ts";
import { postNormBlock } from "./block.ts";
import { xavierUniform, fanInUniform, zeros } from "../nn/initialise.ts";
import { layerNorm, linear } from "../nn/layers.ts";
import { sinusoids } from "../nn/positions.ts";
import type { Scope } from "../nn/scope.ts";
import { attentionFrom, attentionOptions } from "./options.ts";

export const sequenceEncoderOptions = attentionOptions.extend({
  hidden: z.int().min(0).default(0).describe("width of the feed-forward network; 0 means twice the model width"),
  dropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.1)
    .describe("dropout after attention, in and after the feed-forward network"),
});

export interface SequenceEncoder extends z.infer<typeof sequenceEncoderOptions> {
  readonly formulation: string;
  readonly classes: number;
  /** width of one-hot ids, that is the number of symbols; ignored for features, which bring their own */
  readonly symbols?: number;
  /** longest sequence */
  readonly length: number;
  /** add sinusoids after the input layer; false makes a permutation-equivariant set encoder */
  readonly positional?: boolean;
}

/**
 * The encoder of the synthetic tasks (Borji 2023, after the UvA deep-learning tutorial 6): a linear layer on one-hot
 * ids int32 (B,T) or on features (B,T,F), plus sinusoids, post-norm blocks, and a two-layer output net;
 * logits (B,T,classes). Attention starts with Xavier-uniform weights of the packed projections and zero biases.
 */
export function sequenceEncoder(scope: Scope, x: Tensor, options: SequenceEncoder): Tensor {
  const { width, layers, dropout, classes, length, positional = true } = options;
  const embedded = inModule("input", () => inputLayer(scope, x, options)); // (B,T,C)
  const table = constant(sinusoids(length, width), [length, width]);
  let h = positional ? add(embedded, headOf(table, 0, embedded, 1)) : embedded;
  for (let layer = 0; layer < layers; layer++) {
    h = inModule(`block.${layer}`, () => postNormBlock(scope, h, blockOptions(options)));
  }
  return inModule("output", () => {
    const up = inModule("up", () => linear(scope, h, width));
    const active = relu(inModule("norm", () => layerNorm(scope, up)));
    return inModule("down", () => linear(scope, scope.dropout(active, dropout), classes));
  });
}

/** One-hot ids times a weight (symbols,C) are rows of it, so they are gathered. */
function inputLayer(scope: Scope, x: Tensor, { width, symbols = 0 }: SequenceEncoder): Tensor {
  if (x.dtype === "float32") return linear(scope, x, width);
  const weight = scope.parameter("weight", [symbols, width], fanInUniform(symbols));
  return add(gather(weight, x), scope.parameter("bias", [width], fanInUniform(symbols)));
}

function blockOptions(options: SequenceEncoder) {
  const { width, dropout, hidden, length, positionChannels: m } = options;
  return {
    attention: {
      ...attentionFrom(options, length),
      scale: "head",
      causal: false,
      bias: { input: true, output: true },
      initialise: {
        projection: xavierUniform,
        projectionBias: zeros,
        output: xavierUniform(width, width),
        outputBias: zeros,
        mapWeight: xavierUniform(m, 1),
        mapBias: zeros,
      },
    },
    feedForward: { hidden: hidden === 0 ? 2 * width : hidden, activation: "relu", dropout },
    dropout,
  } as const;
}
