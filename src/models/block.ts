import { add, type Tensor } from "../graph/index.ts";
import { inModule } from "../graph/path.ts";
import { attention, type AttentionOptions } from "../attention/attend.ts";
import { feedForward, layerNorm, type FeedForwardOptions } from "../nn/layers.ts";
import type { Scope } from "../nn/scope.ts";

export interface BlockOptions {
  readonly attention: AttentionOptions;
  readonly feedForward: FeedForwardOptions;
  /** dropout after attention and after the feed-forward network */
  readonly dropout: number;
}

/** x ← LN(x + Drop(Attention x)); x ← LN(x + Drop(FF x)) (Vaswani et al. 2017); (B,T,C) → (B,T,C) */
export function postNormBlock(scope: Scope, x: Tensor, options: BlockOptions, keep?: Tensor): Tensor {
  const attended = inModule("attention", () =>
    attention(scope, { queries: x, ...(keep && { keep }) }, options.attention),
  );
  const middle = inModule("norm1", () => layerNorm(scope, add(x, scope.dropout(attended, options.dropout))));
  const fed = inModule("ffn", () => feedForward(scope, middle, options.feedForward));
  return inModule("norm2", () => layerNorm(scope, add(middle, scope.dropout(fed, options.dropout))));
}

/** x ← x + Drop(Attention(LN x)); x ← x + Drop(FF(LN x)) (Radford et al. 2019); (B,T,C) → (B,T,C) */
export function preNormBlock(scope: Scope, x: Tensor, options: BlockOptions, keep?: Tensor): Tensor {
  const normed = inModule("norm1", () => layerNorm(scope, x));
  const attended = inModule("attention", () =>
    attention(scope, { queries: normed, ...(keep && { keep }) }, options.attention),
  );
  const middle = add(x, scope.dropout(attended, options.dropout));
  const normedAgain = inModule("norm2", () => layerNorm(scope, middle));
  const fed = inModule("ffn", () => feedForward(scope, normedAgain, options.feedForward));
  return add(middle, scope.dropout(fed, options.dropout));
}
