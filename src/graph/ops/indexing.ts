import { KvtError } from "../../errors.ts";
import { ndarray, type NDArray } from "../ndarray.ts";
import { defineOp } from "../op.ts";
import { at, elements, formatShape, shapeError } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Random } from "../../random.ts";
import { flatten, matmul } from "./matmul.ts";
import { reshape } from "./layout.ts";

const ids = (shape: readonly number[], values: readonly number[]) => ({
  shape,
  data: Float64Array.from(values),
  dtype: "int32" as const,
});
const normal = (random: Random, shape: readonly number[]) => ({
  shape,
  data: Float64Array.from({ length: elements(shape) }, () => random.normal()),
});

function checkIds(op: string, tensor: Tensor): void {
  if (tensor.dtype !== "int32") throw shapeError(op, "indices of type int32", tensor.dtype);
}

/** Rows of a table from which adding gradients one by one takes less time than a product with one-hot rows. */
const SCATTERED = 512;

const gatherOp = defineOp<Readonly<Record<string, never>>>("gather", {
  shape: (inputs) => {
    const [table, index] = inputs as [Tensor, Tensor];
    checkIds("gather", index);
    if (table.shape.length !== 2) throw shapeError("gather", "a table (V,C)", formatShape(table.shape));
    return { shape: [...index.shape, at(table.shape, 1)], dtype: table.dtype };
  },
  // Each row of the table gathers the gradients of the places that read it: one-hotᵀ · dy, or these added one by one.
  gradient: ({ inputs, dy }) => {
    const [table, index] = inputs as [Tensor, Tensor];
    const rows = at(table.shape, 0) as number;
    const flat = reshape(index, [elements(index.shape as number[])]);
    if (rows >= SCATTERED) return [scatterAdd(flatten(dy), flat, rows), undefined];
    const hot = oneHot(flat, rows);
    return [matmul(hot, flatten(dy), { transposeA: true }), undefined];
  },
  evaluate: ([table, index], _attributes, shape) => {
    const [rows = 0, width = 0] = (table as NDArray).shape;
    const result = ndarray(shape);
    (index as NDArray).data.forEach((row, i) => {
      if (row < 0 || row >= rows) throw new KvtError("shape", `gather: expected an index below ${rows}, got ${row}`);
      result.data.set((table as NDArray).data.subarray(row * width, (row + 1) * width), i * width);
    });
    return result;
  },
  onnx: (emit, names) => emit.node("Gather", names, { attributes: { axis: 0 } }),
  samples: (random) => [
    { inputs: [normal(random, [5, 3]), ids([2, 2], [4, 0, 4, 1])], attributes: {} },
    { inputs: [normal(random, [SCATTERED, 2]), ids([2, 2], [400, 0, 400, 1])], attributes: {} },
  ],
});
/** Rows of a table (V,C) at ids (…): the embedding of each id. Its gradient adds up where an id recurs. */
export const gather = (table: Tensor, index: Tensor): Tensor => gatherOp([table, index], {});

const gatherElementsOp = defineOp<Readonly<Record<string, never>>>("gatherElements", {
  shape: (inputs) => {
    const [x, index] = inputs as [Tensor, Tensor];
    checkIds("gatherElements", index);
    const rows = x.shape.slice(0, -1);
    if (formatShape(index.shape) !== formatShape(rows)) {
      throw shapeError("gatherElements", `an index of shape ${formatShape(rows)}`, formatShape(index.shape));
    }
    return { shape: index.shape, dtype: x.dtype };
  },
  evaluate: ([x, index], _attributes, shape) => {
    const width = (x as NDArray).shape.at(-1) ?? 0;
    const result = ndarray(shape);
    (index as NDArray).data.forEach((k, i) => {
      if (k < 0 || k >= width) {
        throw new KvtError("shape", `gatherElements: expected an index below ${width}, got ${k}`);
      }
      result.data[i] = (x as NDArray).data[i * width + k] as number;
    });
    return result;
  },
  onnx: (emit, [x, index], tensor) => {
    const last = emit.int64s([tensor.shape.length]);
    const column = emit.node("Unsqueeze", [index as string, last]);
    return emit.node("Squeeze", [
      emit.node("GatherElements", [x as string, column], { attributes: { axis: -1 } }),
      last,
    ]);
  },
  samples: (random) => [{ inputs: [normal(random, [2, 3, 4]), ids([2, 3], [0, 3, 1, 2, 3, 0])], attributes: {} }],
});
/** x (…,V) at an index of each row (…): (…). Not differentiable. */
export const gatherElements = (x: Tensor, index: Tensor): Tensor => gatherElementsOp([x, index], {});

const oneHotOp = defineOp<{ readonly depth: number }>("oneHot", {
  shape: ([index], { depth }) => {
    checkIds("oneHot", index as Tensor);
    return { shape: [...(index as Tensor).shape, depth], dtype: "float32" };
  },
  evaluate: ([index], { depth }, shape) => {
    const result = ndarray(shape);
    (index as NDArray).data.forEach((k, i) => {
      if (k >= 0 && k < depth) result.data[i * depth + k] = 1;
    });
    return result;
  },
  onnx: (emit, [index], tensor, { depth }) => {
    const classes = emit.constant(
      "int32",
      [depth],
      Int32Array.from({ length: depth }, (_, i) => i),
    );
    const column = emit.node("Unsqueeze", [index as string, emit.int64s([tensor.shape.length - 1])]);
    return emit.node("Cast", [emit.node("Equal", [column, classes])], { attributes: { to: 1 } });
  },
  samples: () => [{ inputs: [ids([2, 3], [0, 2, 1, 3, 0, 2])], attributes: { depth: 4 } }],
});
/** (…) → (…, depth): 1 at the index, 0 elsewhere; a row of zeros for an index outside. */
export const oneHot = (index: Tensor, depth: number): Tensor => oneHotOp([index], { depth });

const scatterAddOp = defineOp<{ readonly rows: number }>("scatterAdd", {
  shape: (inputs, { rows }) => {
    const [updates, index] = inputs as [Tensor, Tensor];
    checkIds("scatterAdd", index);
    const { shape } = updates;
    if (shape.length !== 2 || formatShape(index.shape) !== formatShape(shape.slice(0, 1))) {
      const got = `${formatShape(shape)} and ${formatShape(index.shape)}`;
      throw shapeError("scatterAdd", "updates (N,C) and indices (N)", got);
    }
    return { shape: [rows, at(shape, 1)], dtype: "float32" };
  },
  gradient: ({ inputs, dy }) => [gather(dy, inputs[1] as Tensor), undefined],
  evaluate: ([updates, index], { rows }, shape) => {
    const { data, shape: given } = updates as NDArray;
    const width = given[1] ?? 0;
    const result = ndarray(shape);
    (index as NDArray).data.forEach((row, i) => {
      if (row < 0 || row >= rows)
        throw new KvtError("shape", `scatterAdd: expected an index below ${rows}, got ${row}`);
      for (let c = 0; c < width; c++) {
        result.data[row * width + c] = (result.data[row * width + c] as number) + (data[i * width + c] as number);
      }
    });
    return result;
  },
  // Scattered element by element: ONNX Runtime does that on one thread, in order, so that the sums are the same each time.
  onnx: (emit, [updates, index], tensor, { rows }) => {
    const [count, width] = (tensor.inputs[0] as Tensor).shape as [number, number];
    const zeros = emit.node("Expand", [emit.scalar(0), emit.int64s([rows, width])]);
    const column = emit.node("Reshape", [index as string, emit.int64s([count, 1])]);
    const everywhere = emit.node("Expand", [column, emit.int64s([count, width])]);
    const attributes = { axis: 0, reduction: "add" };
    return emit.node("ScatterElements", [zeros, everywhere, updates as string], { attributes });
  },
  samples: (random) => [{ inputs: [normal(random, [5, 3]), ids([5], [3, 0, 3, 1, 3])], attributes: { rows: 4 } }],
});
/** Rows of zeros (rows,C) to which each update (N,C) is added at its index (N): the gradient of `gather`. */
export const scatterAdd = (updates: Tensor, index: Tensor, rows: number): Tensor =>
  scatterAddOp([updates, index], { rows });
