import { rm } from "node:fs/promises";
import path from "node:path";
import { untilOnDisk } from "../disk.ts";
import { KvtError } from "../errors.ts";
import { makeFolder } from "../folder.ts";
import { checksumName, checksumOfFile } from "./checksum.ts";
import type { DataSet, PublishedFile } from "./data-set.ts";
import { download, sizeOf, type DownloadOptions } from "./download.ts";

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

/** Downloads from one address, going on after each break as long as more arrives, and checks the sum. */
async function fetchFrom(url: string, part: string, file: PublishedFile, options: DownloadOptions): Promise<void> {
  const { kind, value } = file.checksum;
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
    const got = await untilOnDisk("read", part, checksumOfFile(kind, part));
    if (got === value) return;
    await untilOnDisk("write", part, rm(part));
    if (!resumed) throw new KvtError("data", `${url}: expected ${checksumName[kind]} ${value}, got ${got}`);
    // The beginning came from an earlier download, perhaps of another file: once more, whole.
    resumed = false;
  }
}

/**
 * Downloads a file or archive of a set to `<folder>/<set>/<file>.part`, which it returns once size and checksum are right.
 * Mirrors are tried in their order. Throws a `data` error that names file and URLs, a `disk` error, or the reason of
 * `signal`.
 */
export async function fetchPart(
  set: DataSet,
  file: PublishedFile,
  folder: string,
  options: FetchOptions,
): Promise<string> {
  const part = path.join(folder, set.name, `${file.name}.part`);
  makeFolder(path.dirname(part));
  const onBytes = (received: number): void =>
    options.onProgress?.({ set: set.name, file: file.name, received, total: file.bytes });
  const failures: KvtError[] = [];
  for (const mirror of set.mirrors) {
    try {
      await fetchFrom(mirror + file.name, part, file, { ...options, onBytes });
      return part;
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
