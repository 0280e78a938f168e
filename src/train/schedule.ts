import type { TrainOptions } from "../tasks/task.ts";

/** β₁ of an update and of the one before it. */
export interface Momentum {
  readonly beta1: number;
  readonly previous: number;
}

/**
 * Learning rate of the update that follows `step` updates, step = 0 … totalSteps − 1.
 *
 * - `cosine-warm-up`: rate · ½ (1 + cos(π t / T)), times t / warmup while t ≤ warmup. The first update has rate 0.
 * - `constant`: rate; `warmup` has no effect.
 * - `transformer`: rate · min(t / w, √(w / t)) with t from 1 and w = max(1, warmup): linear to `rate` at t = w, then
 *   falling as 1/√t (Vaswani et al. 2017, whose factor · d^(−½) · min(t^(−½), t·w^(−3/2)) has
 *   rate = factor · d^(−½) · w^(−½)).
 * - `one-cycle`: from rate/25 to rate over a quarter of the updates, then to rate/10⁵, both as half cosines (Smith and
 *   Topin 2017, in the form of fastai's `fit_one_cycle`); `warmup` has no effect.
 */
export function learningRate(
  train: Pick<TrainOptions, "rate" | "schedule" | "warmup">,
  step: number,
  totalSteps: number,
): number {
  const { rate, schedule, warmup } = train;
  switch (schedule) {
    case "constant":
      return rate;
    case "cosine-warm-up": {
      const cosine = 0.5 * (1 + Math.cos((Math.PI * step) / totalSteps));
      return rate * cosine * (warmup > 0 && step <= warmup ? step / warmup : 1);
    }
    case "transformer": {
      const [t, w] = [step + 1, Math.max(1, warmup)];
      return rate * Math.min(t / w, Math.sqrt(w / t));
    }
    case "one-cycle":
      return cycle([rate / 25, rate, rate / 1e5], step / totalSteps);
  }
}

/**
 * β₁ of the same update. In `one-cycle` it runs 0.95 → 0.85 → 0.95 against the learning rate, and the option `beta1` has
 * no effect; elsewhere it is that option.
 */
export function momentum(train: Pick<TrainOptions, "beta1" | "schedule">, step: number, totalSteps: number): Momentum {
  if (train.schedule !== "one-cycle") return { beta1: train.beta1, previous: train.beta1 };
  const beta1 = (at: number) => cycle([0.95, 0.85, 0.95], at / totalSteps);
  return { beta1: beta1(step), previous: beta1(Math.max(0, step - 1)) };
}

/** Share of the updates in which the learning rate of `one-cycle` rises. */
const RISE = 0.25;

/** Half a cosine from the first value to the second over the first quarter, another to the third over the rest. */
function cycle([first, second, third]: readonly [number, number, number], position: number): number {
  const ease = (from: number, to: number, share: number) => from + (to - from) * 0.5 * (1 - Math.cos(Math.PI * share));
  return position < RISE ? ease(first, second, position / RISE) : ease(second, third, (position - RISE) / (1 - RISE));
}
