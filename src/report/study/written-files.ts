import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { errorCode } from "../../disk.ts";
import { isRecord } from "../../record.ts";
import { jsonBytes, replaceFile } from "../../train/durable.ts";
import { readJson } from "../../train/json-file.ts";

/** Figures and tables that a report may have; whatever else a list says is not its own. */
const OWN = /^(figures|tables)\/[^/\\]+\.(svg|png|md|csv)$/;

type Written = Readonly<Record<string, string>>;

/**
 * Keeps `files.json` beside a report: its figures and tables with the start of each one's SHA-256. To be called before
 * they are written; the function that it gives, called after, removes those that an earlier report wrote and this one
 * does not have, but none whose content is no longer what was written: that is somebody's own.
 */
export function keepTrack(folder: string, files: ReadonlyMap<string, Uint8Array>): () => void {
  const list = path.join(folder, "files.json");
  const before = readList(list);
  const now = Object.fromEntries(
    [...files].filter(([name]) => OWN.test(name)).map(([name, bytes]) => [name, hash(bytes)]),
  );
  const stale = Object.entries(before).filter(([name]) => now[name] === undefined);
  // Whatever is written and then interrupted must be found by the next report.
  replaceFile(list, jsonBytes({ files: { ...Object.fromEntries(stale), ...now } }));
  return () => {
    const kept = stale.filter(([name, written]) => !remove(path.join(folder, name), written));
    replaceFile(list, jsonBytes({ files: { ...Object.fromEntries(kept), ...now } }));
  };
}

/** Whether the file is gone, or was changed and so is no longer the report's. */
function remove(file: string, written: string): boolean {
  try {
    if (hash(readFileSync(file)) === written) rmSync(file);
    return true;
  } catch (error) {
    return errorCode(error) === "ENOENT";
  }
}

/** Nothing where there is no list, or a broken one: then nothing is removed. */
function readList(file: string): Written {
  try {
    const files = readJson(file)?.["files"];
    if (!isRecord(files)) return {};
    return Object.fromEntries(
      Object.entries(files).filter(
        (entry): entry is [string, string] => OWN.test(entry[0]) && typeof entry[1] === "string",
      ),
    );
  } catch {
    return {};
  }
}

const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 12);
