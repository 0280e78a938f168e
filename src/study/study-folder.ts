import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { KvtError } from "../errors.ts";
import { isRecord } from "../record.ts";
import type { RunConfiguration } from "../train/configuration.ts";
import { openRun, type Run } from "../train/open-run.ts";

/**
 * The folder of a study that is given none: the same configuration finds the same folder again, so a command that is
 * repeated continues, and more seeds or formulations join the runs that are there.
 */
export function studyFolder(runs: string, configuration: Omit<RunConfiguration, "attention" | "seed">): string {
  const { task, preset, options, device, threads } = configuration;
  const text = JSON.stringify(sorted({ task, preset, options, device, threads }));
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 8);
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
  const [got, want] = [text(found), text(expected)];
  return got === want ? null : `${at}: expected ${want}, got ${got}`;
}

function text(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(sorted(value));
}

/** The same value with the keys of its objects in alphabetical order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}
