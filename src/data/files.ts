import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { KvtError } from "../errors.ts";
import { untilOnDisk } from "../disk.ts";
import { readMembers } from "./archive.ts";
import { dataSets } from "./catalogue.ts";
import { sha256 } from "./checksum.ts";
import type { Archive, DataSet } from "./data-set.ts";
import { AbsentFile, type ReadFile } from "./images.ts";

/** Where a file may lie in a folder. `direct` ones lie beside files of other sets, which may have the same names. */
interface Candidate {
  readonly path: string;
  readonly direct: boolean;
}

function candidates(folder: string, set: string, file: string): readonly Candidate[] {
  const names = /(?<!\.tar)\.gz$/.test(file) ? [file, file.slice(0, -".gz".length)] : [file];
  const below = names.map((name) => ({ path: path.join(folder, set, name), direct: false }));
  const isAnotherSet = path.basename(folder) !== set && dataSets.some(({ name }) => name === path.basename(folder));
  return isAnotherSet ? below : [...below, ...names.map((name) => ({ path: path.join(folder, name), direct: true }))];
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

/**
 * The first place that holds a file of a set, packed or not: in each folder `<set>/<file>`, then `<file>` itself.
 * Undefined when there is none.
 */
export async function locateFile(
  folders: readonly string[],
  set: string,
  file: string,
): Promise<Candidate | undefined> {
  for (const candidate of folders.flatMap((folder) => candidates(folder, set, file))) {
    if (await isFile(candidate.path)) return candidate;
  }
  return undefined;
}

/** The known set that publishes a file with this checksum, packed or not. */
export function setOfChecksum(checksum: string): string | undefined {
  const holds = dataSets.find(({ files }) =>
    files.some((file) => [file, file.unpacked].some((one) => one?.checksum.value === checksum)),
  );
  return holds?.name;
}

function absent(folders: readonly string[], set: string, file: string): AbsentFile {
  return new AbsentFile("data", `${set}/${file} is not here: looked in ${folders.join(", ")}`, {
    hint: `Download it with "kvt data fetch ${set}", or name a folder that holds it with --data DIR or KVT_DATA.`,
  });
}

/** A set that is published as an archive, and the archive's path where its files lie nowhere by themselves. */
interface ArchivedPlace {
  readonly folders: readonly string[];
  readonly archive: string | undefined;
}

/**
 * The first folder that holds any file of the set, or its archive. All files come from there: a part of the set in one folder
 * and the rest of another edition in the next would share pictures.
 */
async function placeOf(folders: readonly string[], set: DataSet, archive: Archive): Promise<ArchivedPlace> {
  for (const folder of folders) {
    for (const { name } of set.files) {
      if ((await locateFile([folder], set.name, name)) !== undefined) return { folders: [folder], archive: undefined };
    }
    const found = await locateFile([folder], set.name, archive.name);
    if (found !== undefined) return { folders: [folder], archive: found.path };
  }
  return { folders, archive: undefined };
}

/** Reads an archive once for all its files, and hands out each of them once, so that none is kept longer than needed. */
function archiveReader(): (archive: string, names: readonly string[], file: string) => Promise<Uint8Array | undefined> {
  const held = new Map<string, Map<string, Uint8Array>>();
  return async (archive, names, file) => {
    let members = held.get(archive);
    if (members?.has(file) !== true) held.set(archive, (members = await readMembers(archive, names)));
    const bytes = members.get(file);
    members.delete(file);
    return bytes;
  };
}

/**
 * A reader of data files in `folders` (see `dataFolders`); of a set published as an archive it reads the archive where its
 * files are not unpacked. It throws a `data` error when a file is in none of them or belongs to another set, or when an
 * archive is broken, and a `disk` error when it cannot be read.
 */
export function fileReader(folders: readonly string[]): ReadFile {
  const fromArchive = archiveReader();
  return async (set, file) => {
    const known = dataSets.find(({ name }) => name === set);
    const place: ArchivedPlace =
      known?.archive === undefined ? { folders, archive: undefined } : await placeOf(folders, known, known.archive);
    if (known !== undefined && place.archive !== undefined) {
      const names = known.files.map(({ name }) => name);
      const bytes = await fromArchive(place.archive, names, file);
      if (bytes === undefined) throw absent(place.folders, set, file);
      return bytes;
    }
    const found = await locateFile(place.folders, set, file);
    if (found === undefined) throw absent(place.folders, set, file);
    const bytes = await untilOnDisk("read", found.path, readFile(found.path));
    if (found.direct) {
      const owner = setOfChecksum(sha256(bytes)) ?? set;
      if (owner !== set) {
        throw new KvtError("data", `${found.path}: expected a file of ${set}, got the one of ${owner}`, {
          hint: `Give each set a folder of its own, such as ${path.join(path.dirname(found.path), set)}.`,
        });
      }
    }
    return bytes;
  };
}
