import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { KvtError } from "../errors.ts";
import { sha256OfFile } from "./checksum.ts";
import type { DataFile, DataSet } from "./data-set.ts";
import { untilOnDisk } from "../disk.ts";
import { download, sizeOf, type DownloadOptions } from "./download.ts";
import { locateFile } from "./files.ts";
import { verifyFile } from "./verify.ts";

export interface FetchProgress {
  readonly set: string;
  readonly file: string;
  /** bytes on the disk so far, and of the whole file */
  readonly received: number;
  readonly total: number;
}

export interface FetchOptions extends Pick<DownloadOptions, "signal" | "idleSeconds"> {
  readonly onProgress?: (progress: FetchProgress) => void;
}

export interface FetchedFile {
  readonly set: string;
  readonly file: string;
  readonly path: string;
  /** false when it was there already, whole */
  readonly downloaded: boolean;
}

/** Downloads from one address, going on after each break as long as more arrives, and checks the sum. */
async function fetchFrom(url: string, part: string, file: DataFile, options: DownloadOptions): Promise<void> {
  let resumed = (await sizeOf(part)) > 0;
  for (;;) {
    const before = await sizeOf(part);
    try {
      await download(url, part, file.bytes, options);
    } catch (error) {
      const isBreak = error instanceof KvtError && error.kind === "data" && (await sizeOf(part)) > before;
      if (!isBreak) throw error;
      continue;
    }
    const got = await untilOnDisk("read", part, sha256OfFile(part));
    if (got === file.sha256) return;
    await untilOnDisk("write", part, rm(part));
    if (!resumed) throw new KvtError("data", `${url}: expected SHA-256 ${file.sha256}, got ${got}`);
    // The beginning came from an earlier download, perhaps of another file: once more, whole.
    resumed = false;
  }
}

async function fetchFile(set: DataSet, file: DataFile, folder: string, options: FetchOptions): Promise<string> {
  const place = path.join(folder, set.name, file.name);
  const part = `${place}.part`;
  await untilOnDisk("write", path.dirname(place), mkdir(path.dirname(place), { recursive: true }));
  const onBytes = (received: number): void =>
    options.onProgress?.({ set: set.name, file: file.name, received, total: file.bytes });
  const failures: KvtError[] = [];
  for (const mirror of set.mirrors) {
    try {
      await fetchFrom(mirror + file.name, part, file, { ...options, onBytes });
      await untilOnDisk("write", place, rename(part, place));
      return place;
    } catch (error) {
      if (!(error instanceof KvtError) || error.kind !== "data") throw error;
      failures.push(error);
    }
  }
  const reasons = failures.map(({ message }) => message).join("; ");
  throw new KvtError("data", `cannot download ${set.name}/${file.name}: ${reasons}`, {
    hint: "Try again later, what has arrived is kept; or download it by hand and name its folder with --data.",
    cause: failures[0],
  });
}

/**
 * Downloads the files of a set to `<folder>/<set>/`, except those that are there and whole, unpacked or not. Each grows as
 * `<file>.part`, goes on where an earlier download ended, and gets its name once its checksum is right. Mirrors are
 * tried in their order. Throws a `data` error that names file and URLs, a `disk` error, or the reason of `signal`.
 */
export async function fetchDataSet(
  set: DataSet,
  folder: string,
  options: FetchOptions = {},
): Promise<readonly FetchedFile[]> {
  const fetched: FetchedFile[] = [];
  for (const file of set.files) {
    const found = await locateFile([folder], set.name, file.name);
    const isWhole = found?.direct === false && (await verifyFile(file, found.path)).kind === "whole";
    const place = isWhole ? found.path : await fetchFile(set, file, folder, options);
    fetched.push({ set: set.name, file: file.name, path: place, downloaded: !isWhole });
  }
  return fetched;
}
