import { elements } from "../graph/shape.ts";
import type { Random } from "../random.ts";

/** Fills a parameter of the given shape from its own random stream. */
export type Initialiser = (random: Random, shape: readonly number[]) => Float32Array;

const fill =
  (value: number): Initialiser =>
  (_random, shape) =>
    new Float32Array(elements(shape)).fill(value);

export const zeros: Initialiser = fill(0);
export const ones: Initialiser = fill(1);

/** N(0, deviation²) */
export const normal =
  (deviation: number): Initialiser =>
  (random, shape) =>
    Float32Array.from({ length: elements(shape) }, () => deviation * random.normal());

/** N(0, deviation²) without what lies more than two deviations from 0: such numbers are drawn again */
export const truncatedNormal =
  (deviation: number): Initialiser =>
  (random, shape) =>
    Float32Array.from({ length: elements(shape) }, () => {
      let drawn = random.normal();
      while (Math.abs(drawn) > 2) drawn = random.normal();
      return deviation * drawn;
    });

/** U(−bound, bound) */
export const uniform =
  (bound: number): Initialiser =>
  (random, shape) =>
    Float32Array.from({ length: elements(shape) }, () => bound * (2 * random.uniform() - 1));

/** U(±√(6/(fanIn + fanOut))): Glorot and Bengio 2010 */
export const xavierUniform = (fanIn: number, fanOut: number): Initialiser => uniform(Math.sqrt(6 / (fanIn + fanOut)));

/** U(±1/√fanIn): what PyTorch gives weight and bias of a Linear layer */
export const fanInUniform = (fanIn: number): Initialiser => uniform(1 / Math.sqrt(fanIn));

/** The Xavier-uniform of a matrix (in, out) by itself, as opposed to one that is a part of a packed one. */
export const xavierMatrix: Initialiser = (random, shape) =>
  xavierUniform(shape[0] as number, shape[1] as number)(random, shape);
