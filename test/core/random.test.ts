import { expect, it } from "vitest";
import { random } from "../../src/random.ts";

it("is a function of seed, stream and index", () => {
  const draw = (seed: number, stream: string, index: number) =>
    Array.from({ length: 5 }, random(seed, stream, index).uniform);
  expect(draw(1, "a", 0)).toEqual(draw(1, "a", 0));
  const others = [draw(2, "a", 0), draw(1, "b", 0), draw(1, "a", 1)];
  for (const other of others) expect(other).not.toEqual(draw(1, "a", 0));
});

it("stays the same from version to version, so that old seeds keep their meaning", () => {
  const stream = random(7, "reverse/train", 3);
  expect([stream.uint32(), stream.integer(10), stream.uniform()]).toMatchInlineSnapshot(`
    [
      338355337,
      3,
      0.7583591265379118,
    ]
  `);
});

it("draws numbers with the moments of their distributions", () => {
  const stream = random(3, "moments");
  const count = 100_000;
  const normals = Array.from({ length: count }, () => stream.normal());
  const mean = normals.reduce((a, b) => a + b, 0) / count;
  const variance = normals.reduce((a, b) => a + (b - mean) ** 2, 0) / count;
  // Four standard errors: 4/√n for the mean, 4√2/√n for the variance.
  expect(Math.abs(mean)).toBeLessThan(0.013);
  expect(Math.abs(variance - 1)).toBeLessThan(0.018);
  const uniforms = Array.from({ length: count }, () => stream.uniform());
  expect(Math.abs(uniforms.reduce((a, b) => a + b, 0) / count - 0.5)).toBeLessThan(0.0037);
  const counts = new Array<number>(10).fill(0);
  for (const digit of stream.integers(count, 10)) counts[digit] = (counts[digit] ?? 0) + 1;
  for (const n of counts) expect(Math.abs(n - count / 10)).toBeLessThan(4 * Math.sqrt(count * 0.09));
});

it("permutes without loss", () => {
  const order = random(5, "order").permutation(100);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect([...order]).not.toEqual(Array.from({ length: 100 }, (_, i) => i));
});

it("gives streams with neighbouring names and indices that are not correlated", () => {
  const count = 4000;
  const columns = [0, 1, 2].map((index) =>
    Array.from({ length: count }, (_, i) => random(1, `s${i}`, index).uniform() - 0.5),
  );
  const [a, b] = columns as [number[], number[]];
  const correlation = a.reduce((sum, x, i) => sum + x * (b[i] as number), 0) / count / (1 / 12);
  expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(count));
});
