import { KvtError } from "../errors.ts";
import type { Metric, Split, TaskData } from "../tasks/task.ts";
import type { RunEvent } from "./events.ts";
import type { TrainingProgram } from "./program.ts";

export interface Score {
  /** lossSum / count */
  readonly loss: number;
  /** what the run is judged by: correct / count, or the loss */
  readonly metric: number;
}

/**
 * Loss and metric over all examples of a split, in their order, `batch` at a time. Null when `signal` was aborted
 * between two batches; `breathe` is awaited there. Throws a `training` error when the split holds no predictions.
 */
export async function evaluateSplit(
  program: Pick<TrainingProgram, "evaluate">,
  data: TaskData,
  split: Split,
  batch: number,
  metric: Pick<Metric, "from">,
  control: { readonly breathe?: () => Promise<void>; readonly signal?: AbortSignal | undefined } = {},
): Promise<Score | null> {
  const size = data.sizes[split];
  let [lossSum, correct, count] = [0, 0, 0];
  for (let start = 0; start < size; start += batch) {
    if (control.signal?.aborted === true) return null;
    const indices = Int32Array.from({ length: Math.min(batch, size - start) }, (_, i) => start + i);
    const sums = await program.evaluate(data.batch(split, indices, 0));
    lossSum += sums.lossSum;
    correct += sums.correct;
    count += sums.count;
    await control.breathe?.();
  }
  if (!(count > 0)) {
    throw new KvtError("training", `the ${split} split holds ${size} examples and ${count} predictions: expected some`);
  }
  const loss = lossSum / count;
  return { loss, metric: metric.from === "loss" ? loss : correct / count };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}

/**
 * The line of an event in `metrics.jsonl`, or null for one that has none. It holds only numbers that a resumed run
 * computes again bit by bit, so no times.
 */
export function metricsLine(event: RunEvent): string | null {
  if (event.kind === "step") {
    const { kind, step, epoch, loss, gradientNorm, rate } = event;
    return JSON.stringify({ kind, step, epoch, loss, gradientNorm, rate });
  }
  if (event.kind === "evaluated") {
    const { kind, split, step, loss, metric, best } = event;
    return JSON.stringify({ kind, split, step, loss, metric, best });
  }
  if (event.kind === "sample") return JSON.stringify(event);
  return null;
}

/** The line of an event in `timing.jsonl`, or null for one that has none. */
export function timingLine(event: RunEvent): string | null {
  if (event.kind === "step") return JSON.stringify({ kind: "step", step: event.step, seconds: event.seconds });
  if (event.kind === "evaluated") {
    const { kind, split, step, seconds, examples } = event;
    return JSON.stringify({ kind, split, step, seconds, examples });
  }
  return null;
}
