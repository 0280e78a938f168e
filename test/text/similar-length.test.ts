import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { paddedLengths, shapeOf, similarLengthOrder, type PairLength } from "../../src/text/similar-length.ts";

const length = fc.integer({ min: 1, max: 60 });
const pairs = fc.array(fc.record({ source: length, target: length }), { minLength: 1, maxLength: 80 });
const count = fc.integer({ min: 1, max: 8 });

describe("padded lengths", () => {
  it("are few, ascend, and the last holds every pair tightly", () => {
    fc.assert(
      fc.property(pairs, count, (all, most) => {
        const shapes = paddedLengths(all, most);
        expect(shapes.length).toBeLessThanOrEqual(most);
        shapes.slice(1).forEach((shape, i) => {
          expect(shape.source).toBeGreaterThanOrEqual((shapes[i] as PairLength).source);
          expect(shape.target).toBeGreaterThanOrEqual((shapes[i] as PairLength).target);
        });
        expect(shapes.at(-1)).toEqual({
          source: Math.max(...all.map(({ source }) => source)),
          target: Math.max(...all.map(({ target }) => target)),
        });
        for (const pair of all) expect(shapeOf(shapes, pair)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("are the lengths themselves where these are few", () => {
    const all = [3, 9, 9, 20].map((n) => ({ source: n, target: n }));
    expect(paddedLengths(all, 8).map(({ source }) => source)).toEqual([3, 9, 20]);
  });

  it("are where most pairs are: two for many short and one long", () => {
    const all = [...Array.from({ length: 50 }, () => 10), 11, 90].map((n) => ({ source: n, target: n }));
    expect(paddedLengths(all, 2).map(({ source }) => source)).toEqual([11, 90]);
  });

  it("hold no pair that is longer than all of them", () => {
    expect(shapeOf([{ source: 3, target: 3 }], { source: 3, target: 4 })).toBe(-1);
  });
});

describe("the order of an epoch", () => {
  const settings = fc.record({ seed: fc.integer(), epoch: fc.nat(20), batch: fc.integer({ min: 1, max: 20 }) });

  it("has every pair once, and mixes two padded lengths in no more batches than they have borders", () => {
    fc.assert(
      fc.property(pairs, count, settings, (all, most, setting) => {
        const shapes = paddedLengths(all, most);
        const indices = all.map((pair) => shapeOf(shapes, pair));
        const order = similarLengthOrder(indices, setting);
        expect(Array.from(order).sort((a, b) => a - b)).toEqual(all.map((_, i) => i));
        expect(similarLengthOrder(indices, setting)).toEqual(order);
        let mixed = 0;
        for (let at = 0; at + setting.batch <= order.length; at += setting.batch) {
          const inBatch = new Set(Array.from(order.subarray(at, at + setting.batch), (i) => indices[i]));
          mixed += inBatch.size - 1;
        }
        expect(mixed).toBeLessThanOrEqual(shapes.length - 1);
      }),
    );
  });

  it("differs between epochs and seeds", () => {
    const shapes = Array.from({ length: 100 }, (_, i) => i % 3);
    const order = (seed: number, epoch: number) => similarLengthOrder(shapes, { seed, epoch, batch: 7 }).join();
    expect(new Set([order(0, 0), order(0, 1), order(1, 0)]).size).toBe(3);
  });
});
