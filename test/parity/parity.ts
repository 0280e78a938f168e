import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Check } from "./check.ts";
import { explain, FORMAT, fileSchema } from "./format.ts";
import { judge, short } from "./judge.ts";
import { checksOf } from "./kinds.ts";

export interface ParityResult {
  readonly passed: number;
  readonly failed: number;
}

/**
 * Runs every vector file of a directory, and tells each case on one line: file, case, largest error in float64 and in
 * float32, verdict. The last line is `N passed, N failed`.
 */
export async function parity(directory: string, tell: (line: string) => void): Promise<ParityResult> {
  const count = { passed: 0, failed: 0 };
  const report = (file: string, name: string, errors: string, verdict: string) =>
    tell(
      [file, name, errors, verdict]
        .filter(Boolean)
        .join("  ")
        .replace(/\s*\n\s*/g, " "),
    );
  const fail = (file: string, name: string, errors: string, why: string) => {
    count.failed++;
    report(file, name, errors, `FAIL ${why}`);
  };

  for (const file of await vectorFiles(directory, (why) => fail(directory, "", "", why))) {
    let checks: Check[];
    try {
      checks = await readChecks(path.join(directory, file));
    } catch (error) {
      fail(file, "", "", explain(error));
      continue;
    }
    for (const check of checks) {
      try {
        const { float64, float32, failures } = judge(await check.run());
        const errors = `float64 ${shown(float64)}  float32 ${shown(float32)}`;
        if (failures.length > 0) fail(file, check.name, errors, summary(failures));
        else {
          count.passed++;
          report(file, check.name, errors, "pass");
        }
      } catch (error) {
        fail(file, check.name, "", explain(error));
      }
    }
  }
  tell(`${count.passed} passed, ${count.failed} failed`);
  return count;
}

const shown = (error: number | undefined): string => (error === undefined ? "-" : short(error));

const summary = ([first = "", ...more]: readonly string[]): string =>
  more.length === 0 ? first : `${first} (and ${more.length} more)`;

async function vectorFiles(directory: string, fail: (why: string) => void): Promise<string[]> {
  try {
    const files = (await readdir(directory)).filter((name) => name.endsWith(".json")).sort();
    if (files.length === 0) fail("expected *.json files, got none");
    return files;
  } catch (error) {
    fail(explain(error));
    return [];
  }
}

async function readChecks(file: string): Promise<Check[]> {
  const document: unknown = JSON.parse(await readFile(file, "utf8"));
  const format = (document as { format?: unknown } | null)?.format;
  if (format !== FORMAT) throw new Error(`format: expected ${FORMAT}, got ${JSON.stringify(format) ?? "none"}`);
  return checksOf(fileSchema.parse(document));
}
