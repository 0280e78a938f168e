import { describe, expect, it } from "vitest";
import { evaluate, inModule, input, ndarray, type NDArray } from "../../src/graph/index.ts";
import { fanInUniform, normal, ones, uniform, xavierUniform, zeros } from "../../src/nn/initialise.ts";
import { sinusoids } from "../../src/nn/positions.ts";
import { Scope } from "../../src/nn/scope.ts";
import { random } from "../../src/random.ts";

describe("a scope", () => {
  it("collects parameters under their module's path, in order", () => {
    const scope = new Scope({ training: false });
    scope.parameter("class", [4], ones);
    inModule("block", () => inModule("0", () => scope.parameter("weight", [2, 3], zeros)));
    expect(scope.parameters.map(({ path, shape }) => [path, shape])).toEqual([
      ["class", [4]],
      ["block.0.weight", [2, 3]],
    ]);
    expect(scope.size).toBe(10);
  });

  it("refuses a second parameter of one path", () => {
    const scope = new Scope({ training: false });
    scope.parameter("weight", [1], ones);
    expect(() => scope.parameter("weight", [2], ones)).toThrow(
      'parameter "weight": expected a new path, got one that is taken',
    );
  });

  it("drops nothing outside training, and nothing at rate 0", () => {
    const x = input("x", [2, 3]);
    expect(new Scope({ training: false }).dropout(x, 0.5)).toBe(x);
    expect(new Scope({ training: true }).dropout(x, 0)).toBe(x);
  });

  it("multiplies by a mask of rows and columns in training, one for each place", () => {
    const scope = new Scope({ training: true });
    const x = input("x", [2, 3, 4]);
    const y = inModule("ffn", () => scope.dropout(scope.dropout(x, 0.5), 0.5));
    expect(scope.dropoutSites).toEqual([
      { path: "ffn.dropout0", rows: 6, columns: 4 },
      { path: "ffn.dropout1", rows: 6, columns: 4 },
    ]);
    const stream = random(1, "factors");
    const odd = (count: number) =>
      ndarray(
        [count],
        Array.from({ length: count }, () => stream.uint32() | 1),
      );
    const values = {
      x: ndarray([2, 3, 4], new Array<number>(24).fill(1)),
      ...Object.fromEntries(
        scope.dropoutSites.flatMap(({ path, rows, columns }) => [
          [`${path}.rows`, odd(rows)],
          [`${path}.columns`, odd(columns)],
        ]),
      ),
    };
    const [result] = evaluate([y], values) as [NDArray];
    expect(new Set(result.data)).toEqual(new Set([0, 4]));
  });
});

describe("initial values", () => {
  const shape = [200, 50];
  const stream = () => random(3, "parameter/weight");
  const largest = (values: Float32Array) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const deviation = (values: Float32Array) => Math.sqrt(values.reduce((a, b) => a + b * b, 0) / values.length);

  it.each([
    ["uniform", uniform(0.3), 0.3],
    ["fan-in uniform", fanInUniform(200), 1 / Math.sqrt(200)],
    ["Xavier uniform", xavierUniform(200, 50), Math.sqrt(6 / 250)],
  ])("%s fills its interval and no more", (_name, initialise, bound) => {
    const values = initialise(stream(), shape);
    expect(values).toHaveLength(10_000);
    expect(largest(values)).toBeLessThanOrEqual(bound);
    expect(largest(values)).toBeGreaterThan(0.99 * bound);
    expect(Math.abs(deviation(values) - bound / Math.sqrt(3))).toBeLessThan(0.02 * bound);
  });

  it("normal has its deviation, zeros and ones are what they are called", () => {
    expect(Math.abs(deviation(normal(0.5)(stream(), shape)) - 0.5)).toBeLessThan(0.02);
    expect(new Set(zeros(stream(), shape))).toEqual(new Set([0]));
    expect(new Set(ones(stream(), shape))).toEqual(new Set([1]));
  });

  it("are the same for the same stream and others for another", () => {
    expect(normal(1)(stream(), [8])).toEqual(normal(1)(stream(), [8]));
    expect(normal(1)(stream(), [8])).not.toEqual(normal(1)(random(3, "parameter/bias"), [8]));
  });
});

it("a sinusoid table starts with sin 0 = 0 and cos 0 = 1, and each position has the same length", () => {
  const [positions, width] = [30, 12];
  const table = sinusoids(positions, width);
  expect(Array.from(table.subarray(0, width))).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
  for (let p = 0; p < positions; p++) {
    const length = table.subarray(p * width, (p + 1) * width).reduce((a, b) => a + b * b, 0);
    expect(length).toBeCloseTo(width / 2, 12);
  }
});
