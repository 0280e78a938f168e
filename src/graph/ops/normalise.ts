import { aroundAxis, ndarray, type NDArray } from "../ndarray.ts";
import { defineOp } from "../op.ts";
import { float, type Emitter } from "../onnx/emitter.ts";
import { axisOf, elements } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Random } from "../../random.ts";
import { exp, mul, sub } from "./elementwise.ts";
import { mean, sum } from "./reduce.ts";

interface Axis {
  readonly axis: number;
}

const samples = (random: Random) =>
  (
    [
      [[2, 3], 1],
      [[2, 3], 0],
      [[2, 3, 5], 2],
    ] as const
  ).map(([shape, axis]) => ({
    inputs: [{ shape, data: Float64Array.from({ length: elements(shape) }, () => 2 * random.normal()) }],
    attributes: { axis },
  }));

/** Replaces every line along an axis by f of it. */
function perLine(x: NDArray, axis: number, f: (line: Float64Array) => Float64Array): NDArray {
  const { outer, length, inner } = aroundAxis(x.shape, axis);
  const result = ndarray(x.shape);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      const index = (k: number) => (o * length + k) * inner + i;
      const line = f(Float64Array.from({ length }, (_, k) => x.data[index(k)] as number));
      for (let k = 0; k < length; k++) result.data[index(k)] = line[k] as number;
    }
  return result;
}

const softmaxOp = defineOp<Axis>("softmax", {
  shape: ([x]) => ({ shape: (x as Tensor).shape, dtype: "float32" }),
  // dx = y ⊙ (dy − Σ y ⊙ dy): only y is kept for the backward pass.
  gradient: ({ y, dy, attributes: { axis } }) => [mul(y, sub(dy, sum(mul(y, dy), { axes: [axis], keepDims: true })))],
  evaluate: ([x], { axis }) =>
    perLine(x as NDArray, axis, (line) => {
      const top = Math.max(...line);
      const e = line.map((v) => Math.exp(v - top));
      const total = e.reduce((a, b) => a + b, 0);
      return e.map((v) => v / total);
    }),
  onnx: (emit, [x], _tensor, { axis }) => emit.node("Softmax", [x as string], { attributes: { axis } }),
  samples,
});
/** y = exp(x − max x) / Σ exp(x − max x) along one axis */
export const softmax = (x: Tensor, axis = -1): Tensor => softmaxOp([x], { axis: axisOf("softmax", axis, x) });

const logSoftmaxOp = defineOp<Axis>("logSoftmax", {
  shape: ([x]) => ({ shape: (x as Tensor).shape, dtype: "float32" }),
  // dx = dy − softmax(x) Σ dy
  gradient: ({ y, dy, attributes: { axis } }) => [sub(dy, mul(exp(y), sum(dy, { axes: [axis], keepDims: true })))],
  evaluate: ([x], { axis }) =>
    perLine(x as NDArray, axis, (line) => {
      const top = Math.max(...line);
      const shift = top + Math.log(line.reduce((a, v) => a + Math.exp(v - top), 0));
      return line.map((v) => v - shift);
    }),
  onnx: (emit, [x], _tensor, { axis }) =>
    emit.target === "webgpu"
      ? emit.node("Sub", [
          x as string,
          emit.node("ReduceLogSumExp", [x as string, emit.int64s([axis])], { attributes: { keepdims: 1 } }),
        ])
      : emit.node("LogSoftmax", [x as string], { attributes: { axis } }),
  samples,
});
/** y = x − log Σ exp x along one axis */
export const logSoftmax = (x: Tensor, axis = -1): Tensor => logSoftmaxOp([x], { axis: axisOf("logSoftmax", axis, x) });

const EPSILON_SAMPLE = 1e-5;

/** 1/√(mean (x − mean x)² + ε) over the last axis, kept as length 1. Its gradient is part of `standardise`. */
const inverseDeviationOp = defineOp<{ readonly epsilon: number }>("inverseDeviation", {
  shape: ([x]) => ({ shape: [...(x as Tensor).shape.slice(0, -1), 1], dtype: "float32" }),
  evaluate: ([x], { epsilon }, shape) => {
    const array = x as NDArray;
    const width = array.shape.at(-1) as number;
    return ndarray(
      shape,
      Array.from(
        { length: elements(shape) },
        (_, row) => deviation(array.data.subarray(row * width, (row + 1) * width), epsilon).inverse,
      ),
    );
  },
  onnx: (emit, [x], tensor, { epsilon }) =>
    emitStandardise(emit, x as string, tensor.inputs[0] as Tensor, epsilon).inverse,
  samples: (random) => [
    {
      inputs: [{ shape: [3, 4], data: Float64Array.from({ length: 12 }, () => random.normal()) }],
      attributes: { epsilon: EPSILON_SAMPLE },
    },
  ],
});

function deviation(line: Float64Array, epsilon: number): { mean: number; inverse: number } {
  const average = line.reduce((a, b) => a + b, 0) / line.length;
  const variance = line.reduce((a, b) => a + (b - average) ** 2, 0) / line.length;
  return { mean: average, inverse: 1 / Math.sqrt(variance + epsilon) };
}

function emitStandardise(emit: Emitter, x: string, tensor: Tensor, epsilon: number) {
  if (emit.target !== "cpu") {
    const width = tensor.shape.at(-1) as number;
    const ones = emit.constant("float32", [width], new Float32Array(width).fill(1));
    const zeros = emit.constant("float32", [width], new Float32Array(width));
    const [y, , inverse] = emit.nodesOf("LayerNormalization", [x, ones, zeros], {
      attributes: { axis: -1, epsilon: float(epsilon) },
      outputs: 3,
    });
    return { y: y as string, inverse: inverse as string };
  }
  // Six cheap passes: ONNX Runtime's own LayerNormalization is slower on a CPU.
  const last = emit.int64s([-1]);
  const average = (name: string) => emit.node("ReduceMean", [name, last], { attributes: { keepdims: 1 } });
  const centred = emit.node("Sub", [x, average(x)]);
  const variance = average(emit.node("Mul", [centred, centred]));
  const inverse = emit.node("Reciprocal", [emit.node("Sqrt", [emit.node("Add", [variance, emit.scalar(epsilon)])])]);
  return { y: emit.node("Mul", [centred, inverse]), inverse };
}

const standardiseOp = defineOp<{ readonly epsilon: number }>("standardise", {
  shape: ([x]) => ({ shape: (x as Tensor).shape, dtype: "float32" }),
  // dx = (dy − mean dy − y·mean(dy ⊙ y)) / σ
  gradient: ({ inputs: [x], y, dy, attributes }) => {
    const inverse = inverseDeviationOp([x as Tensor], attributes);
    const row = { axes: [-1], keepDims: true };
    return [mul(sub(sub(dy, mean(dy, row)), mul(y, mean(mul(dy, y), row))), inverse)];
  },
  evaluate: ([x], { epsilon }) => {
    const array = x as NDArray;
    return perLine(array, array.shape.length - 1, (line) => {
      const { mean: average, inverse } = deviation(line, epsilon);
      return line.map((v) => (v - average) * inverse);
    });
  },
  onnx: (emit, [x], tensor, { epsilon }) => emitStandardise(emit, x as string, tensor, epsilon).y,
  samples: (random) =>
    [
      [3, 4],
      [2, 3, 5],
    ].map((shape) => ({
      inputs: [{ shape, data: Float64Array.from({ length: elements(shape) }, () => 1 + random.normal()) }],
      attributes: { epsilon: EPSILON_SAMPLE },
    })),
});
/** (x − mean x) / √(variance x + ε) over the last axis, biased variance: layer norm without weight and bias */
export const standardise = (x: Tensor, epsilon: number): Tensor => standardiseOp([x], { epsilon });

const layerNormOp = defineOp<{ readonly epsilon: number }>("layerNorm", {
  shape: ([x]) => ({ shape: (x as Tensor).shape, dtype: "float32" }),
  evaluate: ([x, weight, bias], { epsilon }) => {
    const array = x as NDArray;
    const [w, b] = [(weight as NDArray).data, (bias as NDArray).data];
    return perLine(array, array.shape.length - 1, (line) => {
      const { mean: average, inverse } = deviation(line, epsilon);
      return line.map((v, k) => (v - average) * inverse * (w[k] as number) + (b[k] as number));
    });
  },
  onnx: (emit, inputs, _tensor, { epsilon }) =>
    emit.node("LayerNormalization", [...inputs], { attributes: { axis: -1, epsilon: float(epsilon) } }),
  samples: (random) => [
    {
      inputs: [[2, 3, 5], [5], [5]].map((shape) => ({
        shape,
        data: Float64Array.from({ length: elements(shape) }, () => 1 + random.normal()),
      })),
      attributes: { epsilon: EPSILON_SAMPLE },
    },
  ],
});
/**
 * standardise(x) ⊙ weight + bias as one node of ONNX Runtime: faster than its passes where there are few rows, slower
 * where there are many. Not differentiable.
 */
export const fewRowsLayerNorm = (x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor =>
  layerNormOp([x, weight, bias], { epsilon });

/** 1 / √(variance x + ε) over the last axis, which is kept as length 1; not differentiable by itself */
export const inverseDeviation = (x: Tensor, epsilon: number): Tensor => inverseDeviationOp([x], { epsilon });
