import fs from "node:fs";
import path from "node:path";
import { errorCode, onDisk } from "../../disk.ts";

/** A run's folder as its directory entries describe it: nothing in it has been read. */
export interface ScannedRun {
  /** path below the folder of runs, with "/" */
  readonly run: string;
  readonly folder: string;
  /**
   * Sizes and times of the files that the store reads, or null while there is no `result.json`. A file that is written,
   * replaced or restored gets another time of change, which no program can set.
   */
  readonly fingerprint: string | null;
  /** when `run.json` and `result.json` were written, milliseconds since 1970 */
  readonly started: number | null;
  readonly finished: number | null;
}

/** Kept beside runs, but no runs: the compacted copy, and folders that a study put aside. */
const PASSED_OVER = new Set(["damaged"]);
const READ = ["run.json", "result.json", "metrics.jsonl", "timing.jsonl"] as const;

/** The runs in `root` and one level deeper, such as in `root/cells`, by their names alone. Throws `disk` errors. */
export function scanRuns(root: string): ScannedRun[] {
  return onDisk("read", root, () =>
    subfolders(root).flatMap((name) => {
      const found = scanRun(root, name);
      if (found !== null) return [found];
      if (PASSED_OVER.has(name)) return [];
      return subfolders(path.join(root, name)).flatMap((inner) => scanRun(root, `${name}/${inner}`) ?? []);
    }),
  );
}

/** Null for a folder that holds no `run.json`. */
function scanRun(root: string, run: string): ScannedRun | null {
  const folder = path.join(root, run);
  const begun = stat(folder, "run.json");
  if (begun === undefined) return null;
  const ended = stat(folder, "result.json");
  const fingerprint = ended === undefined ? null : READ.map((name) => mark(stat(folder, name))).join(" ");
  return { run, folder, fingerprint, started: begun.mtimeMs, finished: ended?.mtimeMs ?? null };
}

/** A folder that is removed meanwhile, or that may not be entered, has no files. */
function stat(folder: string, name: string): fs.Stats | undefined {
  try {
    return fs.statSync(path.join(folder, name), { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

const mark = (stats: fs.Stats | undefined): string =>
  stats === undefined ? "-" : `${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;

/** Names of the folders in a folder, without hidden ones, in order. */
function subfolders(folder: string): string[] {
  try {
    const entries = fs.readdirSync(folder, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
    return folders.map(({ name }) => name).toSorted();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
