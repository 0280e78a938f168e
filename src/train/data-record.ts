import path from "node:path";
import { sha256 } from "../data/checksum.ts";
import { gunzip } from "../data/gunzip.ts";
import { KvtError } from "../errors.ts";
import type { DataEnvironment } from "../tasks/task.ts";
import { jsonBytes, replaceFile } from "./durable.ts";
import { readJson } from "./json-file.ts";

/** A reader of data files that holds a run to those that it began with. */
export interface RecordingReader {
  /** throws a `data` error for a file with other content than the run began with, packed or not */
  readonly read: DataEnvironment["read"];
  readonly readPath?: NonNullable<DataEnvironment["readPath"]>;
  /** writes down what was read, if anything was and nothing is written yet */
  record(): void;
}

const OTHER_FOLDER = "Name the folder that holds the first one with --data.";
const CHANGED = "Put the first one back, or start a new run with this one.";

/** The SHA-256 of the unpacked files that a run reads lie in its folder as `data.json`. */
export function recordingReader(
  folder: string,
  { read, readPath }: Pick<DataEnvironment, "read" | "readPath">,
): RecordingReader {
  const place = path.join(folder, "data.json");
  const known = readJson(place);
  const seen: Record<string, string> = {};
  /** Checks the content of a file that was read under `name` against the one that the run began with. */
  async function held(name: string, bytes: Uint8Array, hint: string): Promise<Uint8Array> {
    const digest = sha256(await gunzip(bytes, name));
    const expected = known?.[name];
    if (typeof expected === "string" && expected !== digest) {
      throw new KvtError(
        "data",
        `${name} is not the file that the run ${folder} began with: expected SHA-256 ${expected.slice(0, 12)}…, got ${digest.slice(0, 12)}…`,
        { hint },
      );
    }
    seen[name] = digest;
    return bytes;
  }
  return {
    read: async (set, file) => held(`${set}/${file.replace(/\.gz$/, "")}`, await read(set, file), OTHER_FOLDER),
    ...(readPath && { readPath: async (file: string) => held(file, await readPath(file), CHANGED) }),
    record() {
      if (known === undefined && Object.keys(seen).length > 0) replaceFile(place, jsonBytes(seen));
    },
  };
}
