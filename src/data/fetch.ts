import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { untilOnDisk } from "../disk.ts";
import { KvtError } from "../errors.ts";
import type { Archive, DataFile, DataSet } from "./data-set.ts";
import { fetchPart, type FetchOptions } from "./fetch-file.ts";
import { locateFile } from "./files.ts";
import { unpack } from "./unpack.ts";
import { verifyFile } from "./verify.ts";

export interface FetchedFile {
  readonly set: string;
  readonly file: string;
  readonly path: string;
  /** false when it was there already, whole */
  readonly downloaded: boolean;
}

/** Where a file or archive of a set lies whole in its own folder; undefined when it does not. */
async function wholeIn(folder: string, set: DataSet, file: DataFile): Promise<string | undefined> {
  const found = await locateFile([folder], set.name, file.name);
  const isWhole = found?.direct === false && (await verifyFile(file, found.path)).kind === "whole";
  return isWhole ? found.path : undefined;
}

async function fetchFile(set: DataSet, file: DataFile, folder: string, options: FetchOptions): Promise<FetchedFile> {
  const whole = await wholeIn(folder, set, file);
  const place = whole ?? path.join(folder, set.name, file.name);
  if (whole === undefined) {
    const part = await fetchPart(set, file, folder, options);
    await untilOnDisk("write", place, rename(part, place));
  }
  return { set: set.name, file: file.name, path: place, downloaded: whole === undefined };
}

/** Unpacks an archive that lies here whole, or one that it downloads and removes again. */
async function fetchUnpacked(
  set: DataSet,
  archive: Archive,
  folder: string,
  options: FetchOptions,
): Promise<readonly FetchedFile[]> {
  const wholes = [];
  for (const file of set.files) wholes.push(await wholeIn(folder, set, file));
  const complete = wholes.every((place) => place !== undefined);
  const target = path.join(folder, set.name);
  if (!complete) {
    await untilOnDisk("write", target, mkdir(target, { recursive: true }));
    const here = await wholeIn(folder, set, archive);
    const place = here ?? (await fetchPart(set, archive, folder, options));
    await unpack(place, target, { archive, files: set.files }, options.signal);
    if (here === undefined) await untilOnDisk("write", place, rm(place));
  }
  return set.files.map(({ name }) => ({
    set: set.name,
    file: name,
    path: path.join(target, name),
    downloaded: !complete,
  }));
}

/** The files of a set that cannot be downloaded, where all are there. */
async function findUnpublished(set: DataSet, hint: string, folder: string): Promise<readonly FetchedFile[]> {
  const found: FetchedFile[] = [];
  for (const file of set.files) {
    const place = await wholeIn(folder, set, file);
    if (place === undefined) {
      const where = path.join(folder, set.name);
      const got = `${where} does not hold the whole ${file.name}`;
      throw new KvtError("data", `${set.name} has no published home to download it from, and ${got}`, { hint });
    }
    found.push({ set: set.name, file: file.name, path: place, downloaded: false });
  }
  return found;
}

/**
 * Downloads the files of a set to `<folder>/<set>/`, except those that are there and whole, unpacked or not. Each grows as
 * `<file>.part`, goes on where an earlier download ended, and gets its name once its checksum is right; so does an archive,
 * whose files are then unpacked. Mirrors are tried in their order. Throws a `data` error that names file and URLs, or
 * says that nobody publishes the set, a `disk` error, or the reason of `signal`.
 */
export async function fetchDataSet(
  set: DataSet,
  folder: string,
  options: FetchOptions = {},
): Promise<readonly FetchedFile[]> {
  if (set.archive !== undefined) return fetchUnpacked(set, set.archive, folder, options);
  if (set.origin !== undefined) return findUnpublished(set, set.origin, folder);
  const fetched: FetchedFile[] = [];
  for (const file of set.files) fetched.push(await fetchFile(set, file, folder, options));
  return fetched;
}
