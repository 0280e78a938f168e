import { KvtError } from "../../errors.ts";
import { ndarray } from "../ndarray.ts";
import { defineOp } from "../op.ts";
import { elements } from "../shape.ts";
import type { DType, Shape, Tensor } from "../tensor.ts";

interface Named {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

const fromOutside = (kind: string) =>
  defineOp<Named>(kind, {
    shape: (_, { shape, dtype }) => ({ shape, dtype }),
    evaluate: (_, { name }) => {
      throw new KvtError("shape", `${kind} "${name}": expected a value, got none`, { hint: "Pass it to evaluate()." });
    },
    onnx: (_emit, _inputs, _tensor, { name }) => name,
    samples: () => [],
  });

const makeInput = fromOutside("input");
const makeParameter = fromOutside("parameter");

/** A value that is given at each run. */
export const input = (name: string, shape: Shape, dtype: DType = "float32"): Tensor =>
  makeInput([], { name, shape, dtype });

/** A value that training changes; `name` is its path. */
export const parameter = (name: string, shape: readonly number[]): Tensor =>
  makeParameter([], { name, shape, dtype: "float32" });

/** The name under which an input or parameter is fed; undefined for any other tensor. */
export const leafName = (tensor: Tensor): string | undefined =>
  tensor.op.name === "input" || tensor.op.name === "parameter" ? (tensor.attributes["name"] as string) : undefined;

interface Constant {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

const makeConstant = defineOp<Constant>("constant", {
  shape: (_, { shape, dtype }) => ({ shape, dtype }),
  evaluate: (_, { values, shape }) => ndarray(shape, values),
  onnx: (emit, _inputs, _tensor, { values, shape, dtype }) => emit.constant(dtype, shape, values),
  samples: () => [{ inputs: [], attributes: { values: [1, -2, 3, 0.5, 0, 7], shape: [2, 3], dtype: "float32" } }],
});

/** Numbers fixed while building, row-major. */
export function constant(values: ArrayLike<number>, shape: readonly number[], dtype: DType = "float32"): Tensor {
  if (values.length !== elements(shape)) {
    throw new KvtError(
      "shape",
      `constant: expected ${elements(shape)} values for (${shape.join()}), got ${values.length}`,
    );
  }
  return makeConstant([], { values, shape, dtype });
}

export const scalar = (value: number, dtype: DType = "float32"): Tensor => constant([value], [], dtype);
