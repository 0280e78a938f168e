import { stat } from "node:fs/promises";
import path from "node:path";
import { untilOnDisk } from "../disk.ts";
import { KvtError } from "../errors.ts";
import { dataSets } from "./catalogue.ts";
import { checksumName, checksumOfFile } from "./checksum.ts";
import { inspectContent } from "./content.ts";
import type { ChecksumKind, DataFile, DataSet } from "./data-set.ts";
import { locateFile, setOfChecksum } from "./files.ts";

export type FileState =
  | { readonly kind: "whole" }
  | { readonly kind: "absent" }
  /** whole in itself but not the published file, such as a part of its pictures */
  | {
      readonly kind: "variant";
      readonly unit: "pictures" | "lines";
      readonly count: number;
      /** how many the published file has */
      readonly published: number;
    }
  | { readonly kind: "truncated"; readonly bytes: number; readonly expected: number }
  | {
      readonly kind: "mismatch";
      readonly checksum: ChecksumKind;
      readonly got: string;
      readonly expected: string;
    }
  | { readonly kind: "malformed"; readonly got: string; readonly expected: string };

export interface VerifiedFile {
  readonly set: string;
  readonly file: string;
  /** where it lies, unless it is absent */
  readonly path: string | undefined;
  readonly state: FileState;
}

/** Compares the file at `place` with what is published; an unpacked one with what it was before packing. */
export async function verifyFile(file: DataFile, place: string): Promise<FileState> {
  const { bytes, checksum } = path.basename(place) === file.unpacked?.name ? file.unpacked : file;
  const { size } = await untilOnDisk("read", place, stat(place));
  const { kind, value: expected } = checksum;
  const got = size === bytes ? await untilOnDisk("read", place, checksumOfFile(kind, place)) : undefined;
  if (got === expected) return { kind: "whole" };
  if (file.content !== undefined) {
    const found = await inspectContent(file.content, place);
    if ("expected" in found) return { kind: "malformed", ...found };
    return { kind: "variant", ...found, published: published(file.content) };
  }
  if (size < bytes) return { kind: "truncated", bytes: size, expected: bytes };
  const other = got ?? (await untilOnDisk("read", place, checksumOfFile(kind, place)));
  return { kind: "mismatch", checksum: kind, got: other, expected };
}

const published = (content: NonNullable<DataFile["content"]>): number =>
  content.kind === "cifar" ? content.rows : content.lines;

async function verifyIn(folder: string, set: DataSet, file: DataFile): Promise<Pick<VerifiedFile, "path" | "state">> {
  const absent = { path: undefined, state: { kind: "absent" } } as const;
  const place = await locateFile([folder], set.name, file.name);
  if (place === undefined) return absent;
  const state = await verifyFile(file, place.path);
  if (state.kind === "whole" || !place.direct) return { path: place.path, state };
  // Without folders of their own, files of two sets share a name: another set's whole file is not a broken one of this.
  const owner = setOfChecksum(await untilOnDisk("read", place.path, checksumOfFile("sha256", place.path)));
  return owner === undefined ? { path: place.path, state } : absent;
}

/** The state of every file and archive of `sets` in a folder that holds `<set>/<file>` or the files themselves. */
export async function verifyFolder(
  folder: string,
  sets: readonly DataSet[] = dataSets,
): Promise<readonly VerifiedFile[]> {
  const found: VerifiedFile[] = [];
  for (const set of sets) {
    for (const file of [...set.files, ...(set.archive === undefined ? [] : [set.archive])])
      found.push({ set: set.name, file: file.name, ...(await verifyIn(folder, set, file)) });
  }
  return found;
}

function fault(state: FileState): string | undefined {
  switch (state.kind) {
    case "whole":
    case "absent":
    case "variant":
      return undefined;
    case "truncated":
      return `expected ${state.expected} bytes, got ${state.bytes}: the file is cut off`;
    case "mismatch":
      return `expected ${checksumName[state.checksum]} ${state.expected}, got ${state.got}`;
    case "malformed":
      return `expected ${state.expected}, got ${state.got}`;
  }
}

/** The `data` error of a file that is cut off or changed; undefined for one that can be used or is absent. */
export function brokenFileError({ set, file, path: place, state }: VerifiedFile): KvtError | undefined {
  const wrong = fault(state);
  if (wrong === undefined) return undefined;
  const origin = dataSets.find(({ name }) => name === set)?.origin;
  return new KvtError("data", `${place ?? `${set}/${file}`}: ${wrong}`, {
    hint: origin ?? `Download it again with "kvt data fetch ${set}".`,
  });
}
