import { describe, expect, it } from "vitest";
import { mean, pairedDifference, sampleDeviation } from "../../src/study/statistics.ts";
import { studentT } from "../../src/study/student-t.ts";

describe("studentT", () => {
  // Two-sided values of the printed tables, by degrees of freedom.
  it.each([
    [
      0.95,
      {
        1: 12.7062,
        2: 4.30265,
        3: 3.18245,
        4: 2.77645,
        5: 2.57058,
        9: 2.26216,
        10: 2.22814,
        29: 2.04523,
        30: 2.04227,
        120: 1.97993,
      },
    ],
    [0.99, { 1: 63.6567, 2: 9.92484, 3: 5.84091, 4: 4.60409, 10: 3.16927, 30: 2.75 }],
    [0.5, { 1: 1, 2: 0.8164966, 3: 0.7648923, 10: 0.6998121 }],
  ])("is the tables' at %f", (confidence, table) => {
    for (const [freedom, value] of Object.entries(table)) {
      expect(studentT(confidence, Number(freedom)) / value).toBeCloseTo(1, 5);
    }
  });

  it("comes near the normal distribution's", () => {
    expect(studentT(0.95, 100_001)).toBeCloseTo(1.95996, 4);
    expect(studentT(0.95, 100_000)).toBeCloseTo(1.95996, 4);
  });
});

describe("statistics", () => {
  it("have the mean and the sample's standard deviation", () => {
    expect(mean([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5);
    expect(sampleDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 14);
    expect(sampleDeviation([3])).toBeNull();
  });

  it("pair values with their baseline", () => {
    // Differences 1, 2, 3: mean 2, deviation 1, so 2 ± 4.30265 / √3.
    const { mean: middle, low, high } = pairedDifference([11, 22, 33], [10, 20, 30]);
    expect(middle).toBe(2);
    expect(low).toBeCloseTo(2 - 4.30265273 / Math.sqrt(3), 7);
    expect(high).toBeCloseTo(2 + 4.30265273 / Math.sqrt(3), 7);
  });

  it("find a small difference between seeds that vary much more", () => {
    const { low } = pairedDifference([0.51, 0.71, 0.911], [0.5, 0.7, 0.9]);
    expect(low).toBeGreaterThan(0);
  });

  it("give two pairs a wide interval and one pair none", () => {
    const two = pairedDifference([3, 5], [2, 2]);
    expect(two.mean).toBe(2);
    expect(two.high).toBeCloseTo(2 + 12.7062047, 6);
    expect(pairedDifference([3], [1])).toEqual({ mean: 2, low: null, high: null });
  });

  it("refuse pairs that are none", () => {
    expect(() => pairedDifference([1, 2], [1])).toThrow("expected as many values as in the baseline, got 2 and 1");
  });
});
