import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { random } from "../../src/random.ts";
import { holm } from "../../src/study/holm.ts";
import { pairedTest } from "../../src/study/paired-test.ts";
import { meanInterval, pairedDifference } from "../../src/study/statistics.ts";
import { studentP } from "../../src/study/student-t.ts";

// Pairs whose p-values and intervals of Student's t were made by scipy 1.17.1: stats.ttest_rel and its
// confidence_interval(0.95).
const three = [
  [0.905, 0.918, 0.915],
  [0.9, 0.92, 0.91],
] as const;
const five = [
  [0.61, 0.58, 0.66, 0.63, 0.6],
  [0.64, 0.6, 0.65, 0.69, 0.66],
] as const;
const ten = [
  [1.83, 1.62, 1.9, 1.77, 1.59, 1.71, 1.66, 1.8, 1.74, 1.69],
  [1.7, 1.61, 1.75, 1.7, 1.66, 1.6, 1.64, 1.69, 1.7, 1.58],
] as const;
const differences = ([values, others]: readonly [readonly number[], readonly number[]]): number[] =>
  values.map((value, i) => value - (others[i] ?? 0));

describe("the paired test", () => {
  it("has scipy's p-values: 2 stats.t.sf(|t|, freedom)", () => {
    for (const [t, freedom, p] of [
      [0, 3, 1],
      [1, 1, 0.5000000000000001],
      [2.5, 2, 0.12961172022151082],
      [4.303, 2, 0.0499925249852145],
      [3.2, 4, 0.032900810600938975],
      [1.234, 7, 0.25702238100854846],
      [6, 15, 2.432654551103854e-5],
      [-2.1, 10, 0.06207724420221853],
      [25, 9, 1.2589450378990368e-9],
      [2, 119, 0.04777757533002386],
      [1.96, 1000, 0.050273184955748736],
    ] as const) {
      expect(Math.abs(studentP(t, freedom) - p)).toBeLessThan(1e-13);
    }
  });

  it("has scipy's p-values for pairs", () => {
    expect(pairedTest(differences(three))).toBeCloseTo(0.37146063894529113, 12);
    expect(pairedTest(differences(five))).toBeCloseTo(0.07229938953636063, 12);
    expect(pairedTest(differences(ten))).toBeCloseTo(0.011328603611481467, 12);
  });

  it("never becomes NaN, and makes nothing of few equal differences", () => {
    expect(pairedTest([])).toBeNull();
    expect(pairedTest([0.1])).toBeNull();
    expect(pairedTest([0, 0, 0])).toBe(1);
    // The same difference but for rounding: the signs' test, whose smallest value is 2^(1−n).
    expect(pairedTest([0.91 - 0.9, 0.71 - 0.7, 0.51 - 0.5])).toBe(0.25);
    expect(pairedTest(Array.from({ length: 10 }, () => -1))).toBe(2 ** -9);
  });

  it("rejects a true hypothesis in 5 % of cases", () => {
    const draw = random(3, "null");
    let rejected = 0;
    for (let i = 0; i < 4000; i++) {
      const p = pairedTest([draw.normal(), draw.normal(), draw.normal()]);
      if (p !== null && p < 0.05) rejected++;
    }
    expect(rejected / 4000).toBeCloseTo(0.05, 1.9);
  });
});

describe("Holm's correction", () => {
  it("is that of statsmodels' multipletests(method='holm')", () => {
    const found = holm([0.01, 0.04, 0.03, 0.005, 0.5, 0.04]);
    for (const [i, p] of [0.05, 0.12, 0.12, 0.03, 0.5, 0.12].entries()) expect(found[i]).toBeCloseTo(p, 14);
    expect(holm([])).toEqual([]);
  });

  it("keeps the order of p-values, lowers none, exceeds neither 1 nor Bonferroni, and takes them in any order", () => {
    const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(values, fc.nat(), (ps, seed) => {
        const found = holm(ps);
        for (const [i, p] of ps.entries()) {
          const own = found[i] ?? Number.NaN;
          expect(own).toBeGreaterThanOrEqual(p);
          expect(own).toBeLessThanOrEqual(Math.min(1, p * ps.length));
          for (const [k, other] of ps.entries()) if (p <= other) expect(own).toBeLessThanOrEqual(found[k] ?? 0);
        }
        const order = [...random(seed, "order").permutation(ps.length)];
        expect(holm(order.map((i) => ps[i] ?? 0))).toEqual(order.map((i) => found[i]));
      }),
    );
  });
});

describe("intervals", () => {
  it("are scipy's of Student's t for fewer than 6 values", () => {
    const a = pairedDifference(...three);
    expect(a.low).toBeCloseTo(-0.007372856369415419, 12);
    expect(a.high).toBeCloseTo(0.012706189702748758, 12);
    const b = pairedDifference(...five);
    expect(b.low).toBeCloseTo(-0.06862382628097126, 12);
    expect(b.high).toBeCloseTo(0.004623826280971244, 12);
  });

  it("are percentiles of resamples, at the widened level, for 6 values or more", () => {
    // numpy, 4 million resamples, at Φ(−√(10/9) t₉) = 0.00855 and 1 − that: 0.016 and 0.112; differences have two digits,
    // so means of ten have three.
    const { mean, low, high } = pairedDifference(...ten);
    expect(mean).toBeCloseTo(0.068, 12);
    expect(Math.abs((low ?? 0) - 0.016)).toBeLessThan(0.0021);
    expect(Math.abs((high ?? 0) - 0.112)).toBeLessThan(0.0021);
  });

  it("do not depend on the order of values, contain the mean, and stay in the values' range", () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 6, maxLength: 12 });
    fc.assert(
      fc.property(values, fc.nat(), (whole, seed) => {
        const given = whole.map((value) => value / 1024); // exact sums in any order
        const order = [...random(seed, "order").permutation(given.length)];
        const found = meanInterval(given);
        expect(meanInterval(order.map((i) => given[i] ?? 0))).toEqual(found);
        expect(found.low).toBeLessThanOrEqual(found.mean);
        expect(found.high).toBeGreaterThanOrEqual(found.mean);
        expect(found.low).toBeGreaterThanOrEqual(Math.min(...given));
        expect(found.high).toBeLessThanOrEqual(Math.max(...given));
      }),
      { numRuns: 25 },
    );
  });

  // By numpy, 2,000 samples each: 0.942 and 0.942, where plain percentiles have 0.870 and 0.896.
  it.each([6, 10])("of %i normal values cover their mean in about 95 of 100 cases", (n) => {
    const draw = random(5, "coverage", n);
    let covered = 0;
    const samples = 400;
    for (let i = 0; i < samples; i++) {
      const { low, high } = meanInterval(Array.from({ length: n }, () => draw.normal()));
      if (low !== null && high !== null && low <= 0 && high >= 0) covered++;
    }
    expect(covered / samples).toBeGreaterThan(0.92);
    expect(covered / samples).toBeLessThan(0.975);
  });

  it("are none where few values are equal, and a point where many are", () => {
    expect(meanInterval([0.25, 0.25])).toEqual({ mean: 0.25, low: null, high: null });
    expect(meanInterval([0, 0, 0])).toEqual({ mean: 0, low: null, high: null });
    expect(meanInterval([0.5, 0.5, 0.5, 0.5, 0.5, 0.5])).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
  });
});
