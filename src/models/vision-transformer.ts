import { z } from "zod";
import { add, concat, expand, matmul, mul, reshape, slice, transpose, type Tensor } from "../graph/index.ts";
import { inModule } from "../graph/path.ts";
import { KvtError } from "../errors.ts";
import { preNormBlock } from "./block.ts";
import { fanInUniform, normal } from "../nn/initialise.ts";
import { gelu, linear } from "../nn/layers.ts";
import type { Scope } from "../nn/scope.ts";
import { attentionFrom, attentionOptions } from "./options.ts";

export const visionTransformerOptions = attentionOptions.extend({
  patch: z
    .int()
    .min(1)
    .default(7)
    .describe("side of a square patch, in pixels; must divide the image's height and width"),
  hidden: z.int().min(0).default(0).describe("width of the feed-forward network; 0 means the model width"),
  dropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0)
    .describe("dropout after attention and feed-forward network; the author uses none"),
  positionChannels: attentionOptions.shape.positionChannels
    .unwrap()
    .default(50)
    .describe("channels m of the position map of +pos formulations"),
});

export interface VisionTransformer extends z.infer<typeof visionTransformerOptions> {
  readonly formulation: string;
  readonly classes: number;
}

type Sizes = Omit<VisionTransformer, "classes">;

/**
 * Vision transformer (Dosovitskiy et al. 2021) as in Borji 2023: square patches, a linear embedding, a class token and
 * learned positions, pre-norm blocks without a final norm, and a two-layer head on the class token.
 * image (B,channels,H,W) → logits (B,classes). Query, key and value have no bias; scores are scaled by the model's width.
 */
export function visionTransformer(scope: Scope, image: Tensor, options: VisionTransformer): Tensor {
  const vector = pictureVector(scope, image, options); // (B,C)
  return inModule("head", () => inModule("down", () => linear(scope, vector, options.classes)));
}

/** What the last layer of `visionTransformer` reads, a description of the picture: image (B,channels,H,W) → (B,C). */
export function pictureVector(scope: Scope, image: Tensor, options: Sizes): Tensor {
  const { width, layers } = options;
  const patches = inModule("patch", () => embedPatches(scope, image, options)); // (B,P,C)
  const tokens = withClassToken(scope, patches); // (B,P+1,C)
  const length = tokens.shape[1] as number;
  let h = add(tokens, scope.parameter("position", [length, width], normal(1)));
  for (let layer = 0; layer < layers; layer++) {
    h = inModule(`block.${layer}`, () => preNormBlock(scope, h, blockOptions(options, length)));
  }
  const token = reshape(slice(h, 1, 0, 1), [h.shape[0] as number, width]); // (B,C)
  return inModule("head", () => inModule("up", () => gelu(linear(scope, token, width))));
}

/**
 * A linear layer on square patches, taken row by row: (B,channels,H,W) → (B,P,C). The weight's rows are in the order
 * (row, column, channel); the pixels of a patch are gathered channel by channel, which copies whole runs of a row, and
 * the weight, which is small, is put in that order instead.
 */
function embedPatches(scope: Scope, image: Tensor, { patch, width: model }: Sizes): Tensor {
  const [batch, channels, height, width] = image.shape as [number, number, number, number];
  if (height % patch !== 0 || width % patch !== 0) {
    throw new KvtError("shape", `patch: expected a patch that divides ${height} × ${width} pixels, got ${patch}`, {
      hint: "Set model.patch to a divisor of the image's height and width.",
    });
  }
  const [rows, columns, pixels] = [height / patch, width / patch, patch * patch];
  const size = pixels * channels;
  const weight = scope.parameter("weight", [size, model], fanInUniform(size));
  const bias = scope.parameter("bias", [model], fanInUniform(size));
  const byChannel = reshape(transpose(reshape(weight, [pixels, channels, model]), [1, 0, 2]), [size, model]);
  const grid = reshape(image, [batch, channels, rows, patch, columns, patch]);
  const ordered = transpose(grid, [0, 2, 4, 1, 3, 5]); // (B,rows,columns,channels,patch,patch)
  return add(matmul(reshape(ordered, [batch, rows * columns, size]), byChannel), bias);
}

/** The learned class token before the patches of each image. */
function withClassToken(scope: Scope, patches: Tensor): Tensor {
  const [batch, , width] = patches.shape as [number, number, number];
  const token = reshape(scope.parameter("class", [width], normal(1)), [1, 1, width]);
  if (typeof batch === "number") return concat([expand(token, [batch, 1, width]), patches], 1);
  // A symbolic batch cannot be expanded to: stretch by adding to a row of zeros cut from the patches.
  return concat([add(mul(slice(patches, 1, 0, 1), 0), token), patches], 1);
}

function blockOptions(options: Sizes, length: number) {
  const { width, hidden, dropout } = options;
  return {
    attention: {
      ...attentionFrom(options, length),
      scale: "model",
      causal: false,
      bias: { input: false, output: true },
    },
    feedForward: { hidden: hidden === 0 ? width : hidden, activation: "gelu", dropout: 0 },
    dropout,
  } as const;
}
