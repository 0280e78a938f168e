// node .ci/tally.js REPORT EXIT_CODE: reads the JSON report of a vitest run and prints "passed failed skipped".
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * What crashed counts as failed, although no test of it did: a file that could not be loaded, an error outside all
 * tests, a run without a report or without a test.
 *
 * @param {{ testResults: { status: string, assertionResults: { status: string }[] }[] } | undefined} report
 * @param {number} exitCode
 */
export function tally(report, exitCode) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const { status, assertionResults } of report?.testResults ?? []) {
    const failures = assertionResults.filter((test) => test.status === "failed").length;
    const passes = assertionResults.filter((test) => test.status === "passed").length;
    count.passed += passes;
    count.failed += failures === 0 && status === "failed" ? 1 : failures;
    count.skipped += assertionResults.length - passes - failures;
  }
  const isSilent = count.passed + count.failed === 0;
  if (count.failed === 0 && (exitCode !== 0 || isSilent)) count.failed = 1;
  return count;
}

/** @param {string} file */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file = "", exitCode = "1"] = process.argv.slice(2);
  const { passed, failed, skipped } = tally(readReport(file), Number(exitCode));
  console.log(`${passed} ${failed} ${skipped}`);
}
