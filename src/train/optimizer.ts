import {
  add,
  concat,
  constant,
  div,
  input,
  mapRows,
  minimum,
  mul,
  reshape,
  split,
  sqrt,
  sub,
  sum,
  type Tensor,
} from "../graph/index.ts";
import { elements } from "../graph/shape.ts";
import type { TrainOptions } from "../tasks/task.ts";
import type { Momentum } from "./schedule.ts";

/** Inputs of the training graph that change with the step: [decay, c₁, c₂, retention]. */
export const COEFFICIENTS = "optimizer.coefficients";

/**
 * The most numbers of a row: the ten rows that an update works with at once, 5 MiB, fit into the cache that cores share,
 * and an op on one is long beside what it costs to begin it.
 */
const LONGEST_ROW = 2 ** 17;

/** Matrix (K, C) that holds the numbers of a state one after another; what is left of its last row, less than K, stays 0. */
export function stateShape(size: number): readonly [number, number] {
  const rows = Math.max(1, Math.ceil(size / LONGEST_ROW));
  return [rows, Math.ceil(size / rows)];
}

export interface FlatState {
  /** all parameters, one after another, in a matrix of `stateShape` */
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
 *
 * Where β₁ changes with the step (`one-cycle`), the factor 1 − β₁ that m lacks changes too, and m keeps the share
 * retention = β₁(1 − β₁′) / (1 − β₁) of itself, where β₁′ is that of the update before: this is fastai's Adam, whose
 * mean of the gradients is β₁·mean + (1 − β₁)·g and is divided by 1 − β₁ᵗ with the present β₁.
 */
export function adamUpdate(state: FlatState, gradients: readonly Tensor[], options: TrainOptions): Update {
  const { beta1, beta2, clip } = options;
  const flat = matrixOf(gradients, state.parameters.shape as readonly number[]);
  const sumOfSquares = (g: Tensor): Tensor => sum(mul(g, g), { axes: [-1] });
  const normOf = (rows: Tensor): Tensor => sqrt(sum(rows));
  // Clipping needs the norm before the update, which else finds it on its way.
  const clipped =
    clip > 0 ? normOf(mapRows({ flat }, {}, (row) => ({ squares: sumOfSquares(row.flat) })).squares) : undefined;
  const coefficient = (i: number) => input(`${COEFFICIENTS}.${i}`, []);
  const decays = options.optimizer === "adamw" && options.decay > 0;
  const { squares, ...next } = mapRows(
    {
      p: decays ? decayedParameters(state.parameters, gradients, coefficient(0), options.decayAll) : state.parameters,
      m: state.firstMoments,
      v: state.secondMoments,
      gradient: flat,
    },
    {
      c1: coefficient(1),
      c2: coefficient(2),
      retention: options.schedule === "one-cycle" ? coefficient(3) : undefined,
      factor: clipped === undefined ? undefined : minimum(1, div(clip, add(clipped, CLIP_EPSILON))),
    },
    ({ p, m, v, gradient }, { c1, c2, retention = beta1, factor }) => {
      const g = factor === undefined ? gradient : mul(gradient, factor);
      const firstMoments = add(mul(m, retention), g);
      const secondMoments = add(mul(v, beta2), mul(g, g));
      const parameters = sub(p, div(firstMoments, add(mul(sqrt(secondMoments), c1), c2)));
      const squares = clipped === undefined ? sumOfSquares(gradient) : undefined;
      return { parameters, firstMoments, secondMoments, squares };
    },
  );
  return { ...next, gradientNorm: clipped ?? normOf(squares as Tensor) };
}

/** The numbers of tensors one after another in a matrix, whose rest is 0. */
function matrixOf(tensors: readonly Tensor[], shape: readonly number[]): Tensor {
  const vectors = tensors.map((x) => reshape(x, [elements(x.shape as number[])]));
  const rest = elements(shape) - vectors.reduce((all, { shape: [length] }) => all + (length as number), 0);
  const zeros = rest > 0 ? [constant(new Float32Array(rest), [rest])] : [];
  return reshape(concat([...vectors, ...zeros], 0), shape);
}

/**
 * All parameters times `decay`, or only those of two dimensions or more: neither biases nor layer norms, nor the few
 * weights of a position map that all heads share.
 */
function decayedParameters(matrix: Tensor, gradients: readonly Tensor[], decay: Tensor, all: boolean): Tensor {
  if (all) return mul(matrix, decay);
  const total = elements(matrix.shape as number[]);
  const runs: { readonly decays: boolean; size: number }[] = [];
  const count = (decays: boolean, size: number): void => {
    const last = runs.at(-1);
    if (last?.decays === decays) last.size += size;
    else runs.push({ decays, size });
  };
  for (const { shape } of gradients) count(shape.length > 1, elements(shape as number[]));
  const rest = total - runs.reduce((sum, { size }) => sum + size, 0);
  if (rest > 0) count(false, rest);
  const parts = split(
    reshape(matrix, [total]),
    runs.map(({ size }) => size),
  );
  const kept = concat(
    parts.map((part, i) => (runs[i]?.decays === true ? mul(part, decay) : part)),
    0,
  );
  return reshape(kept, matrix.shape);
}

type Coefficients = readonly [decay: number, c1: number, c2: number, retention: number];

/** What keeps the clipping factor finite, as in PyTorch's clip_grad_norm_. */
const CLIP_EPSILON = 1e-6;
/** A rate below this is this: c₁ and c₂ stay finite, and a parameter moves by less than float32 can tell. */
const SMALLEST_RATE = 1e-30;

/**
 * [decay, c₁, c₂, retention] of update number `step` (from 0) at learning rate `rate`; `momentum` is that of the
 * options unless a schedule says otherwise.
 */
export function coefficients(
  options: TrainOptions,
  step: number,
  rate: number,
  momentum: Momentum = { beta1: options.beta1, previous: options.beta1 },
): Coefficients {
  const { beta2, epsilon, optimizer, decay } = options;
  const { beta1, previous } = momentum;
  const t = step + 1;
  // p ← p − rate·m̂/(√v̂ + ε) with m̂ = (1−β₁)m/(1−β₁ᵗ), v̂ = (1−β₂)v/(1−β₂ᵗ)
  const a = Math.max((rate * (1 - beta1)) / (1 - beta1 ** t), SMALLEST_RATE);
  return [
    optimizer === "adamw" ? 1 - rate * decay : 1,
    Math.sqrt((1 - beta2) / (1 - beta2 ** t)) / a,
    epsilon / a,
    (beta1 * (1 - previous)) / (1 - beta1),
  ];
}
