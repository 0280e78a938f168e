import fs from "node:fs";
import path from "node:path";
import { errorCode } from "../disk.ts";
import { checkpointSteps } from "./checkpoint-folder.ts";

import { isLocked } from "./lock.ts";
import { openRun, type Run } from "./open-run.ts";

export interface RunSummary {
  readonly folder: string;
  readonly status: "finished" | "running" | "unfinished" | "unreadable";
  readonly run: Run | null;
  /** step of the newest checkpoint */
  readonly step: number | null;
  /** why it is unreadable */
  readonly problem?: string;
}

/** The runs in `directory` and, one level deeper, in its studies, by name. */
export function listRuns(directory: string): RunSummary[] {
  return subfolders(directory).flatMap((folder) => {
    if (fs.existsSync(path.join(folder, "run.json"))) return [summarise(folder)];
    return subfolders(folder)
      .filter((inner) => fs.existsSync(path.join(inner, "run.json")))
      .map(summarise);
  });
}

function summarise(folder: string): RunSummary {
  try {
    const run = openRun(folder);
    const status = run.result !== null ? "finished" : isLocked(folder) ? "running" : "unfinished";
    return { folder, status, run, step: run.result?.steps ?? checkpointSteps(folder)[0] ?? null };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { folder, status: "unreadable", run: null, step: null, problem };
  }
}

function subfolders(directory: string): string[] {
  try {
    const entries = fs.readdirSync(directory, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    return names.toSorted().map((name) => path.join(directory, name));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
