import { ndarray, type NDArray } from "../ndarray.ts";
import type { Emitter } from "../onnx/emitter.ts";
import { defineOp } from "../op.ts";
import { at, formatShape, shapeError } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

interface Part {
  /** lengths of all parts, in order */
  readonly sizes: readonly number[];
  readonly index: number;
}

const startOf = ({ sizes, index }: Part): number => sizes.slice(0, index).reduce((a, b) => a + b, 0);

/** A WebGPU shader may bind eight buffers on every device: one vector and seven parts. */
const WEBGPU_PARTS = 7;

/** Names of the parts of x. On WebGPU a vector of many parts is cut into a few longer ones, and these again. */
function emitSplit(emit: Emitter, x: string, sizes: readonly number[]): readonly string[] {
  if (emit.target !== "webgpu" || sizes.length <= WEBGPU_PARTS) {
    return sizes.length === 1
      ? [x]
      : emit.nodesOf("Split", [x, emit.int64s(sizes)], { attributes: { axis: 0 }, outputs: sizes.length });
  }
  let perGroup = 1;
  while (perGroup * WEBGPU_PARTS < sizes.length) perGroup *= WEBGPU_PARTS;
  const groups: number[][] = [];
  for (let start = 0; start < sizes.length; start += perGroup) groups.push(sizes.slice(start, start + perGroup));
  const lengths = groups.map((group) => group.reduce((a, b) => a + b, 0));
  return emitSplit(emit, x, lengths).flatMap((name, i) => emitSplit(emit, name, groups[i] as number[]));
}

const sample = (sizes: readonly number[], index: number) => ({
  inputs: [counted(sizes.reduce((a, b) => a + b, 0))],
  attributes: { sizes, index },
});
const counted = (length: number) => ({ shape: [length], data: Float64Array.from({ length }, (_, i) => i + 1) });

const partOp = defineOp<Part>("part", {
  shape: ([x], { sizes, index }) => {
    const { shape, dtype } = x as Tensor;
    const total = sizes.reduce((a, b) => a + b, 0);
    if (shape.length !== 1 || shape[0] !== total) throw shapeError("part", `a vector of ${total}`, formatShape(shape));
    return { shape: [at(sizes, index)], dtype };
  },
  evaluate: ([x], part, shape) =>
    ndarray(shape, (x as NDArray).data.subarray(startOf(part), startOf(part) + at(part.sizes, part.index))),
  // All parts of one vector are the results of one Split, or of few, which are emitted once.
  onnx: (emit, [x], _tensor, { sizes, index }) => at(emitSplit(emit, x as string, sizes), index),
  samples: () => [
    ...[0, 1, 2].map((index) => sample([1, 3, 2], index)),
    // As many parts as WebGPU cuts in two and in three turns.
    ...[0, 48, 49, 50].map((index) =>
      sample(
        Array.from({ length: 51 }, (_, i) => 1 + (i % 3)),
        index,
      ),
    ),
  ],
});

/** Vectors of the given lengths that lie one after another in a vector. */
export const split = (x: Tensor, sizes: readonly number[]): Tensor[] =>
  sizes.map((_, index) => partOp([x], { sizes, index }));
