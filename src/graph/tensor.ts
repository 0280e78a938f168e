import { KvtError } from "../errors.ts";
import type { Op } from "./op.ts";
import { currentPath } from "./path.ts";

export type DType = "float32" | "int32" | "bool";
/** A number, or the name of a dimension that is known only when the graph runs, such as "B". */
export type Dimension = number | string;
export type Shape = readonly Dimension[];
export type Attributes = Readonly<Record<string, unknown>>;

/** One value of a tensor program: the result of an op, an input, a parameter or a constant. */
export interface Tensor {
  /** increases in the order of building, so that sorting by it sorts inputs before their users */
  readonly id: number;
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly shape: Shape;
  readonly dtype: DType;
  /** path of the module that made it, such as `block.0.attention` */
  readonly path: string;
}

let count = 0;

export function makeTensor(
  op: Op,
  inputs: readonly Tensor[],
  attributes: Attributes,
  shape: Shape,
  dtype: DType,
): Tensor {
  return { id: count++, op, inputs, attributes, shape, dtype, path: currentPath() };
}

/** The tensors that `outputs` need, themselves included, inputs before users. */
export function reachable(outputs: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  const waiting = [...outputs];
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    waiting.push(...tensor.inputs);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** The dimensions as numbers; `what` names the tensor in the error when one is symbolic. */
export function staticShape(tensor: Tensor, what = tensor.op.name): readonly number[] {
  return tensor.shape.map((dimension) => {
    if (typeof dimension === "number") return dimension;
    throw new KvtError("shape", `${what}: expected a shape known while building, got (${tensor.shape.join(",")})`, {
      hint: `Give the dimension "${dimension}" a number in this graph.`,
    });
  });
}
