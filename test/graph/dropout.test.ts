import { describe, expect, it } from "vitest";
import { dropoutMask, evaluate, input, ndarray, type NDArray } from "../../src/graph/index.ts";
import { random } from "../../src/random.ts";
import { distance } from "../support/gradient-check.ts";
import { runOnCpu } from "../support/onnx.ts";

const N = 256;
const SEEDS = [1, 2, 3, 4];
const RATES = [0.1, 0.2, 0.5];

/** Odd random factors, as the host draws them for each step and site. */
function factors(seed: number, step: number): Record<string, NDArray> {
  const stream = random(seed, "dropout/site", step);
  const draw = () =>
    ndarray(
      [N],
      Array.from({ length: N }, () => (stream.uint32() | 1) >> 0),
    );
  return { rows: draw(), columns: draw() };
}

const graph = (rate: number) => dropoutMask(input("rows", [N], "int32"), input("columns", [N], "int32"), rate);

/** 1 where an element is kept, else 0; (N,N) */
const kept = (rate: number, seed: number, step = 0): Float64Array =>
  (evaluate([graph(rate)], factors(seed, step))[0] as NDArray).data.map((v) => Number(v > 0));

/** Elements with mean 0 and variance 1, if each is kept with probability 1 − rate. */
const standardised = (mask: Float64Array, rate: number) =>
  mask.map((v) => (v - (1 - rate)) / Math.sqrt(rate * (1 - rate)));

/** Mean of the product of the mask with itself moved by (rows, columns), around the edges. */
function correlation(mask: Float64Array, other: Float64Array, rows: number, columns: number): number {
  let sum = 0;
  for (let i = 0; i < N; i++)
    for (let j = 0; j < N; j++) {
      const moved = other[((i + rows) % N) * N + ((j + columns) % N)] as number;
      sum += (mask[i * N + j] as number) * moved;
    }
  return sum / (N * N);
}

/** Standard deviation of a mean over all elements of independent ones. */
const SIGMA = 1 / N;

describe.each(RATES)("a mask of rate %d", (rate) => {
  it.each(SEEDS)("keeps a share 1 − rate, scaled so that the mean stays 1 (seed %d)", (seed) => {
    const [mask] = evaluate([graph(rate)], factors(seed, 0)) as [NDArray];
    expect([...new Set(mask.data)].sort()).toEqual([0, 1 / (1 - rate)]);
    const share = mask.data.reduce((sum, v) => sum + Number(v > 0), 0) / (N * N);
    expect(Math.abs(share - (1 - rate))).toBeLessThan(5 * Math.sqrt(rate * (1 - rate)) * SIGMA);
  });

  it.each(SEEDS)("does not repeat along rows, along columns or askew (seed %d)", (seed) => {
    const mask = standardised(kept(rate, seed), rate);
    for (const [rows, columns] of [
      [0, 1],
      [1, 0],
      [1, 1],
      [0, 2],
      [2, 0],
      [0, 7],
      [7, 0],
      [N / 2, N / 2],
    ] as const) {
      expect(Math.abs(correlation(mask, mask, rows, columns))).toBeLessThan(5 * SIGMA);
    }
  });

  it.each(SEEDS)("has rows, and columns, that are no more alike than chance makes them (seed %d)", (seed) => {
    const mask = standardised(kept(rate, seed), rate);
    const transposed = mask.map((_, i) => mask[(i % N) * N + Math.floor(i / N)] as number);
    for (const lines of [mask, transposed]) expect(Math.abs(likeness(lines) - 1)).toBeLessThan(0.1);
  });

  it.each(SEEDS)("is another one in another step (seed %d)", (seed) => {
    const first = standardised(kept(rate, seed, 0), rate);
    for (const step of [1, 2, 1000]) {
      const other = standardised(kept(rate, seed, step), rate);
      for (const [rows, columns] of [
        [0, 0],
        [0, 1],
        [1, 0],
      ] as const) {
        expect(Math.abs(correlation(first, other, rows, columns))).toBeLessThan(5 * SIGMA);
      }
    }
  });

  it("is the same on the device", async () => {
    const values = factors(5, 3);
    const [device] = await runOnCpu([graph(rate)], values);
    expect(distance(device, evaluate([graph(rate)], values)[0])).toBeLessThan(1e-6);
  });
});

/** Mean over pairs of lines of N times their squared correlation: 1 for independent lines, N for equal ones. */
function likeness(lines: Float64Array): number {
  let sum = 0;
  for (let a = 0; a < N; a++)
    for (let b = a + 1; b < N; b++) {
      let product = 0;
      for (let j = 0; j < N; j++) product += (lines[a * N + j] as number) * (lines[b * N + j] as number);
      sum += product ** 2 / N;
    }
  return sum / ((N * (N - 1)) / 2);
}
