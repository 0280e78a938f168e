import path from "node:path";
import { KvtError } from "../errors.ts";
import { isRecord } from "../record.ts";
import { readJson } from "../train/json-file.ts";
import type { Cell } from "./cell.ts";

/**
 * Throws a `usage` error when a study's folder belongs to another study of the same name: one of another file and of
 * other cells. The same file may change in any way. A file elsewhere counts as the same study where it has all cells of
 * the one before, or that one all of its: hosts hold the file in different places, and a seed more joins it.
 * `file` is relative to the store, as `study.json` has it.
 */
export function checkOwner(folder: string, root: string, file: string, cells: readonly Cell[]): void {
  const found = readIntact(path.join(folder, "study.json"));
  const owner = found?.["file"];
  if (found === undefined || typeof owner !== "string" || owner === file) return;
  const theirs = idsOf(found["cells"]);
  const ours = new Set(cells.map(({ id }) => id));
  const shared = [...ours].filter((id) => theirs.has(id)).length;
  if (shared === theirs.size || shared === ours.size) return;
  const [theirPlace, ourPlace] = [owner, file].map((name) => path.normalize(path.join(root, name)));
  throw new KvtError(
    "usage",
    `${folder} belongs to another study: expected that of ${ourPlace}, got that of ${theirPlace}`,
    {
      hint:
        "Give this one a name of its own (name: … in its file), or another --out; the runs are shared all the same. " +
        `If it is the same study, whose file was moved, delete ${path.join(folder, "study.json")}.`,
    },
  );
}

/** A broken file says nothing of whose it was, and is replaced. */
function readIntact(file: string): ReturnType<typeof readJson> {
  try {
    return readJson(file);
  } catch {
    return undefined;
  }
}

const idsOf = (cells: unknown): Set<unknown> =>
  new Set(Array.isArray(cells) ? cells.filter(isRecord).map(({ id }) => id) : []);
