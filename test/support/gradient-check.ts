import { evaluate, gradient, ndarray, type NDArray, type Tensor } from "../../src/graph/index.ts";
import { leafName } from "../../src/graph/ops/leaves.ts";
import { random, type Random } from "../../src/random.ts";

const STEP = 1e-5;

/** `count` numbers from N(0, 1) in a shape. */
export function normals(stream: Random, shape: readonly number[]): NDArray {
  const result = ndarray(shape);
  result.data.forEach((_, i) => (result.data[i] = stream.normal()));
  return result;
}

/**
 * Largest |exact − numeric| ÷ (1 + |numeric|) over the wanted inputs or parameters, in float64: for each the slope of
 * the scalar along a random direction, from its gradient and from a central difference.
 */
export function gradientError(
  loss: Tensor,
  wanted: readonly Tensor[],
  values: Readonly<Record<string, NDArray>>,
  seed = 0,
): number {
  const gradients = evaluate(gradient(loss, wanted), values);
  const errors = wanted.map((tensor, i) => {
    const name = leafName(tensor) as string;
    const value = values[name] as NDArray;
    const direction = normals(random(seed, `direction/${name}`), value.shape);
    const lossAt = (step: number) => {
      const moved = value.data.map((x, k) => x + step * (direction.data[k] as number));
      return (evaluate([loss], { ...values, [name]: ndarray(value.shape, moved) })[0] as NDArray).data[0] as number;
    };
    const numeric = (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP);
    const exact = (gradients[i] as NDArray).data.reduce((sum, g, k) => sum + g * (direction.data[k] as number), 0);
    return Math.abs(exact - numeric) / (1 + Math.abs(numeric));
  });
  return Math.max(0, ...errors);
}

/** Largest |a − b| of two arrays of one shape; infinite where the shapes differ or a number is missing. */
export function distance(a: NDArray | undefined, b: NDArray | undefined): number {
  if (a === undefined || b === undefined || a.shape.join() !== b.shape.join()) return Infinity;
  return a.data.reduce((worst, x, i) => {
    const difference = Math.abs(x - (b.data[i] as number));
    return Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
  }, 0);
}
