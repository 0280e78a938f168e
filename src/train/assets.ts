import path from "node:path";
import { KvtError } from "../errors.ts";
import type { TaskData } from "../tasks/task.ts";
import type { Assets, Dimensions } from "../tasks/uses.ts";
import { jsonBytes, replaceFile } from "./durable.ts";
import { readJson } from "./json-file.ts";

const FILE = "assets.json";

/** Keeps what a model needs to be used without its data, and its sizes, in the run's folder, where there is such. */
export function writeAssets(folder: string, { assets, dimensions }: Pick<TaskData, "assets" | "dimensions">): void {
  if (assets === undefined && dimensions === undefined) return;
  replaceFile(path.join(folder, FILE), jsonBytes({ dimensions: dimensions ?? {}, ...assets }));
}

/** What `writeAssets` kept; nothing where the task has none. Throws a `run` error when the file is broken. */
export function readAssets(folder: string): { readonly assets: Assets; readonly dimensions: Dimensions } {
  const file = path.join(folder, FILE);
  const { dimensions = {}, ...assets } = readJson(file) ?? {};
  const whole =
    typeof dimensions === "object" && dimensions !== null && Object.values(dimensions).every(Number.isSafeInteger);
  if (!whole) {
    throw new KvtError("run", `${file}: expected "dimensions" to be whole numbers, got ${JSON.stringify(dimensions)}`);
  }
  return { assets, dimensions: dimensions as Dimensions };
}
