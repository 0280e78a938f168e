import { describe, expect, it } from "vitest";
import { learningRate } from "../../src/train/schedule.ts";

// Made with PyTorch: rate, warm-up and length of a schedule, then pairs of step and learning rate.
const cosine: readonly (readonly [number, number, number, Readonly<Record<number, number>>])[] = [
  [
    0.001,
    5,
    780,
    {
      0: 0,
      1: 0.000199999189,
      2: 0.000399993511,
      4: 0.00079994809,
      5: 0.000999898614,
      6: 0.000999854007,
      100: 0.000959989722,
      389: 0.000502013836,
      390: 0.0005,
      779: 4.05555188e-9,
      780: 0,
    },
  ],
  [
    0.0005,
    100,
    70300,
    {
      0: 0,
      1: 5e-6,
      50: 0.000249999688,
      100: 0.000499997504,
      101: 0.000499997454,
      35150: 0.00025,
      70299: 2.49631343e-13,
    },
  ],
];

describe("learningRate", () => {
  it.each(cosine)("of the cosine with warm-up is PyTorch's: rate %f, warm-up %i", (rate, warmup, total, expected) => {
    for (const [step, value] of Object.entries(expected)) {
      const found = learningRate({ rate, warmup, schedule: "cosine-warm-up" }, Number(step), total);
      expect(Math.abs(found - value)).toBeLessThanOrEqual(2e-9 * value + 1e-20);
    }
  });

  it("of the cosine without warm-up begins at its highest", () => {
    expect(learningRate({ rate: 0.1, warmup: 0, schedule: "cosine-warm-up" }, 0, 10)).toBe(0.1);
  });

  it("stays where it is when it is constant", () => {
    const train = { rate: 0.1, warmup: 5, schedule: "constant" } as const;
    expect([0, 3, 9].map((step) => learningRate(train, step, 10))).toEqual([0.1, 0.1, 0.1]);
  });
});
