import {
  add,
  argmax,
  cast,
  div,
  equal,
  logSoftmax,
  mul,
  oneHot,
  scalar,
  sub,
  sum,
  type Tensor,
} from "../graph/index.ts";
import { at, elements } from "../graph/shape.ts";

export interface TokenLoss {
  /** −Σ log p(target), one number a row: (…) */
  readonly perRow: Tensor;
  /** 1 for a row that counts, 0 for one whose target is ignored: (…) */
  readonly counted: Tensor | undefined;
}

/** Cross-entropy of logits (…,V) and targets int32 (…): −log softmax(logits)[target], 0 where the target is `ignore`. */
export function crossEntropy(logits: Tensor, targets: Tensor, ignore?: number): TokenLoss {
  const classes = at(logits.shape, -1) as number;
  const logProbabilities = logSoftmax(logits); // (…,V)
  const hot = oneHot(targets, classes);
  const counted = ignore === undefined ? undefined : sub(1, cast(equal(targets, scalar(ignore, "int32")), "float32"));
  const perRow = mul(sum(mul(logProbabilities, hot), { axes: [-1] }), -1); // (…)
  return { perRow: counted === undefined ? perRow : mul(perRow, counted), counted };
}

export interface SmoothingOptions {
  /** ε: the target has probability 1 − ε, every other class but padding ε/(V − 2) */
  readonly smoothing: number;
  readonly padding: number;
}

/**
 * Kullback-Leibler divergence from the label-smoothed target distribution q to softmax(logits):
 * Σ q (log q − log p), one number a row (…); rows whose target is padding give 0, and padding has probability 0 in q
 * (Szegedy et al. 2016, with the treatment of padding of The Annotated Transformer).
 */
export function labelSmoothedDivergence(
  logits: Tensor,
  targets: Tensor,
  { smoothing, padding }: SmoothingOptions,
): TokenLoss {
  const classes = at(logits.shape, -1) as number;
  const others = smoothing / (classes - 2);
  const hot = oneHot(targets, classes); // (…,V)
  const notPadding = sub(1, oneHot(scalar(padding, "int32"), classes)); // (V)
  // q = hot·(1 − ε) + (1 − hot)·ε/(V − 2), 0 at padding
  const q = mul(add(mul(hot, 1 - smoothing - others), others), notPadding);
  const counted = sub(1, cast(equal(targets, scalar(padding, "int32")), "float32")); // (…)
  const cross = sum(mul(q, logSoftmax(logits)), { axes: [-1] });
  return { perRow: mul(sub(smoothedEntropy({ smoothing }, classes), cross), counted), counted };
}

/** Σ q log q of a label-smoothed target distribution over V classes, of which one is padding */
export const smoothedEntropy = ({ smoothing }: Pick<SmoothingOptions, "smoothing">, classes: number): number =>
  (1 - smoothing) * logOrZero(1 - smoothing) + smoothing * logOrZero(smoothing / (classes - 2));

const logOrZero = (p: number): number => (p > 0 ? Math.log(p) : 0);

/** Σ over the rows that count ÷ their number; a scalar */
export function meanLoss({ perRow, counted }: TokenLoss): Tensor {
  const total = sum(perRow);
  return counted === undefined ? div(total, elements(perRow.shape as number[])) : div(total, sum(counted));
}

/** Number of rows whose largest logit is at the target; float32 scalar */
export function countCorrect(logits: Tensor, targets: Tensor): Tensor {
  return sum(cast(equal(argmax(logits), targets), "float32"));
}
