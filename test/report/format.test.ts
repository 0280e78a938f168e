import { describe, expect, test } from "vitest";
import * as format from "../../src/report/format.ts";

describe("numbers for people", () => {
  test.each([
    [0, "0"],
    [999, "999"],
    [72_586, "72,586"],
    [1_217_110_000, "1,217,110,000"],
  ])("count %d → %s", (value, text) => expect(format.count(value)).toBe(text));

  test.each([
    [512, "512"],
    [999.6, "1.00 k"],
    [1_234_567, "1.23 M"],
    [39_477_000_000, "39.5 G"],
    [999_600_000, "1.00 G"],
    [353_395_000_000, "353 G"],
  ])("large %d → %s", (value, text) => expect(format.large(value)).toBe(text));

  test.each([
    [512, "512 B"],
    [1024, "1 KiB"],
    [81_920, "80 KiB"],
    [11_594_722, "11.1 MiB"],
  ])("bytes %d → %s", (value, text) => expect(format.bytes(value)).toBe(text));

  test.each([
    [0.0084, "8.40 ms"],
    [0.8, "0.8 s"],
    [9.96, "10 s"],
    [59.6, "1 min 00 s"],
    [200, "3 min 20 s"],
    [3599.7, "1 h 00 min"],
    [3900, "1 h 05 min"],
    [Number.NaN, "–"],
  ])("duration %d → %s", (value, text) => expect(format.duration(value)).toBe(text));

  test("a time to wait is never shorter than a second", () => {
    expect([0, 0.4, 12.4, 59.7].map(format.wait)).toEqual(["1 s", "1 s", "12 s", "1 min 00 s"]);
  });

  test("differences bear a sign, zero bears none", () => {
    expect([0.0012, -0.003, 0, -0.00001].map(format.signed)).toEqual(["+0.0012", "−0.0030", "0.0000", "0.0000"]);
  });

  test("losses keep four digits, small ones in powers of ten", () => {
    expect([0, 0.01234567, 2.3, 12_345, 0.00001].map(format.loss)).toEqual([
      "0",
      "0.01235",
      "2.300",
      "12345",
      "1.00e−5",
    ]);
    expect(format.loss(Number.NaN)).toBe("NaN");
  });

  test("text is broken at spaces only", () => {
    expect(format.wrap("the longest-word stands alone", 8)).toEqual(["the", "longest-word", "stands", "alone"]);
    expect(format.wrap("a b c", 3)).toEqual(["a b", "c"]);
  });
});

test("a loss of ln 2 nats is one bit", () => {
  expect(format.bits(Math.LN2)).toBe("1.000");
  expect(format.bits(1.5)).toBe("2.164");
});
