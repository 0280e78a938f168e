import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { onDisk } from "../disk.ts";
import { KvtError } from "../errors.ts";
import { checkpointSteps } from "../train/checkpoint-folder.ts";
import { listRuns, type RunSummary } from "../train/list-runs.ts";
import { isLocked } from "../train/lock.ts";
import { openRun } from "../train/open-run.ts";

const isRun = (folder: string): boolean => existsSync(path.join(folder, "run.json"));

/** Throws a `run` error when `folder` holds runs instead of being one, and names one of them. */
export function expectOneRun(folder: string): void {
  if (isRun(folder) || !existsSync(folder)) return;
  const inside = subfolders(folder).filter(isRun);
  const [first] = inside;
  if (first === undefined) return;
  const count = inside.length === 1 ? "a run" : `${inside.length} runs`;
  throw new KvtError("run", `${folder} holds ${count}: expected the folder of one run`, {
    hint: `Name one of them, such as ${first}; to continue a whole comparison, repeat its "kvt compare …".`,
  });
}

/** The run that `folder` is, or all that lie in it. Throws a `run` error when there is no such folder. */
export function runsOf(folder: string): RunSummary[] {
  if (!existsSync(folder)) {
    throw new KvtError("run", `${folder}: expected a folder of runs, got nothing`, {
      hint: "Without a folder, kvt runs lists those in runs/.",
    });
  }
  if (!isRun(folder)) return onDisk("read", folder, () => listRuns(folder));
  const run = openRun(folder);
  const status = run.result !== null ? "finished" : isLocked(folder) ? "running" : "unfinished";
  return [{ folder, status, run, step: run.result?.steps ?? checkpointSteps(folder)[0] ?? null }];
}

function subfolders(folder: string): string[] {
  const entries = onDisk("read", folder, () => readdirSync(folder, { withFileTypes: true }));
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return names.toSorted().map((name) => path.join(folder, name));
}
