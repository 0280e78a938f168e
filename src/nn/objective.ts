import { cast, div, equal, scalar, sum, type Tensor } from "../graph/index.ts";
import { elements } from "../graph/shape.ts";
import { countCorrect, crossEntropy } from "./loss.ts";

/** What a model's graph gives a task to train on and to measure. */
export interface Objective {
  /** mean loss of the batch, what training makes small */
  readonly loss: Tensor;
  /** float32 scalars that are added up over batches: sum of losses, number right, number of predictions */
  readonly lossSum: Tensor;
  readonly correct: Tensor;
  readonly count: Tensor;
  readonly logits: Tensor;
}

/** Classification of every row: mean cross-entropy of logits (…,V) and targets int32 (…), and the sums for evaluation. */
export function classification(logits: Tensor, targets: Tensor): Objective {
  const { perRow } = crossEntropy(logits, targets); // (…)
  const lossSum = sum(perRow);
  const fixed = perRow.shape.every((dimension) => typeof dimension === "number");
  // 1 for every row, summed, where the number of rows is known only when the graph runs.
  const count = fixed ? scalar(elements(perRow.shape)) : sum(cast(equal(targets, targets), "float32"));
  return { loss: div(lossSum, count), lossSum, correct: countCorrect(logits, targets), count, logits };
}
