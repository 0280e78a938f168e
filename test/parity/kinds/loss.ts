import { div, gradient, logSoftmax, mul, reshape, softmax, sub, sum, type Tensor } from "../../../src/graph/index.ts";
import { elements } from "../../../src/graph/shape.ts";
import { crossEntropy, labelSmoothedDivergence, meanLoss } from "../../../src/nn/loss.ts";
import type { VectorCase } from "../format.ts";
import { checkGraph, required, type Results } from "../graph-case.ts";
import type { Quantity } from "../judge.ts";

/** Label-smoothed divergence where the case has a smoothing, else cross-entropy. */
export const lossCase = (vector: VectorCase): Promise<Quantity[]> =>
  checkGraph(vector, (_scope, inputs) => {
    const { smoothing, ignoreIndex, pad } = vector.config;
    const [logits, targets] = [required(inputs, "logits"), required(inputs, "targets")];
    const outputs =
      smoothing == null
        ? crossEntropyOutputs(logits, targets, ignoreIndex ?? undefined)
        : divergenceOutputs(logits, targets, smoothing, pad ?? undefined);
    return { logProbs: logSoftmax(logits), ...outputs };
  });

function crossEntropyOutputs(logits: Tensor, targets: Tensor, ignore: number | undefined): Results {
  const losses = crossEntropy(logits, targets, ignore);
  return { perExample: losses.perRow, loss: meanLoss(losses) };
}

function divergenceOutputs(logits: Tensor, targets: Tensor, smoothing: number, padding: number | undefined): Results {
  if (padding === undefined) throw new Error("config: expected the pad id, got none");
  const losses = labelSmoothedDivergence(logits, targets, { smoothing, padding });
  const total = sum(losses.perRow);
  const rows = elements(losses.perRow.shape as number[]);
  // The gradient of a row's divergence is p − q, so the target distribution is q = p − gradient, 0 in rows of padding.
  const counted = losses.counted as Tensor;
  const p = mul(softmax(logits), reshape(counted, [...counted.shape, 1]));
  const [slope] = gradient(total, [logits]) as [Tensor];
  return { targetDist: sub(p, slope), loss: div(total, rows), lossPerNonPadToken: meanLoss(losses) };
}
