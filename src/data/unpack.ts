import { open, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { untilOnDisk } from "../disk.ts";
import { KvtError } from "../errors.ts";
import { readArchive, type Member } from "./archive.ts";
import { checksumName, checksumOfFile } from "./checksum.ts";
import type { Archive, DataFile } from "./data-set.ts";

async function save(part: string, { content }: Member): Promise<void> {
  const handle = await untilOnDisk("write", part, open(part, "w"));
  try {
    await untilOnDisk("write", part, writeFile(handle, content));
    await untilOnDisk("write", part, handle.datasync());
  } finally {
    await handle.close();
  }
}

/**
 * Unpacks the files of a set and the archive's extras from the archive at `place` into `folder`. They get their names only
 * when all are there and have the published checksums; otherwise nothing stays. Throws a `data` error that names archive
 * and file, a `disk` error, or the reason of `signal`.
 */
export async function unpack(
  place: string,
  folder: string,
  { archive, files }: { readonly archive: Archive; readonly files: readonly DataFile[] },
  signal?: AbortSignal,
): Promise<void> {
  const names = [...files.map(({ name }) => name), ...archive.extras];
  const partOf = (name: string): string => path.join(folder, `${name}.part`);
  try {
    await readArchive(place, names, (member) => save(partOf(member.name), member), signal);
    for (const { name, checksum } of files) {
      const got = await untilOnDisk("read", partOf(name), checksumOfFile(checksum.kind, partOf(name)));
      if (got === checksum.value) continue;
      const expected = `${checksumName[checksum.kind]} ${checksum.value}`;
      throw new KvtError("data", `${place}: ${name}: expected ${expected}, got ${got}`, {
        hint: "The archive is not the published one; download it again.",
      });
    }
    for (const name of names) await untilOnDisk("write", folder, rename(partOf(name), path.join(folder, name)));
  } catch (error) {
    for (const name of names) await rm(partOf(name), { force: true });
    throw error;
  }
}
