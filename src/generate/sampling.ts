import { KvtError } from "../errors.ts";
import type { Random } from "../random.ts";

export interface SamplingOptions {
  /** logits are divided by this; 0 takes the most likely token always (greedy) */
  readonly temperature: number;
  /** only the k most likely tokens; 0 = all */
  readonly topK: number;
  /** only the most likely tokens that together have this probability; 1 = all (Holtzman et al. 2020) */
  readonly topP: number;
}

/** Throws a `usage` error for numbers that mean nothing. */
export function checkSampling({ temperature, topK, topP }: SamplingOptions): void {
  if (!(temperature >= 0 && Number.isFinite(temperature))) {
    throw new KvtError("usage", `temperature: expected a number of at least 0, got ${temperature}`);
  }
  if (!(Number.isInteger(topK) && topK >= 0)) {
    throw new KvtError("usage", `top-k: expected a whole number of at least 0, got ${topK}`);
  }
  if (!(topP > 0 && topP <= 1)) throw new KvtError("usage", `top-p: expected a number above 0 up to 1, got ${topP}`);
}

/**
 * One token by p = softmax(logits / temperature), cut to the k most likely tokens and then to the fewest of them whose
 * probabilities reach top-p. Temperature 0 takes the most likely token. Of equal logits the lower id comes first.
 */
export function sampleToken(logits: Float32Array, options: SamplingOptions, random: Random): number {
  const { temperature, topK, topP } = options;
  if (temperature === 0) return logits.reduce((best, value, id) => (value > (logits[best] as number) ? id : best), 0);
  const order = Array.from(logits.keys()).sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b);
  const candidates = topK > 0 ? order.slice(0, topK) : order;
  const top = logits[order[0] as number] as number;
  const weights = candidates.map((id) => Math.exp(((logits[id] as number) - top) / temperature));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  let kept = 0;
  let count = 0;
  while (count < weights.length && (count === 0 || kept < topP * all)) kept += weights[count++] as number;
  let left = random.uniform() * kept;
  for (let i = 0; i < count; i++) {
    left -= weights[i] as number;
    if (left < 0) return candidates[i] as number;
  }
  return candidates[count - 1] as number;
}
