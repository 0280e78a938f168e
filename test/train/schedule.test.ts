import { describe, expect, it } from "vitest";
import { learningRate, momentum } from "../../src/train/schedule.ts";

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

  it("of the transformer rises to its highest at the end of warm-up and falls as 1/√t", () => {
    const train = { rate: 0.1, warmup: 4, schedule: "transformer" } as const;
    expect([0, 1, 3, 15].map((step) => learningRate(train, step, 20))).toEqual([0.025, 0.05, 0.1, 0.05]);
  });

  it("of the transformer without warm-up falls from the first update", () => {
    const train = { rate: 0.1, warmup: 0, schedule: "transformer" } as const;
    expect([0, 3].map((step) => learningRate(train, step, 20))).toEqual([0.1, 0.05]);
  });

  it("of one cycle rises from a 25th over a quarter of the updates", () => {
    const train = { rate: 0.1, warmup: 5, schedule: "one-cycle" } as const;
    const rates = Array.from({ length: 40 }, (_, step) => learningRate(train, step, 40));
    expect(rates[0]).toBeCloseTo(0.004, 12);
    expect(rates[5]).toBeCloseTo(0.052, 12);
    expect(rates.indexOf(Math.max(...rates))).toBe(10);
    expect(rates[25]).toBeCloseTo(0.0500005, 12);
    expect(learningRate(train, 40, 40)).toBeCloseTo(1e-6, 12);
  });
});

describe("momentum", () => {
  it("of one cycle falls while the rate rises, and knows the one before", () => {
    const train = { beta1: 0.5, schedule: "one-cycle" } as const;
    expect(momentum(train, 0, 40)).toEqual({ beta1: 0.95, previous: 0.95 });
    expect(momentum(train, 10, 40).beta1).toBeCloseTo(0.85, 12);
    expect(momentum(train, 25, 40).beta1).toBeCloseTo(0.9, 12);
    expect(momentum(train, 6, 40).previous).toBe(momentum(train, 5, 40).beta1);
  });

  it("is the option elsewhere", () => {
    expect(momentum({ beta1: 0.7, schedule: "constant" }, 9, 40)).toEqual({ beta1: 0.7, previous: 0.7 });
  });
});
