import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { KvtError } from "../errors.ts";
import { dataSets } from "./catalogue.ts";
import { sha256 } from "./checksum.ts";
import { untilOnDisk } from "../disk.ts";
import { AbsentFile, type ReadFile } from "./images.ts";

/** Where a file may lie in a folder. `direct` ones lie beside files of other sets, which may have the same names. */
interface Candidate {
  readonly path: string;
  readonly direct: boolean;
}

function candidates(folder: string, set: string, file: string): readonly Candidate[] {
  const names = file.endsWith(".gz") ? [file, file.slice(0, -".gz".length)] : [file];
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
    files.some(({ sha256, unpacked }) => sha256 === checksum || unpacked?.sha256 === checksum),
  );
  return holds?.name;
}

function absent(folders: readonly string[], set: string, file: string): AbsentFile {
  return new AbsentFile("data", `${set}/${file} is not here: looked in ${folders.join(", ")}`, {
    hint: `Download it with "kvt data fetch ${set}", or name a folder that holds it with --data DIR or KVT_DATA.`,
  });
}

/**
 * A reader of data files in `folders` (see `dataFolders`). It throws a `data` error when a file is in none of them or
 * belongs to another set, and a `disk` error when it cannot be read.
 */
export function fileReader(folders: readonly string[]): ReadFile {
  return async (set, file) => {
    const found = await locateFile(folders, set, file);
    if (found === undefined) throw absent(folders, set, file);
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
