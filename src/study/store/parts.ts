import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { onDisk } from "../../disk.ts";
import { makeFolder } from "../../folder.ts";
import { discard, syncFolder } from "../../train/durable.ts";
import { type Database, fileList, quote } from "./database.ts";

/*
 * The compacted copy of finished runs: `.store/PART/runs.parquet` and `metrics.parquet`. A part is written under a
 * temporary name, brought to the disk and renamed, and never changes afterwards; its name is the hash of what it holds,
 * so that processes that compact the same runs at the same moment make the same part. Everything here can be made again
 * from the run folders, so whatever is doubtful is thrown away.
 */

export const STORE_FOLDER = ".store";

/** Another layout of the parts, or another reading of the folders, gets another number: older parts are then not used. */
const PART_VERSION = "1";
const PART_NAME = new RegExp(`^v${PART_VERSION}-[0-9a-f]{20}$`);
/** What a killed process left under a temporary name is removed after so long. */
const LEFTOVER_MS = 3_600_000;

/** A run in a part, as it was when it was compacted. */
export interface PartEntry {
  readonly run: string;
  readonly fingerprint: string;
}

export const partFile = (root: string, part: string, table: "runs" | "metrics"): string =>
  path.join(root, STORE_FOLDER, part, `${table}.parquet`);

/** What each part holds. A part that cannot be read is removed, and counts as absent. */
export async function readParts(
  { connection }: Database,
  root: string,
  doubtful: ReadonlySet<string>,
): Promise<Map<string, readonly PartEntry[]>> {
  const names = partNames(root).filter((part) => !doubtful.has(part));
  const select = (some: readonly string[]): string =>
    `select run, fingerprint, filename from read_parquet(${fileList(some.map((part) => partFile(root, part, "runs")))}, filename = true)`;
  const parts = new Map<string, PartEntry[]>();
  const read = async (some: readonly string[]): Promise<void> => {
    const reader = await connection.runAndReadAll(select(some));
    for (const part of some) parts.set(part, []);
    for (const [run, fingerprint, file] of reader.getRows()) {
      parts
        .get(path.basename(path.dirname(String(file))))
        ?.push({ run: String(run), fingerprint: String(fingerprint) });
    }
  };
  if (names.length === 0) return parts;
  try {
    await read(names);
  } catch {
    // One of them is damaged, or was merged away by another process: one after the other.
    for (const part of names) await read([part]).catch(() => removePart(root, part));
  }
  return parts;
}

function partNames(root: string): string[] {
  try {
    return fs
      .readdirSync(path.join(root, STORE_FOLDER))
      .filter((name) => PART_NAME.test(name))
      .toSorted();
  } catch {
    return [];
  }
}

/**
 * Writes a part of what two queries give. Throws a `disk` error, or DuckDB's, when there is no room for it; then nothing
 * is left of it.
 */
export async function writePart(
  { connection }: Database,
  root: string,
  entries: readonly PartEntry[],
  queries: { readonly runs: string; readonly metrics: string },
): Promise<string> {
  const name = nameOf(entries);
  const target = path.join(root, STORE_FOLDER, name);
  const temporary = `${target}.${os.hostname()}-${process.pid}-${++written}.part`;
  try {
    discard(temporary);
    makeFolder(temporary);
    for (const table of ["runs", "metrics"] as const) {
      const file = path.join(temporary, `${table}.parquet`);
      await connection.run(`copy (${queries[table]}) to ${quote(file)} (format parquet, compression zstd)`);
      sync(file);
    }
    syncFolder(temporary);
    rename(temporary, target);
    syncFolder(path.dirname(target));
    return name;
  } catch (error) {
    discard(temporary);
    throw error;
  }
}

/** Tells the temporary names of one process apart. */
let written = 0;

/** Where another process was faster, its part holds the same. */
function rename(temporary: string, target: string): void {
  try {
    fs.renameSync(temporary, target);
  } catch (error) {
    if (!fs.existsSync(target)) throw error;
    discard(temporary);
  }
}

function nameOf(entries: readonly PartEntry[]): string {
  const text = entries.map(({ run, fingerprint }) => `${run} ${fingerprint}`).toSorted();
  return `v${PART_VERSION}-${createHash("sha256").update(text.join("\n")).digest("hex").slice(0, 20)}`;
}

function sync(file: string): void {
  onDisk("write", file, () => {
    const descriptor = fs.openSync(file, "r+");
    fs.fsyncSync(descriptor);
    fs.closeSync(descriptor);
  });
}

export function removePart(root: string, part: string): void {
  discard(path.join(root, STORE_FOLDER, part));
}

/** Removes parts of other versions, and what killed processes left. */
export function removeLeftovers(root: string): void {
  const folder = path.join(root, STORE_FOLDER);
  for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
    if (PART_NAME.test(name)) continue;
    const place = path.join(folder, name);
    const { mtimeMs = 0 } = fs.statSync(place, { throwIfNoEntry: false }) ?? {};
    if (/^v\d+-[0-9a-f]{20}(\..*\.part)?$/.test(name) && Date.now() - mtimeMs > LEFTOVER_MS) discard(place);
  }
}
