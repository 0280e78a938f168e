import {
  add,
  argmax,
  cast,
  concat,
  div,
  equal,
  flatten,
  gather,
  gatherElements,
  log,
  matmul,
  mul,
  oneHot,
  reshape,
  scalar,
  scatterAdd,
  slice,
  softmax,
  sub,
  sum,
  sumTo,
  transpose,
  withPullback,
  type Tensor,
} from "../graph/index.ts";
import { inModule } from "../graph/path.ts";
import { at, product } from "../graph/shape.ts";
import { fanInUniform, xavierMatrix } from "./initialise.ts";
import { smoothedEntropy, type SmoothingOptions } from "./loss.ts";
import type { Objective } from "./objective.ts";
import type { Scope } from "./scope.ts";

/** The linear layer that ends in a vocabulary: weight (C,V), bias (V). */
interface WordOutput {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

const wordOutput = (scope: Scope, width: number, vocabulary: number): WordOutput =>
  inModule("generator", () => ({
    weight: scope.parameter("weight", [width, vocabulary], xavierMatrix),
    bias: scope.parameter("bias", [vocabulary], fanInUniform(width)),
  }));

/** Logits (…,V) of the next word; hidden (…,C) */
export function wordLogits(scope: Scope, hidden: Tensor, vocabulary: number): Tensor {
  const { weight, bias } = wordOutput(scope, at(hidden.shape, -1) as number, vocabulary);
  return add(matmul(hidden, weight), bias);
}

/**
 * Prediction of words: label-smoothed divergence of each target int32 (B,T) that is not padding, from hidden (B,T,C),
 * with the parameters of `wordLogits`. The mean and the sums are over those targets alone.
 */
export function translationObjective(
  scope: Scope,
  hidden: Tensor,
  vocabulary: number,
  targets: Tensor,
  options: SmoothingOptions,
): Objective {
  const output = wordOutput(scope, at(hidden.shape, -1) as number, vocabulary);
  const { logits, perRow, counted } = smoothedWordLoss(hidden, output, targets, options);
  const [lossSum, count] = [sum(perRow), sum(counted)];
  const right = cast(equal(argmax(logits), targets), "float32"); // (B,T)
  return { loss: div(lossSum, count), lossSum, correct: sum(mul(right, counted)), count, logits };
}

/** the smallest normal float32 */
const LEAST_PROBABILITY = 2 ** -126;

/**
 * `labelSmoothedDivergence` of the logits z = hW + b, h (…,C), in terms of h, W and b. With row weights w, probability o
 * of each wrong word and o + a of the right one t, and lse = ln Σ eᶻ:
 * loss = entropy − (a·z_t + o·Σ_{v≠pad} z_v − lse), where sums over the words are products of h with sums of W;
 * dh = w(P Wᵀ − a·W_t − o·Σ_{v≠pad} W_v), dW = (w h)ᵀP − a·(w h at t) − o·Σ w h outside padding, db alike.
 * lse is z_t − ln P_t: the loss, not its gradient, ends at 87 nats, where P_t would be less than a float32 can hold.
 * So P = softmax(z) is the only tensor of (…,V) beside the logits. The bias is a last row of W, and 1 a last column of h:
 * adding it, and summing its gradient, would be passes of their own over (…,V).
 */
function smoothedWordLoss(h: Tensor, { weight, bias }: WordOutput, targets: Tensor, options: SmoothingOptions) {
  const { smoothing, padding } = options;
  const [width, vocabulary] = weight.shape as [number, number];
  const others = smoothing / (vocabulary - 2);
  const extra = 1 - smoothing - others;
  const counted = sub(1, cast(equal(targets, scalar(padding, "int32")), "float32")); // (…)
  const notPadding = sub(1, oneHot(scalar(padding, "int32"), vocabulary)); // (V)
  const words = reshape(notPadding, [vocabulary, 1]);

  const one = reshape(add(mul(counted, 0), 1), [...targets.shape, 1]); // (…,1)
  const wide = concat([h, one], -1); // (…,C+1)
  const matrix = concat([weight, reshape(bias, [1, vocabulary])], 0); // (C+1,V)
  const logits = matmul(wide, matrix); // (…,V)
  const probabilities = softmax(logits);
  const atTarget = gatherElements(logits, targets); // (…)
  const logSum = sub(atTarget, log(add(gatherElements(probabilities, targets), LEAST_PROBABILITY))); // (…)
  const allWeight = matmul(matrix, words); // (C+1,1)
  const atAll = reshape(matmul(wide, allWeight), targets.shape); // (…)
  const cross = sub(add(mul(atTarget, extra), mul(atAll, others)), logSum);
  const loss = mul(sub(smoothedEntropy(options, vocabulary), cross), counted);

  const perRow = withPullback(loss, [h, weight, bias], (dy) => {
    const ids = reshape(targets, [product(targets.shape)]); // (N)
    const w = reshape(mul(dy, counted), [at(ids.shape, 0), 1]); // (N,1)
    const p = flatten(probabilities); // (N,V)
    const targetWeight = gather(transpose(weight, [1, 0]), ids); // (N,C)
    const allOthers = mul(reshape(slice(allWeight, 0, 0, width), [width]), others); // (C)
    const wanted = add(mul(targetWeight, extra), allOthers); // (N,C)
    const dh = mul(w, sub(matmul(p, weight, { transposeB: true }), wanted)); // (N,C)
    const weighted = mul(flatten(wide), w); // (N,C+1)
    const atRows = scatterAdd(mul(weighted, extra), ids, vocabulary); // (V,C+1)
    const everywhere = mul(reshape(sumTo(weighted, [width + 1]), [1, width + 1]), others);
    const asked = transpose(add(atRows, matmul(words, everywhere)), [1, 0]); // (C+1,V)
    const dMatrix = sub(matmul(weighted, p, { transposeA: true }), asked); // (C+1,V)
    return [
      reshape(dh, h.shape),
      slice(dMatrix, 0, 0, width),
      reshape(slice(dMatrix, 0, width, width + 1), [vocabulary]),
    ];
  });
  return { logits, perRow, counted };
}
