import { readFile } from "node:fs/promises";
import { fileReader } from "../data/files.ts";
import { dataFolders } from "../data/folders.ts";
import { errorCode, untilOnDisk } from "../disk.ts";
import { KvtError } from "../errors.ts";
import type { DataEnvironment } from "../tasks/task.ts";
import { featureExtractor } from "./features.ts";

/**
 * Data sets from `--data`, KVT_DATA or the cache, files by their paths, and image models on the CPU, whose work throws the
 * reason of `signal` when it is aborted.
 */
export function dataEnvironment(data: string | undefined, signal?: AbortSignal): Omit<DataEnvironment, "seed"> {
  return { read: fileReader(dataFolders(data)), readPath, features: featureExtractor({ signal }) };
}

/** A file that the user named. Throws a `data` error when there is none. */
export async function readPath(path: string): Promise<Uint8Array> {
  const bytes = readFile(path).catch((cause: unknown) => {
    const reasons: Record<string, string> = { ENOENT: "nothing", EISDIR: "a folder" };
    const got = reasons[errorCode(cause) ?? ""];
    if (got === undefined) throw cause;
    throw new KvtError("data", `${path}: expected a file, got ${got}`, { hint: "Check the path.", cause });
  });
  return untilOnDisk("read", path, bytes);
}
