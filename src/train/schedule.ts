import type { TrainOptions } from "../tasks/task.ts";

/**
 * Learning rate of the update that follows `step` updates, step = 0 … totalSteps − 1.
 *
 * - `cosine-warm-up`: rate · ½ (1 + cos(π t / T)), times t / warmup while t ≤ warmup. The first update has rate 0.
 * - `constant`: rate; `warmup` has no effect.
 */
export function learningRate(
  train: Pick<TrainOptions, "rate" | "schedule" | "warmup">,
  step: number,
  totalSteps: number,
): number {
  if (train.schedule === "constant") return train.rate;
  const cosine = 0.5 * (1 + Math.cos((Math.PI * step) / totalSteps));
  const warmUp = train.warmup > 0 && step <= train.warmup ? step / train.warmup : 1;
  return train.rate * cosine * warmUp;
}
