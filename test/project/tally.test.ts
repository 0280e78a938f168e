import { expect, test } from "vitest";
import { tally } from "../../.ci/tally.js";

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});

test("tests are counted by what became of them", () => {
  const report = {
    testResults: [
      file("passed", "passed", "passed", "skipped"),
      file("failed", "passed", "failed"),
      file("passed", "todo"),
    ],
  };
  expect(tally(report, 1)).toEqual({ passed: 3, failed: 1, skipped: 2 });
});

test("a file that crashed is one failure", () => {
  expect(tally({ testResults: [file("failed"), file("passed", "passed")] }, 1)).toEqual({
    passed: 1,
    failed: 1,
    skipped: 0,
  });
  expect(tally({ testResults: [file("failed", "passed", "skipped")] }, 1)).toEqual({
    passed: 1,
    failed: 1,
    skipped: 1,
  });
});

test("a run that failed outside all tests is one failure", () => {
  expect(tally({ testResults: [file("passed", "passed")] }, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

test("a run without a report, or without a test, is one failure", () => {
  expect(tally(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(tally({ testResults: [] }, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(tally({ testResults: [file("passed", "skipped")] }, 0)).toEqual({ passed: 0, failed: 1, skipped: 1 });
});
