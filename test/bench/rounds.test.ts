import { expect, test } from "vitest";
import { measure, quantile } from "../../bench/rounds.js";
import { launchFake } from "./fakes.ts";

test("fast subjects take several steps a turn, slow ones one, and the warm-up is not counted", async () => {
  const measured = await measure(
    [
      { key: "fast", launch: launchFake(0.125) },
      { key: "slow", launch: launchFake(2) },
    ],
    { rounds: 2, warmUp: 1, longestTurn: 6 },
    (_, error) => {
      throw error;
    },
  );
  expect(measured.get("fast")?.seconds).toEqual(Array.from({ length: 8 }, () => 0.125));
  expect(measured.get("slow")?.seconds).toEqual([2, 2]);
  expect(measured.get("slow")?.median).toBe(2);
});

test("a subject that fails is reported and left out; the others go on", async () => {
  const failures: string[] = [];
  const measured = await measure(
    [
      { key: "good", launch: launchFake(1) },
      { key: "dies", launch: launchFake(1, "--dies-after", "2") },
      { key: "never", launch: launchFake(1, "--cannot-start") },
    ],
    { rounds: 3, warmUp: 1, longestTurn: 6 },
    (entry) => failures.push(entry.key),
  );
  expect([...measured.keys()]).toEqual(["good"]);
  expect(measured.get("good")?.seconds).toHaveLength(3);
  expect(failures).toEqual(["never", "dies"]);
});

test("quantiles interpolate between neighbours", () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([4, 1, 2, 3], 0.5)).toBe(2.5);
  expect(quantile([0, 10], 0.25)).toBe(2.5);
});
