import { ndarray, type NDArray } from "../ndarray.ts";
import { defineOp } from "../op.ts";
import { at, formatShape, shapeError } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

interface Rate {
  /** probability of zero */
  readonly rate: number;
}

/** Products above this keep an element: a share 1 − rate of the signed 32-bit integers. */
const threshold = (rate: number): number => Math.min(2 ** 31 - 1, Math.round((rate - 0.5) * 2 ** 32));

const maskOp = defineOp<Rate>("dropoutMask", {
  shape: (inputs) => {
    const [rows, columns] = inputs as [Tensor, Tensor];
    if (rows.shape.length !== 1 || columns.shape.length !== 1 || rows.dtype !== "int32" || columns.dtype !== "int32") {
      throw shapeError(
        "dropoutMask",
        "int32 (rows) and (columns)",
        `${formatShape(rows.shape)} and ${formatShape(columns.shape)}`,
      );
    }
    return { shape: [at(rows.shape, 0), at(columns.shape, 0)], dtype: "float32" };
  },
  evaluate: ([rows, columns], { rate }, shape) => {
    const [a, b] = [(rows as NDArray).data, (columns as NDArray).data];
    const result = ndarray(shape);
    result.data.forEach((_, i) => {
      const hash = Math.imul(a[Math.floor(i / b.length)] as number, b[i % b.length] as number);
      result.data[i] = hash > threshold(rate) ? 1 / (1 - rate) : 0;
    });
    return result;
  },
  onnx: (emit, [rows, columns], _tensor, { rate }) => {
    const hash = emit.node("Mul", [emit.node("Unsqueeze", [rows as string, emit.int64s([1])]), columns as string]);
    const kept = emit.node("Greater", [hash, emit.scalar(threshold(rate), "int32")]);
    return emit.node("Where", [kept, emit.scalar(1 / (1 - rate)), emit.scalar(0)]);
  },
  samples: (random) =>
    [0.1, 0.5].map((rate) => ({
      inputs: [[6], [4]].map((shape) => ({
        shape,
        data: Float64Array.from({ length: shape[0] as number }, () => random.uint32() | 1),
        dtype: "int32" as const,
      })),
      attributes: { rate },
    })),
});

/**
 * An inverted-dropout mask (rows, columns) of 0 and 1/(1−rate): element (i, j) is kept where the low 32 bits of
 * rows[i]·columns[j], read as a signed integer, exceed a threshold. With odd random factors every product is uniform.
 */
export const dropoutMask = (rows: Tensor, columns: Tensor, rate: number): Tensor => maskOp([rows, columns], { rate });
