import { createReadStream } from "node:fs";
import { posix } from "node:path";
import { PassThrough } from "node:stream";
import { diskError } from "../disk.ts";
import { KvtError } from "../errors.ts";

/** One file of an archive; its bytes can be read once. */
export interface Member {
  readonly name: string;
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array>;
}

const tarFault = (error: Error): boolean =>
  "tarCode" in error || ("code" in error && /^(Z|TAR)_/.test(String(error.code)));

/** Calls `take` for each file in the archive, one after the other. */
async function eachMember(
  archive: string,
  take: (member: Member) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { Parser } = await import("tar");
  return new Promise((resolve, reject) => {
    let current: PassThrough | undefined;
    let taking = Promise.resolve();
    const source = createReadStream(archive, { signal });
    const fail = (error: Error): void => {
      source.destroy();
      current?.destroy(error);
      // Whoever takes a file closes what it writes to before anybody hears of the failure.
      taking.then(
        () => reject(error),
        () => reject(error),
      );
    };
    const parser = new Parser({
      strict: true,
      onReadEntry(entry) {
        if (entry.type !== "File") return entry.resume();
        const content = entry.pipe(new PassThrough());
        // Who reads it hears of an error too; without this one it would end the process where nobody reads yet.
        content.on("error", () => {});
        current = content;
        taking = taking.then(() => take({ name: posix.basename(entry.path), bytes: entry.size, content }));
        taking.catch(fail);
      },
    });
    parser.on("error", fail);
    parser.on("end", () => void taking.then(resolve, reject));
    source.on("error", fail);
    source.on("data", (chunk) => {
      if (parser.write(chunk as Buffer)) return;
      source.pause();
      parser.once("drain", () => source.resume());
    });
    source.on("end", () => parser.end());
  });
}

async function skip(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of content);
}

/**
 * Hands the files of a tar archive, packed with gzip or not, whose names without folders are in `names` to `take`, in the
 * archive's order; it reads the archive once, in little memory. Throws a `data` error when the archive is cut off or
 * damaged or lacks one of the files, a `disk` error, or the reason of `signal`.
 */
export async function readArchive(
  archive: string,
  names: readonly string[],
  take: (member: Member) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const wanted = new Set(names);
  const seen: string[] = [];
  const each = (member: Member): Promise<void> => {
    seen.push(member.name);
    return wanted.delete(member.name) ? take(member) : skip(member.content);
  };
  try {
    await eachMember(archive, each, signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof Error && tarFault(error))) throw diskError("read", archive, error);
    const got = `one that is cut off or damaged (${error.message})`;
    throw new KvtError("data", `${archive}: expected a whole tar.gz file, got ${got}`, {
      hint: "Download it again.",
      cause: error,
    });
  }
  if (wanted.size === 0) return;
  const got = seen.length === 0 ? "no file at all" : seen.join(", ");
  throw new KvtError("data", `${archive}: expected ${[...wanted].join(", ")} in it, got ${got}`, {
    hint: "The archive is not the published one; download it again.",
  });
}

/** The same files in memory, by their names. */
export async function readMembers(archive: string, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const members = new Map<string, Uint8Array>();
  await readArchive(archive, names, async ({ name, bytes, content }) => {
    const all = new Uint8Array(bytes);
    let at = 0;
    for await (const chunk of content) {
      all.set(chunk, at);
      at += chunk.length;
    }
    members.set(name, all);
  });
  return members;
}
