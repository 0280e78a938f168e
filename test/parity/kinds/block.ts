import { postNormBlock, preNormBlock } from "../../../src/models/block.ts";
import type { VectorCase, VectorFile } from "../format.ts";
import { checkGraph, required } from "../graph-case.ts";
import type { Quantity } from "../judge.ts";
import { attentionMaps, attentionOptions } from "./attention.ts";

/** One transformer block with ReLU; whether it normalises before or after is the file's kind. */
export function blockCase(vector: VectorCase, { kind }: VectorFile): Promise<Quantity[]> {
  const block = /post-?norm/i.test(kind) ? postNormBlock : /pre-?norm/i.test(kind) ? preNormBlock : undefined;
  if (block === undefined) throw new Error(`kind: expected a pre-norm or post-norm block, got "${kind}"`);
  return checkGraph(vector, (scope, inputs) => {
    const x = required(inputs, "x");
    const hidden = vector.weights["ff1.w"]?.shape[0];
    if (hidden === undefined) throw new Error('weights: expected "ff1.w", got none');
    const options = {
      attention: attentionOptions(vector, "attn.", Number(x.shape[1])),
      feedForward: { hidden, activation: "relu", dropout: 0 },
      dropout: 0,
    } as const;
    return { out: block(scope, x, options, inputs["keep"]), ...attentionMaps(scope) };
  });
}
