import fs from "node:fs";
import path from "node:path";
import { KvtError } from "../errors.ts";
import { isRecord } from "../record.ts";
import type { RunConfiguration } from "../train/configuration.ts";
import { openRun, type Run } from "../train/open-run.ts";
import { canonicalText, shortHash } from "./identity.ts";

/**
 * The folder of a study that is given none: the same configuration finds the same folder again, so a command that is
 * repeated continues, and more seeds or formulations join the runs that are there.
 */
export function studyFolder(runs: string, configuration: Omit<RunConfiguration, "attention" | "seed">): string {
  const { task, preset, options, device, threads } = configuration;
  const hash = shortHash({ task, preset, options, device, threads }, 8);
  return path.join(runs, `compare-${task}-${hash}`);
}

/**
 * The run that a study's folder holds for a configuration, or null. Throws a `run` error when it holds one of another
 * configuration.
 */
export function findRun(folder: string, configuration: RunConfiguration): Run | null {
  if (!fs.existsSync(path.join(folder, "run.json"))) return null;
  const run = openRun(folder);
  const difference = firstDifference(run.configuration, configuration, "");
  if (difference === null) return run;
  throw new KvtError("run", `${folder} holds a run of another configuration: ${difference}`, {
    hint: "Choose another folder with --out.",
  });
}

/** Where two JSON values differ first, as `options.train.epochs: expected 3, got 2`. */
function firstDifference(found: unknown, expected: unknown, at: string): string | null {
  if (isRecord(found) && isRecord(expected)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      const difference = firstDifference(found[key], expected[key], at === "" ? key : `${at}.${key}`);
      if (difference !== null) return difference;
    }
    return null;
  }
  const [got, want] = [canonicalText(found), canonicalText(expected)];
  return got === want ? null : `${at}: expected ${want}, got ${got}`;
}
