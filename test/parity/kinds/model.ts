import { reshape, type Tensor } from "../../../src/graph/index.ts";
import { gpt } from "../../../src/models/gpt.ts";
import { sequenceEncoder } from "../../../src/models/sequence-encoder.ts";
import { visionTransformer } from "../../../src/models/vision-transformer.ts";
import { crossEntropy, meanLoss } from "../../../src/nn/loss.ts";
import type { Scope } from "../../../src/nn/scope.ts";
import type { VectorCase } from "../format.ts";
import { checkGraph, required, type Inputs } from "../graph-case.ts";
import type { Quantity } from "../judge.ts";
import { attentionMaps, headsOf } from "./attention.ts";

export type ModelVector = Pick<VectorCase, "config" | "weights">;

/** Logits of the model that a case's weights belong to. */
export function modelLogits(vector: ModelVector, scope: Scope, inputs: Inputs): Tensor {
  const { weights } = vector;
  if ("patch.w" in weights) return visionLogits(vector, scope, inputs);
  if ("input.w" in weights) return sequenceLogits(vector, scope, inputs);
  if ("tok" in weights) return gptLogits(vector, scope, inputs);
  throw new Error('weights: expected those of a model ("patch.w", "input.w" or "tok"), got none');
}

export const labelsOf = (inputs: Inputs): Tensor => inputs["labels"] ?? required(inputs, "targets");

/** A model from its inputs to logits, mean cross-entropy and attention maps. */
export function modelCase(vector: VectorCase): Promise<Quantity[]> {
  return checkGraph(vector, (scope, inputs) => {
    const logits = modelLogits(vector, scope, inputs);
    const loss = meanLoss(crossEntropy(logits, labelsOf(inputs)));
    return { logits, loss, ...attentionMaps(scope) };
  });
}

/** Sizes that the weights show. */
function common({ config, weights }: ModelVector) {
  const layers = new Set(Object.keys(weights).flatMap((name) => name.match(/^block(\d+)\./)?.[1] ?? [])).size;
  return {
    ...headsOf(config, weights["block0.attn.posW"]),
    layers,
    hidden: dimension({ weights }, "block0.ff1.w", 0),
    dropout: 0,
  };
}

function dimension({ weights }: Pick<ModelVector, "weights">, name: string, axis: number): number {
  const size = weights[name]?.shape[axis];
  if (size === undefined) throw new Error(`weights: expected "${name}" with axis ${axis}, got none`);
  return size;
}

function sequenceLogits(vector: ModelVector, scope: Scope, inputs: Inputs): Tensor {
  const x = inputs["ids"] ?? required(inputs, "x");
  const classes = dimension(vector, "out2.w", 0);
  const logits = sequenceEncoder(scope, x, {
    ...common(vector),
    width: dimension(vector, "input.w", 0),
    symbols: dimension(vector, "input.w", 1),
    classes,
    length: Number(x.shape[1]),
    positional: vector.config.positional ?? true,
  }); // (B,T,classes)
  // A set has one logit an element: the elements are the classes.
  return classes === 1 ? reshape(logits, logits.shape.slice(0, -1)) : logits;
}

function visionLogits(vector: ModelVector, scope: Scope, inputs: Inputs): Tensor {
  const image = required(inputs, "image");
  const area = dimension(vector, "patch.w", 1) / Number(image.shape[1]);
  return visionTransformer(scope, image, {
    ...common(vector),
    width: dimension(vector, "patch.w", 0),
    patch: vector.config.vit_patch ?? Math.sqrt(area),
    classes: dimension(vector, "head2.w", 0),
  });
}

function gptLogits(vector: ModelVector, scope: Scope, inputs: Inputs): Tensor {
  return gpt(scope, required(inputs, "ids"), {
    ...common(vector),
    width: dimension(vector, "tok", 1),
    vocabulary: dimension(vector, "tok", 0),
    length: dimension(vector, "posEmb", 0),
  });
}
