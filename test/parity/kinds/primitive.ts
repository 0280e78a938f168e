import { add, constant, mul, relu, softmax, standardise, type Tensor } from "../../../src/graph/index.ts";
import { at } from "../../../src/graph/shape.ts";
import { embedding, gelu, geluTanh, LAYER_NORM_EPSILON, layerNorm, linear } from "../../../src/nn/layers.ts";
import { ones, zeros } from "../../../src/nn/initialise.ts";
import type { Scope } from "../../../src/nn/scope.ts";
import type { VectorCase } from "../format.ts";
import { checkGraph, required, type Inputs } from "../graph-case.ts";
import type { Quantity } from "../judge.ts";

/** One operation with gradients of Σ out ⊙ cotangent. Its weights tell it, or its name where it has none. */
export const primitiveCase = (vector: VectorCase): Promise<Quantity[]> =>
  checkGraph(vector, (scope, inputs) => ({ out: primitive(vector, scope, inputs) }));

function primitive({ name, config, weights }: VectorCase, scope: Scope, inputs: Inputs): Tensor {
  const [rows = 0, width = 0] = (weights["table"] ?? weights["w"])?.shape ?? [];
  if ("table" in weights) return embedding(scope, required(inputs, "ids"), rows, width);
  const x = required(inputs, "x");
  if (weights["w"]?.shape.length === 2) return linear(scope, x, rows, { bias: "b" in weights });
  if (weights["w"]?.shape.length === 1) return normalised(scope, x, config.eps ?? LAYER_NORM_EPSILON);
  if (/mask|causal/.test(name)) return softmax(add(x, causalMask(x)));
  if (/softmax/.test(name)) return softmax(x);
  if (/gelu/.test(name)) return /tanh/.test(name) ? geluTanh(x) : gelu(x);
  if (/relu/.test(name)) return relu(x);
  throw new Error(`"${name}" is not built`);
}

function normalised(scope: Scope, x: Tensor, epsilon: number): Tensor {
  if (epsilon === LAYER_NORM_EPSILON) return layerNorm(scope, x);
  const width = at(x.shape, -1) as number;
  const [weight, bias] = [scope.parameter("weight", [width], ones), scope.parameter("bias", [width], zeros)];
  return add(mul(standardise(x, epsilon), weight), bias);
}

/** 0 where column ≤ row, else a large negative number */
function causalMask(x: Tensor): Tensor {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const mask = Float64Array.from({ length: rows * columns }, (_, i) =>
    i % columns > Math.floor(i / columns) ? -1e9 : 0,
  );
  return constant(mask, [rows, columns]);
}
