import { aroundAxis, ndarray, strides, walk, type NDArray } from "../ndarray.ts";
import { defineOp } from "../op.ts";
import type { Emitter } from "../onnx/emitter.ts";
import { axisOf, elements, formatShape } from "../shape.ts";
import type { Shape, Tensor } from "../tensor.ts";
import type { Random } from "../../random.ts";
import { cast, div, equal, mul } from "./elementwise.ts";
import { expand, reshape } from "./layout.ts";

interface Reduction {
  /** non-negative, ascending */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

const reducedShape = (shape: Shape, { axes, keepDims }: Reduction): Shape =>
  keepDims ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i));

function reduce(
  x: NDArray,
  axes: readonly number[],
  shape: readonly number[],
  start: number,
  f: (a: number, b: number) => number,
): NDArray {
  const result = ndarray(shape);
  result.data.fill(start);
  const kept = x.shape.map((d, i) => (axes.includes(i) ? 1 : d));
  const steps = strides(kept).map((s, i) => (axes.includes(i) ? 0 : s));
  walk(x.shape, [steps], (index, [offset]) => {
    result.data[offset as number] = f(result.data[offset as number] as number, x.data[index] as number);
  });
  return result;
}

/** dy with the reduced axes back as 1, so that it broadcasts against x. */
const restored = (dy: Tensor, x: Tensor, { axes, keepDims }: Reduction): Tensor =>
  keepDims ? dy : reshape(dy, reducedShape(x.shape, { axes, keepDims: true }));

const samples = (random: Random) =>
  (
    [
      [[2, 3, 4], [1], true],
      [[2, 3, 4], [0, 2], false],
      [[16, 3], [0], false],
      [[5], [0], false],
      [[2, 3], [1], true],
    ] as const
  ).map(([shape, axes, keepDims]) => ({
    inputs: [{ shape, data: Float64Array.from({ length: elements(shape) }, () => random.normal()) }],
    attributes: { axes, keepDims },
  }));

/** Parts into which a long sum over leading axes is cut, so that each thread has its own. */
const PHASES = 8;

function emitSum(emit: Emitter, x: string, tensor: Tensor, { axes, keepDims }: Reduction): string {
  const { shape } = tensor.inputs[0] as Tensor;
  const leading = axes.every((axis, i) => axis === i) && axes.length < shape.length;
  const rows = shape.slice(0, axes.length);
  if (leading && shape.every((d) => typeof d === "number") && emit.target === "cpu") {
    const count = elements(rows as number[]);
    if (count % PHASES === 0 && count >= 64) {
      const rest = shape.slice(axes.length);
      const cut = emit.node("Reshape", [x, emit.int64s([PHASES, count / PHASES, ...rest])]);
      const partial = emit.node("ReduceSum", [cut, emit.int64s([1])], { attributes: { keepdims: 0 } });
      const total = emit.node("ReduceSum", [partial, emit.int64s([0])], { attributes: { keepdims: 0 } });
      return keepDims ? emit.node("Reshape", [total, emit.int64s(tensor.shape as number[])]) : total;
    }
  }
  return emit.node("ReduceSum", [x, emit.int64s(axes)], { attributes: { keepdims: Number(keepDims) } });
}

const sumOp = defineOp<Reduction>("sum", {
  shape: (inputs, reduction) => ({ shape: reducedShape((inputs[0] as Tensor).shape, reduction), dtype: "float32" }),
  gradient: ({ inputs: [x], dy, attributes }) => [expand(restored(dy, x as Tensor, attributes), (x as Tensor).shape)],
  evaluate: ([x], { axes }, shape) => reduce(x as NDArray, axes, shape, 0, (a, b) => a + b),
  onnx: (emit, [x], tensor, attributes) => emitSum(emit, x as string, tensor, attributes),
  samples,
});

const maxOp = defineOp<Reduction>("max", {
  shape: (inputs, reduction) => ({ shape: reducedShape((inputs[0] as Tensor).shape, reduction), dtype: "float32" }),
  // Where several elements are largest they share the gradient.
  gradient: ({ inputs: [x], y, dy, attributes }) => {
    const largest = cast(equal(x as Tensor, restored(y, x as Tensor, attributes)), "float32");
    const ties = sum(largest, { axes: attributes.axes, keepDims: true });
    return [mul(largest, div(restored(dy, x as Tensor, attributes), ties))];
  },
  evaluate: ([x], { axes }, shape) => reduce(x as NDArray, axes, shape, -Infinity, Math.max),
  onnx: (emit, [x], _tensor, { axes, keepDims }) =>
    emit.node("ReduceMax", [x as string, emit.int64s(axes)], { attributes: { keepdims: Number(keepDims) } }),
  samples,
});

const meanOp = defineOp<Reduction>("mean", {
  shape: (inputs, reduction) => ({ shape: reducedShape((inputs[0] as Tensor).shape, reduction), dtype: "float32" }),
  gradient: ({ inputs: [x], y, dy, attributes }) => {
    const t = x as Tensor;
    const each = mul(restored(dy, t, attributes), elements(y.shape as number[]) / elements(t.shape as number[]));
    return [expand(each, t.shape)];
  },
  evaluate: ([x], { axes }, shape) => {
    const total = reduce(x as NDArray, axes, shape, 0, (a, b) => a + b);
    const size = (x as NDArray).data.length / Math.max(1, total.data.length);
    return ndarray(
      shape,
      total.data.map((v) => v / size),
    );
  },
  onnx: (emit, [x], _tensor, { axes, keepDims }) =>
    emit.node("ReduceMean", [x as string, emit.int64s(axes)], { attributes: { keepdims: Number(keepDims) } }),
  samples,
});

export interface ReduceOptions {
  /** axes to reduce, all when absent; -1 is the last */
  readonly axes?: readonly number[];
  readonly keepDims?: boolean;
}

const reduction = (name: string, x: Tensor, { axes, keepDims = false }: ReduceOptions): Reduction => ({
  axes: (axes ?? x.shape.map((_, i) => i)).map((axis) => axisOf(name, axis, x)).sort((a, b) => a - b),
  keepDims,
});

/** A reduction over no axis leaves x; ONNX would take it for one over all. */
const isNothing = ({ axes }: ReduceOptions): boolean => axes?.length === 0;

/** Σ over axes; gradient: dy stretched */
export const sum = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  isNothing(options) ? x : sumOp([x], reduction("sum", x, options));
/** mean over axes */
export const mean = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  isNothing(options) ? x : meanOp([x], reduction("mean", x, options));
/** largest element over axes */
export const max = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  isNothing(options) ? x : maxOp([x], reduction("max", x, options));

/** x summed to `shape`, from which it was broadcast. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (formatShape(x.shape) === formatShape(shape)) return x;
  const missing = x.shape.length - shape.length;
  const stretched = x.shape
    .map((_, i) => i)
    .filter((i) => i >= missing && shape[i - missing] === 1 && x.shape[i] !== 1);
  const leading = Array.from({ length: missing }, (_, i) => i);
  const kept = stretched.length > 0 ? sum(x, { axes: stretched, keepDims: true }) : x;
  return leading.length > 0 ? sum(kept, { axes: leading }) : kept;
}

/** argmax as the smallest index of a largest element: ArgMax gives int64, which WebGPU has not. */
function emitFirstLargest(emit: Emitter, x: string, { shape }: Tensor, axis: number): string {
  const length = shape[axis] as number;
  const along = shape.slice(axis).map((_, i) => (i === 0 ? length : 1));
  const indices = emit.constant(
    "int32",
    along,
    Int32Array.from({ length }, (_, i) => i),
  );
  const largest = emit.node("ReduceMax", [x, emit.int64s([axis])], { attributes: { keepdims: 1 } });
  const candidates = emit.node("Where", [emit.node("Equal", [x, largest]), indices, emit.scalar(length, "int32")]);
  return emit.node("ReduceMin", [candidates, emit.int64s([axis])], { attributes: { keepdims: 0 } });
}

const argmaxOp = defineOp<{ readonly axis: number }>("argmax", {
  shape: (inputs, { axis }) => {
    const { shape } = inputs[0] as Tensor;
    return { shape: shape.filter((_, i) => i !== axis), dtype: "int32" };
  },
  evaluate: ([x], { axis }, shape) => {
    const { outer, length, inner } = aroundAxis((x as NDArray).shape, axis);
    const result = ndarray(shape);
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < inner; i++) {
        let best = 0;
        const value = (k: number) => (x as NDArray).data[(o * length + k) * inner + i] as number;
        for (let k = 1; k < length; k++) if (value(k) > value(best)) best = k;
        result.data[o * inner + i] = best;
      }
    return result;
  },
  onnx: (emit, [x], tensor, { axis }) =>
    emit.target === "webgpu" && typeof (tensor.inputs[0] as Tensor).shape[axis] === "number"
      ? emitFirstLargest(emit, x as string, tensor.inputs[0] as Tensor, axis)
      : emit.node("Cast", [emit.node("ArgMax", [x as string], { attributes: { axis, keepdims: 0 } })], {
          attributes: { to: 6 },
        }),
  samples: (random) =>
    [0, 1].map((axis) => ({
      inputs: [{ shape: [3, 4], data: Float64Array.from({ length: 12 }, () => random.normal()) }],
      attributes: { axis },
    })),
});
/** Index of the largest element along an axis, the first of equals; not differentiable. */
export const argmax = (x: Tensor, axis = -1): Tensor => argmaxOp([x], { axis: axisOf("argmax", axis, x) });
