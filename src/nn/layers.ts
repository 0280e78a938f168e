import {
  add,
  erf,
  exp,
  fewRowsLayerNorm,
  gather,
  halfOnePlus,
  inverseDeviation,
  matmul,
  mul,
  relu,
  reshape,
  standardise,
  sub,
  sumTo,
  tanh,
  withPullback,
  type Tensor,
} from "../graph/index.ts";
import { at, formatShape, shapeError } from "../graph/shape.ts";
import { inModule } from "../graph/path.ts";
import { fanInUniform, normal, ones, zeros, type Initialiser } from "./initialise.ts";
import type { Scope } from "./scope.ts";

export interface LinearOptions {
  readonly bias?: boolean;
  readonly weight?: Initialiser;
  readonly biasInitialiser?: Initialiser;
}

/**
 * The map x ↦ x W + b with parameters of its own; x (…,in), W (in,out), b (out). Weights and bias start as U(±1/√in)
 * unless told otherwise. Call it on several tensors to share the parameters.
 */
export function linearMap(
  scope: Scope,
  fanIn: number,
  width: number,
  options: LinearOptions = {},
): (x: Tensor) => Tensor {
  const { bias = true, weight = fanInUniform(fanIn), biasInitialiser = fanInUniform(fanIn) } = options;
  const w = scope.parameter("weight", [fanIn, width], weight);
  const b = bias ? scope.parameter("bias", [width], biasInitialiser) : undefined;
  return (x) => {
    if (at(x.shape, -1) !== fanIn) {
      const letters = x.shape.length === 3 ? ["B", "T"] : x.shape.length === 2 ? ["B"] : ["…"];
      throw shapeError("linear", `input (${[...letters, fanIn].join()})`, formatShape(x.shape), 'Check "width".');
    }
    const y = matmul(x, w); // (…,out)
    return b === undefined ? y : add(y, b);
  };
}

/** y = x W + b with new parameters, as `linearMap` makes them; x (…,in) → (…,width) */
export function linear(scope: Scope, x: Tensor, width: number, options: LinearOptions = {}): Tensor {
  const fanIn = at(x.shape, -1);
  if (typeof fanIn !== "number") throw shapeError("linear", "a width known while building", formatShape(x.shape));
  return linearMap(scope, fanIn, width, options)(x);
}

/** Row i of a learned table (V,C) for each id; ids (…) int32 → (…,C). Starts as N(0, 1) unless told otherwise. */
export function embedding(
  scope: Scope,
  ids: Tensor,
  rows: number,
  width: number,
  weight: Initialiser = normal(1),
): Tensor {
  return gather(scope.parameter("weight", [rows, width], weight), ids);
}

/** What is added to the variance before its root, as in PyTorch. */
export const LAYER_NORM_EPSILON = 1e-5;

/**
 * y = x̂ ⊙ w + b with x̂ = (x − mean x) / √(variance x + ε) over the last axis (Ba, Kiros and Hinton 2016).
 * Backward with p = dy ⊙ x̂: dw = Σ p, db = Σ dy, dx = (dy ⊙ w − x̂·(p·w)/C − (dy·w)/C) / √(variance + ε), the row
 * means as products with the vector w/C, which are cheaper than means of products.
 */
export function layerNorm(scope: Scope, x: Tensor): Tensor {
  const width = at(x.shape, -1) as number;
  const weight = scope.parameter("weight", [width], ones);
  const bias = scope.parameter("bias", [width], zeros);
  if (scope.decoding !== undefined) return fewRowsLayerNorm(x, weight, bias, LAYER_NORM_EPSILON);
  const standard = standardise(x, LAYER_NORM_EPSILON);
  return withPullback(add(mul(standard, weight), bias), [x, weight, bias], (dy) => {
    const p = mul(dy, standard);
    const average = reshape(mul(weight, 1 / width), [width, 1]);
    const along = matmul(p, average); // (…,1)
    const level = matmul(dy, average); // (…,1)
    const inner = sub(sub(mul(dy, weight), mul(standard, along)), level);
    return [mul(inner, inverseDeviation(x, LAYER_NORM_EPSILON)), sumTo(p, [width]), sumTo(dy, [width])];
  });
}

/**
 * x·Φ(x) with Φ(x) = ½(1 + erf(x/√2)) (Hendrycks and Gimpel 2016). With u = x/√2 the derivative is
 * Φ + u·e^(−u²)/√π = Φ + u·e^(−ln√π − u²); Φ and u are kept from the forward pass.
 */
export function gelu(x: Tensor): Tensor {
  const u = mul(x, Math.SQRT1_2);
  const cdf = halfOnePlus(erf(u));
  return withPullback(mul(x, cdf), [x], (dy) => {
    const density = mul(u, exp(sub(-0.5 * Math.log(Math.PI), mul(u, u))));
    return [mul(dy, add(cdf, density))];
  });
}

/** ½x(1 + tanh(√(2/π)(x + 0.044715x³))): the approximation of GELU that GPT-2 uses */
export function geluTanh(x: Tensor): Tensor {
  const inner = mul(mul(x, add(mul(mul(x, x), 0.044715), 1)), Math.sqrt(2 / Math.PI));
  return mul(mul(x, 0.5), add(tanh(inner), 1));
}

export type Activation = "relu" | "gelu" | "gelu-tanh";
const activations = { relu, gelu, "gelu-tanh": geluTanh } as const;

export interface FeedForwardOptions {
  readonly hidden: number;
  readonly activation: Activation;
  /** dropout between the two layers; 0 for none */
  readonly dropout: number;
  /** of both weights, given fan-in and fan-out; U(±1/√in) when absent */
  readonly weight?: (fanIn: number, fanOut: number) => Initialiser;
}

/** y = W₂ f(W₁ x + b₁) + b₂; (…,C) → (…,C) */
export function feedForward(scope: Scope, x: Tensor, options: FeedForwardOptions): Tensor {
  const { hidden, activation, dropout, weight = fanInUniform } = options;
  const width = at(x.shape, -1) as number;
  const active = inModule("up", () => {
    const inner = linear(scope, x, hidden, { weight: weight(width, hidden) });
    return activations[activation](inner); // (…,hidden)
  });
  return inModule("down", () =>
    linear(scope, scope.dropout(active, dropout), width, { weight: weight(hidden, width) }),
  );
}
