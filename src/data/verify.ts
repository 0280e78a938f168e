import { stat } from "node:fs/promises";
import path from "node:path";
import { KvtError } from "../errors.ts";
import { dataSets } from "./catalogue.ts";
import { sha256OfFile } from "./checksum.ts";
import type { DataFile, DataSet } from "./data-set.ts";
import { untilOnDisk } from "../disk.ts";
import { locateFile, setOfChecksum } from "./files.ts";

export type FileState =
  | { readonly kind: "whole" }
  | { readonly kind: "absent" }
  | { readonly kind: "truncated"; readonly bytes: number; readonly expected: number }
  | { readonly kind: "mismatch"; readonly sha256: string; readonly expected: string };

export interface VerifiedFile {
  readonly set: string;
  readonly file: string;
  /** where it lies, unless it is absent */
  readonly path: string | undefined;
  readonly state: FileState;
}

/** Compares the file at `place` with what is published; an unpacked one with what it was before packing. */
export async function verifyFile(file: DataFile, place: string): Promise<FileState> {
  const expected = path.basename(place) === file.unpacked?.name ? file.unpacked : file;
  const { size } = await untilOnDisk("read", place, stat(place));
  if (size < expected.bytes) return { kind: "truncated", bytes: size, expected: expected.bytes };
  const sha256 = await untilOnDisk("read", place, sha256OfFile(place));
  return sha256 === expected.sha256 ? { kind: "whole" } : { kind: "mismatch", sha256, expected: expected.sha256 };
}

async function verifyIn(folder: string, set: DataSet, file: DataFile): Promise<Pick<VerifiedFile, "path" | "state">> {
  const absent = { path: undefined, state: { kind: "absent" } } as const;
  const place = await locateFile([folder], set.name, file.name);
  if (place === undefined) return absent;
  const state = await verifyFile(file, place.path);
  if (state.kind === "whole" || !place.direct) return { path: place.path, state };
  // Without folders of their own, files of two sets share a name: another set's whole file is not a broken one of this.
  const owner = setOfChecksum(await untilOnDisk("read", place.path, sha256OfFile(place.path)));
  return owner === undefined ? { path: place.path, state } : absent;
}

/** The state of every file of `sets` in a folder that holds `<set>/<file>` or the files themselves. */
export async function verifyFolder(
  folder: string,
  sets: readonly DataSet[] = dataSets,
): Promise<readonly VerifiedFile[]> {
  const found: VerifiedFile[] = [];
  for (const set of sets) {
    for (const file of set.files)
      found.push({ set: set.name, file: file.name, ...(await verifyIn(folder, set, file)) });
  }
  return found;
}

/** The `data` error of a file that is cut off or changed; undefined for one that is whole or absent. */
export function brokenFileError({ set, file, path: place, state }: VerifiedFile): KvtError | undefined {
  if (state.kind === "whole" || state.kind === "absent") return undefined;
  const wrong =
    state.kind === "truncated"
      ? `expected ${state.expected} bytes, got ${state.bytes}: the file is cut off`
      : `expected SHA-256 ${state.expected}, got ${state.sha256}`;
  return new KvtError("data", `${place ?? `${set}/${file}`}: ${wrong}`, {
    hint: `Download it again with "kvt data fetch ${set}".`,
  });
}
