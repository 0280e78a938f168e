import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { untilOnDisk } from "../disk.ts";
import type { FileContent } from "./data-set.ts";

const PIXELS = 3 * 32 * 32;

/** What a file that is not the published one holds: so many of its units, or something else than it should. */
export type FoundContent =
  { readonly unit: "pictures" | "lines"; readonly count: number } | { readonly expected: string; readonly got: string };

async function readRows(place: string, { classes }: FileContent & { kind: "cifar" }): Promise<FoundContent> {
  const row = classes.length + PIXELS;
  const whole = `rows of ${row} bytes`;
  let bytes = 0;
  for await (const chunk of createReadStream(place) as AsyncIterable<Uint8Array>) {
    for (const [label, count] of classes.entries()) {
      // The first byte of this chunk that is a label of that kind.
      for (let at = (label + row - (bytes % row)) % row; at < chunk.length; at += row) {
        const value = chunk[at] as number;
        const index = Math.floor((bytes + at) / row);
        if (value >= count) return { expected: `labels from 0 to ${count - 1}`, got: `${value} in row ${index}` };
      }
    }
    bytes += chunk.length;
  }
  const count = Math.floor(bytes / row);
  const rest = bytes - count * row;
  if (rest > 0) return { expected: whole, got: `${count} and ${rest} bytes more: the file is cut off` };
  return count === 0 ? { expected: whole, got: "an empty file" } : { unit: "pictures", count };
}

async function readLines(place: string, { lines }: FileContent & { kind: "lines" }): Promise<FoundContent> {
  const file = createReadStream(place);
  const bytes = place.endsWith(".gz") ? file.pipe(createGunzip()) : file;
  file.on("error", (error) => bytes.destroy(error));
  let count = 0;
  let last = 10;
  try {
    for await (const chunk of bytes as AsyncIterable<Uint8Array>) {
      for (const byte of chunk) if (byte === 10) count++;
      last = chunk.at(-1) ?? last;
    }
  } catch (error) {
    const isGzip = error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
    if (!isGzip) throw error;
    return { expected: "a whole gzip file", got: `one that is cut off or damaged (${error.message})` };
  }
  // A last line without its end is a line.
  if (last !== 10) count++;
  return count === lines ? { unit: "lines", count } : { expected: `${lines} lines`, got: String(count) };
}

/** Reads a file once, in little memory. Throws a `disk` error when it cannot be read. */
export async function inspectContent(content: FileContent, place: string): Promise<FoundContent> {
  return untilOnDisk("read", place, content.kind === "cifar" ? readRows(place, content) : readLines(place, content));
}
