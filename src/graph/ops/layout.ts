import { KvtError } from "../../errors.ts";
import { broadcastStrides, ndarray, strides, walk, type NDArray } from "../ndarray.ts";
import { defineOp } from "../op.ts";
import { at, axisOf, broadcast, elements, formatShape, product, shapeError } from "../shape.ts";
import type { Dimension, Shape, Tensor } from "../tensor.ts";
import { constant } from "./leaves.ts";
import { sumTo } from "./reduce.ts";

const counted = (shape: readonly number[]) => ({
  shape,
  data: Float64Array.from({ length: elements(shape) }, (_, i) => i * 0.25 - 1),
});

const reshapeOp = defineOp<{ readonly shape: Shape }>("reshape", {
  shape: ([x], { shape }) => {
    const from = (x as Tensor).shape;
    if (product(from) !== product(shape)) {
      throw shapeError("reshape", `a shape of ${product(from)} elements for ${formatShape(from)}`, formatShape(shape));
    }
    return { shape, dtype: (x as Tensor).dtype };
  },
  gradient: ({ inputs: [x], dy }) => [reshape(dy, (x as Tensor).shape)],
  evaluate: ([x], _attributes, shape) => ({ shape, data: (x as NDArray).data }),
  onnx: (emit, [x], tensor) => emit.reshape(x as string, (tensor.inputs[0] as Tensor).shape, tensor.shape),
  samples: () => [{ inputs: [counted([2, 6])], attributes: { shape: [3, 2, 2] } }],
});
/** The same elements in row-major order under another shape. */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  formatShape(x.shape) === formatShape(shape) ? x : reshapeOp([x], { shape });

const transposeOp = defineOp<{ readonly axes: readonly number[] }>("transpose", {
  shape: ([x], { axes }) => {
    const { shape, dtype } = x as Tensor;
    if ([...axes].sort((a, b) => a - b).join() !== shape.map((_, i) => i).join()) {
      throw shapeError("transpose", `an order of the ${shape.length} axes of ${formatShape(shape)}`, formatShape(axes));
    }
    return { shape: axes.map((axis) => at(shape, axis)), dtype };
  },
  gradient: ({ dy, attributes: { axes } }) => [
    transpose(
      dy,
      axes.map((_, i) => axes.indexOf(i)),
    ),
  ],
  evaluate: ([x], { axes }, shape) => {
    const array = x as NDArray;
    const own = strides(array.shape);
    const result = ndarray(shape);
    walk(shape, [axes.map((axis) => at(own, axis))], (index, [offset]) => {
      result.data[index] = array.data[offset as number] as number;
    });
    return result;
  },
  onnx: (emit, [x], _tensor, { axes }) => emit.node("Transpose", [x as string], { attributes: { perm: axes } }),
  samples: () =>
    [
      [1, 0, 2],
      [2, 0, 1],
      [0, 2, 1],
    ].map((axes) => ({ inputs: [counted([2, 3, 4])], attributes: { axes } })),
});
/** Axis i of the result is axis axes[i] of x. */
export const transpose = (x: Tensor, axes: readonly number[]): Tensor => transposeOp([x], { axes });

interface Slice {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}
const sliceOp = defineOp<Slice>("slice", {
  shape: ([x], { axis, start, end }) => {
    const { shape, dtype } = x as Tensor;
    const length = at(shape, axis);
    if (typeof length === "number" && !(0 <= start && start < end && end <= length)) {
      throw shapeError(
        "slice",
        `0 ≤ start < end ≤ ${length} on axis ${axis} of ${formatShape(shape)}`,
        `${start} and ${end}`,
      );
    }
    return { shape: shape.map((d, i) => (i === axis ? end - start : d)), dtype };
  },
  gradient: ({ inputs: [x], dy, attributes: { axis, start, end } }) => {
    const { shape } = x as Tensor;
    const zeros = (length: number) => {
      const gap = shape.map((d, i) => (i === axis ? length : d)) as number[];
      return length === 0 ? [] : [constant(new Float64Array(elements(gap)), gap)];
    };
    const parts = [...zeros(start), dy, ...zeros((shape[axis] as number) - end)];
    return [parts.length === 1 ? dy : concat(parts, axis)];
  },
  evaluate: ([x], { axis, start }, shape) => {
    const array = x as NDArray;
    const own = strides(array.shape);
    const result = ndarray(shape);
    walk(shape, [own], (index, [offset]) => {
      result.data[index] = array.data[(offset as number) + start * (own[axis] as number)] as number;
    });
    return result;
  },
  onnx: (emit, [x], _tensor, { axis, start, end }) =>
    emit.node("Slice", [x as string, emit.int64s([start]), emit.int64s([end]), emit.int64s([axis])]),
  samples: () => [
    { inputs: [counted([4, 3])], attributes: { axis: 0, start: 1, end: 3 } },
    { inputs: [counted([2, 5])], attributes: { axis: 1, start: 0, end: 2 } },
  ],
});
/** Elements start … end−1 along an axis. */
export const slice = (x: Tensor, axis: number, start: number, end: number): Tensor =>
  sliceOp([x], { axis: axisOf("slice", axis, x), start, end });

const concatOp = defineOp<{ readonly axis: number }>("concat", {
  shape: (inputs, { axis }) => {
    const [first] = inputs as [Tensor];
    const fits = (t: Tensor) =>
      t.dtype === first.dtype &&
      t.shape.length === first.shape.length &&
      t.shape.every((d, i) => i === axis || d === first.shape[i]);
    const misfit = inputs.find((t) => !fits(t));
    if (misfit !== undefined) {
      throw shapeError("concat", `${formatShape(first.shape)} but for axis ${axis}`, formatShape(misfit.shape));
    }
    const lengths = inputs.map((t) => at(t.shape, axis));
    const total: Dimension = lengths.every((d) => typeof d === "number")
      ? lengths.reduce((a, b) => a + b, 0)
      : lengths.join("+");
    return { shape: first.shape.map((d, i) => (i === axis ? total : d)), dtype: first.dtype };
  },
  gradient: ({ inputs, dy, attributes: { axis }, wants }) => {
    let start = 0;
    return inputs.map((x, i) => {
      const length = at(x.shape, axis) as number;
      start += length;
      return wants(i) ? slice(dy, axis, start - length, start) : undefined;
    });
  },
  evaluate: (arrays, { axis }, shape) => {
    const result = ndarray(shape);
    const row = elements(shape.slice(axis));
    let column = 0;
    for (const array of arrays) {
      const width = elements(array.shape.slice(axis));
      for (let i = 0; i * width < array.data.length; i++) {
        result.data.set(array.data.subarray(i * width, (i + 1) * width), i * row + column);
      }
      column += width;
    }
    return result;
  },
  onnx: (emit, names, _tensor, { axis }) => emit.node("Concat", names, { attributes: { axis } }),
  samples: () => [
    { inputs: [counted([2, 3]), counted([1, 3])], attributes: { axis: 0 } },
    { inputs: [counted([2, 1]), counted([2, 2]), counted([2, 3])], attributes: { axis: 1 } },
    { inputs: Array.from({ length: 20 }, (_, i) => counted([1 + (i % 2)])), attributes: { axis: 0 } },
  ],
});
/** Tensors one after another along an axis. */
export const concat = (parts: readonly Tensor[], axis: number): Tensor =>
  parts.length === 1 ? (parts[0] as Tensor) : concatOp(parts, { axis: axisOf("concat", axis, parts[0] as Tensor) });

const expandOp = defineOp<{ readonly shape: Shape }>("expand", {
  shape: ([x], { shape }) => {
    const { shape: from, dtype } = x as Tensor;
    if (formatShape(broadcast("expand", from, shape)) !== formatShape(shape)) {
      throw shapeError("expand", `a shape to which ${formatShape(from)} stretches`, formatShape(shape));
    }
    return { shape, dtype };
  },
  gradient: ({ inputs: [x], dy }) => [sumTo(dy, (x as Tensor).shape)],
  evaluate: ([x], _attributes, shape) => {
    const array = x as NDArray;
    const result = ndarray(shape);
    walk(shape, [broadcastStrides(array.shape, shape)], (index, [offset]) => {
      result.data[index] = array.data[offset as number] as number;
    });
    return result;
  },
  onnx: (emit, [x], _tensor, { shape }) => {
    if (shape.some((d) => typeof d !== "number")) {
      throw new KvtError("shape", `expand: expected a shape known while building, got ${formatShape(shape)}`);
    }
    return emit.node("Expand", [x as string, emit.int64s(shape as number[])]);
  },
  samples: () => [
    { inputs: [counted([3, 1])], attributes: { shape: [2, 3, 4] } },
    { inputs: [counted([])], attributes: { shape: [2, 2] } },
  ],
});
/** x stretched to a shape. */
export const expand = (x: Tensor, shape: Shape): Tensor =>
  formatShape(x.shape) === formatShape(shape) ? x : expandOp([x], { shape });

const headOfOp = defineOp<{ readonly axis: number; readonly referenceAxis: number }>("headOf", {
  shape: ([table, reference], { axis, referenceAxis }) => {
    const { shape, dtype } = table as Tensor;
    const length = at((reference as Tensor).shape, referenceAxis);
    const room = at(shape, axis);
    if (typeof length === "number" && typeof room === "number" && length > room) {
      throw shapeError(
        "headOf",
        `at most ${room} positions`,
        String(length),
        "Give the model a longer position table.",
      );
    }
    return { shape: shape.map((d, i) => (i === axis ? length : d)), dtype };
  },
  gradient: ({ inputs: [table], dy, attributes: { axis } }) => {
    const length = at(dy.shape, axis) as number;
    const room = at((table as Tensor).shape, axis) as number;
    if (length === room) return [dy, undefined];
    const gap = dy.shape.map((d, i) => (i === axis ? room - length : d)) as number[];
    return [concat([dy, constant(new Float64Array(elements(gap)), gap)], axis), undefined];
  },
  evaluate: ([table], { axis }, shape) => {
    const array = table as NDArray;
    if ((shape[axis] as number) > (array.shape[axis] as number)) {
      throw new KvtError("shape", `headOf: expected at most ${array.shape[axis]} positions, got ${shape[axis]}`);
    }
    const result = ndarray(shape);
    walk(shape, [strides(array.shape)], (index, [offset]) => {
      result.data[index] = array.data[offset as number] as number;
    });
    return result;
  },
  onnx: (emit, [table, reference], tensor, { axis, referenceAxis }) => {
    const length = at(tensor.shape, axis);
    const end =
      typeof length === "number"
        ? emit.int64s([length])
        : emit.node("Shape", [reference as string], { attributes: { start: referenceAxis, end: referenceAxis + 1 } });
    return emit.node("Slice", [table as string, emit.int64s([0]), end, emit.int64s([axis])]);
  },
  samples: () => [{ inputs: [counted([5, 3]), counted([2, 4])], attributes: { axis: 0, referenceAxis: 1 } }],
});
/** The first rows of a table: as many along `axis` as `reference` has along `referenceAxis`, which may be symbolic. */
export const headOf = (table: Tensor, axis: number, reference: Tensor, referenceAxis: number): Tensor =>
  at(table.shape, axis) === at(reference.shape, referenceAxis)
    ? table
    : headOfOp([table, reference], {
        axis: axisOf("headOf", axis, table),
        referenceAxis: axisOf("headOf", referenceAxis, reference),
      });
