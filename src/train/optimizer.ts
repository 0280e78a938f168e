import { add, concat, div, input, minimum, mul, reshape, sqrt, sub, sum, type Tensor } from "../graph/index.ts";
import { elements } from "../graph/shape.ts";
import type { TrainOptions } from "../tasks/task.ts";

/** Inputs of the training graph that change with the step: [decay, c₁, c₂]. */
export const COEFFICIENTS = "optimizer.coefficients";

export interface FlatState {
  /** all parameters, one after another */
  readonly parameters: Tensor;
  /** m and v without the factors 1 − β */
  readonly firstMoments: Tensor;
  readonly secondMoments: Tensor;
}

export interface Update extends FlatState {
  /** global L2 norm of the gradients before clipping; scalar */
  readonly gradientNorm: Tensor;
}

/**
 * One Adam or AdamW update (Kingma and Ba 2015; Loshchilov and Hutter 2019) in scaled form, which needs half the
 * passes over memory: m ← β₁m + g, v ← β₂v + g², p ← decay·p − m / (c₁√v + c₂). The host computes the coefficients from
 * step, rate, β, ε and decay (`coefficients`). Gradients are first scaled by min(1, clip / (norm + 10⁻⁶)) where clipping
 * is on.
 */
export function adamUpdate(state: FlatState, gradients: readonly Tensor[], options: TrainOptions): Update {
  const { beta1, beta2, clip } = options;
  const flat = concat(
    gradients.map((g) => reshape(g, [elements(g.shape as number[])])),
    0,
  ); // (N)
  const squares = mul(flat, flat);
  const gradientNorm = sqrt(sum(squares));
  const factor = clip > 0 ? minimum(1, div(clip, add(gradientNorm, CLIP_EPSILON))) : undefined;
  const g = factor === undefined ? flat : mul(flat, factor);
  const g2 = factor === undefined ? squares : mul(g, g);
  const firstMoments = add(mul(state.firstMoments, beta1), g);
  const secondMoments = add(mul(state.secondMoments, beta2), g2);
  const [decay, c1, c2] = [0, 1, 2].map((i) => input(`${COEFFICIENTS}.${i}`, []));
  const kept =
    options.optimizer === "adamw" && options.decay > 0 ? mul(state.parameters, decay as Tensor) : state.parameters;
  const parameters = sub(kept, div(firstMoments, add(mul(sqrt(secondMoments), c1 as Tensor), c2 as Tensor)));
  return { parameters, firstMoments, secondMoments, gradientNorm };
}

/** What keeps the clipping factor finite, as in PyTorch's clip_grad_norm_. */
const CLIP_EPSILON = 1e-6;
/** A rate below this is this: c₁ and c₂ stay finite, and a parameter moves by less than float32 can tell. */
const SMALLEST_RATE = 1e-30;

/** [decay, c₁, c₂] of update number `step` (from 0) at learning rate `rate`. */
export function coefficients(options: TrainOptions, step: number, rate: number): readonly [number, number, number] {
  const { beta1, beta2, epsilon, optimizer, decay } = options;
  const t = step + 1;
  // p ← p − rate·m̂/(√v̂ + ε) with m̂ = (1−β₁)m/(1−β₁ᵗ), v̂ = (1−β₂)v/(1−β₂ᵗ)
  const a = Math.max((rate * (1 - beta1)) / (1 - beta1 ** t), SMALLEST_RATE);
  return [optimizer === "adamw" ? 1 - rate * decay : 1, Math.sqrt((1 - beta2) / (1 - beta2 ** t)) / a, epsilon / a];
}
