import type { Random } from "../random.ts";
import type { NDArray } from "./ndarray.ts";
import type { Emitter } from "./onnx/emitter.ts";
import { makeTensor, type Attributes, type DType, type Shape, type Tensor } from "./tensor.ts";

export interface GradientContext<A> {
  readonly inputs: readonly Tensor[];
  readonly attributes: A;
  /** the op's result; gradients are written with it where that saves work */
  readonly y: Tensor;
  /** gradient of the scalar with respect to `y`, of the same shape */
  readonly dy: Tensor;
  /** whether a gradient for input i is wanted */
  readonly wants: (i: number) => boolean;
}

/** Inputs and attributes on which the conformance tests try an op. */
export interface Sample<A> {
  readonly inputs: readonly (NDArray & { readonly dtype?: DType })[];
  readonly attributes: A;
}

/** One kind of node: its shape rule, gradient, float64 meaning, ONNX form and samples stand together. */
export interface Op<A = Attributes> {
  readonly name: string;
  /** Shape and dtype of the result; throws a shape error. */
  shape(inputs: readonly Tensor[], attributes: A): { readonly shape: Shape; readonly dtype: DType };
  /** Gradients with respect to the inputs; undefined for an input that has none. Absent: not differentiable. */
  gradient?(context: GradientContext<A>): readonly (Tensor | undefined)[];
  /** The result in float64. */
  evaluate(inputs: readonly NDArray[], attributes: A, shape: readonly number[]): NDArray;
  /** Emits ONNX nodes and returns the name of the result. */
  onnx(emit: Emitter, inputs: readonly string[], tensor: Tensor, attributes: A): string;
  samples(random: Random): readonly Sample<A>[];
}

const table = new Map<string, Op>();

/** Every op, for the conformance tests and the printer. */
export const allOps = (): readonly Op[] => [...table.values()];

/** Registers an op and returns the function that applies it. */
export function defineOp<A>(
  name: string,
  definition: Omit<Op<A>, "name">,
): (inputs: readonly Tensor[], attributes: A) => Tensor {
  const op: Op<A> = { ...definition, name };
  table.set(name, op as Op);
  return (inputs, attributes) => {
    const { shape, dtype } = op.shape(inputs, attributes);
    return makeTensor(op as Op, inputs, attributes as Attributes, shape, dtype);
  };
}
