import fs from "node:fs";
import { errorCode, onDisk } from "../disk.ts";
import { KvtError } from "../errors.ts";
import { isRecord } from "../record.ts";

/** A JSON object, or undefined when the file is not there. Throws a `run` error when it is broken. */
export function readJson(file: string): Readonly<Record<string, unknown>> | undefined {
  let text: string;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    return onDisk("read", file, () => {
      throw error;
    });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // Told below, as for JSON that is not an object.
  }
  throw new KvtError(
    "run",
    `${file} is broken: expected a JSON object, got ${text.length} characters of something else`,
  );
}
