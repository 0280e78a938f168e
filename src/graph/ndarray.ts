import { elements } from "./shape.ts";

/** A float64 array with a shape, row-major; integers and booleans (0, 1) are stored as floats. */
export interface NDArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export const ndarray = (shape: readonly number[], data?: ArrayLike<number>): NDArray => ({
  shape,
  data: data === undefined ? new Float64Array(elements(shape)) : Float64Array.from(data),
});

/** Steps between neighbours along each axis, in elements. */
export function strides(shape: readonly number[]): number[] {
  const result = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    result[axis] = step;
    step *= shape[axis] as number;
  }
  return result;
}

/** Strides of `shape` when it is stretched to `target`: 0 along stretched axes. */
export function broadcastStrides(shape: readonly number[], target: readonly number[]): number[] {
  const own = strides(shape);
  const missing = target.length - shape.length;
  return target.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : (own[axis - missing] as number)));
}

/** Calls `visit` with the flat offset of every element of `shape` under each of the given strides, in order. */
export function walk(
  shape: readonly number[],
  steps: readonly (readonly number[])[],
  visit: (index: number, offsets: readonly number[]) => void,
): void {
  const total = elements(shape);
  const counter = new Array<number>(shape.length).fill(0);
  const offsets = new Array<number>(steps.length).fill(0);
  for (let index = 0; index < total; index++) {
    visit(index, offsets);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      counter[axis] = (counter[axis] as number) + 1;
      for (let k = 0; k < steps.length; k++)
        offsets[k] = (offsets[k] as number) + ((steps[k] as number[])[axis] as number);
      if ((counter[axis] as number) < (shape[axis] as number)) break;
      for (let k = 0; k < steps.length; k++) {
        offsets[k] = (offsets[k] as number) - ((steps[k] as number[])[axis] as number) * (shape[axis] as number);
      }
      counter[axis] = 0;
    }
  }
}

export function mapArrays(
  shape: readonly number[],
  arrays: readonly NDArray[],
  f: (...x: number[]) => number,
): NDArray {
  const result = ndarray(shape);
  walk(
    shape,
    arrays.map((array) => broadcastStrides(array.shape, shape)),
    (index, offsets) => {
      result.data[index] = f(...offsets.map((offset, k) => (arrays[k] as NDArray).data[offset] as number));
    },
  );
  return result;
}

/** The array as (outer, length, inner) around one axis. */
export function aroundAxis(shape: readonly number[], axis: number): { outer: number; length: number; inner: number } {
  return {
    outer: elements(shape.slice(0, axis)),
    length: shape[axis] as number,
    inner: elements(shape.slice(axis + 1)),
  };
}
