import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { ChecksumKind } from "./data-set.ts";

/** SHA-256 of bytes, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Checksum of a file, in hexadecimal, without holding the file in memory. */
export async function checksumOfFile(kind: ChecksumKind, file: string): Promise<string> {
  const hash = createHash(kind);
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** What people call a kind of checksum. */
export const checksumName: Readonly<Record<ChecksumKind, string>> = { sha256: "SHA-256", sha1: "SHA-1", md5: "MD5" };
