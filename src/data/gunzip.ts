import { KvtError } from "../errors.ts";

/** True for bytes that begin as RFC 1952 says: a file's name may lie, its first two bytes do not. */
function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** DEFLATE cannot make more than 1032 bytes of one. */
const MAX_RATIO = 1032;

/** The length that a gzip file claims in its last four bytes; only a first guess, for it may be damaged. */
function claimedLength(bytes: Uint8Array): number {
  if (bytes.length < 4) return 0;
  const claimed = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4).getUint32(0, true);
  return Math.min(claimed, bytes.length * MAX_RATIO);
}

/**
 * Unpacked bytes of a gzip file, or `bytes` itself when it is not one. Length and CRC are checked on the way.
 * Throws a `data` error that names `file` when the gzip data is cut off, damaged or followed by something else.
 */
export async function gunzip(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  // A view of shared memory cannot be streamed; an ordinary one is not copied.
  const source = bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : Uint8Array.from(bytes);
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  const written = writer.write(source).then(() => writer.close());
  // Reading reports the same failure first; without this the second report would end the process.
  written.catch(() => {});

  let out = new Uint8Array(claimedLength(bytes));
  let length = 0;
  const reader = readable.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const end = length + next.value.length;
      if (end > out.length) {
        const larger = new Uint8Array(Math.max(end, 2 * out.length));
        larger.set(out.subarray(0, length));
        out = larger;
      }
      out.set(next.value, length);
      length = end;
    }
    await written;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const got = `${bytes.length} bytes that are cut off or damaged (${reason})`;
    throw new KvtError("data", `${file}: expected a whole gzip file, got ${got}`, {
      hint: `Download it again; "kvt data verify" checks all files.`,
      cause,
    });
  }
  return out.subarray(0, length);
}
