import { postNormBlock, preNormBlock } from "../../../src/models/block.ts";
import { tiedDecoderBlock } from "../../../src/models/tied-decoder.ts";
import type { VectorCase, VectorFile } from "../format.ts";
import { checkGraph, required } from "../graph-case.ts";
import type { Quantity } from "../judge.ts";
import { attentionMaps, attentionOptions } from "./attention.ts";

const blocks: readonly (readonly [RegExp, typeof postNormBlock])[] = [
  [/post-?norm/i, postNormBlock],
  [/pre-?norm/i, preNormBlock],
  [
    /normali[sz]ed input/i,
    (scope, x, options) => tiedDecoderBlock(scope, x, { ...options, residual: "normalised", dropoutFeedForward: 0 }),
  ],
];

/** One transformer block with ReLU; where it normalises is the file's kind. */
export function blockCase(vector: VectorCase, { kind }: VectorFile): Promise<Quantity[]> {
  const block = blocks.find(([pattern]) => pattern.test(kind))?.[1];
  if (block === undefined) throw new Error(`kind: expected where a block normalises, got "${kind}"`);
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
