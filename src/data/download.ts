import { open, rm, stat } from "node:fs/promises";
import { KvtError } from "../errors.ts";
import { errorCode, untilOnDisk } from "../disk.ts";

export interface DownloadOptions {
  /** called with the bytes that are on the disk so far */
  readonly onBytes?: ((received: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** seconds without a byte after which a server counts as dead */
  readonly idleSeconds?: number | undefined;
}

const IDLE_SECONDS = 30;

/** Bytes of a file; 0 when it is not there. */
export async function sizeOf(file: string): Promise<number> {
  const size = stat(file).then(
    (found) => found.size,
    (error: unknown) => {
      if (errorCode(error) === "ENOENT") return 0;
      throw error;
    },
  );
  return untilOnDisk("read", file, size);
}

function failed(url: string, reason: string, cause?: unknown): KvtError {
  return new KvtError("data", `${url}: ${reason}`, { cause });
}

/** `fetch` says only "fetch failed"; the reason stands in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message || (errorCode(error.cause) ?? "") : "";
  return cause === "" ? error.message : `${error.message} (${cause})`;
}

/** First byte and full size that a partial answer (206) is about: `Content-Range: bytes 5-9/10` → 5, 10. */
function contentRange(response: Response): { start: number; total: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get("content-range") ?? "");
  return match === null ? undefined : { start: Number(match[1]), total: Number(match[2]) };
}

/**
 * Where in the file the answer's bytes begin: at `from`, or at 0 when the server ignores ranges. Throws a `data` error
 * when the server has nothing or another file.
 */
function startOf(response: Response, url: string, from: number, bytes: number): number {
  if (response.status === 206) {
    const range = contentRange(response);
    if (range?.start !== from) throw failed(url, `expected bytes from ${from} on, got others`);
    if (range.total !== bytes) throw failed(url, `expected a file of ${bytes} bytes, got one of ${range.total}`);
    return range.start;
  }
  if (!response.ok) throw failed(url, `expected the file, got HTTP status ${response.status} ${response.statusText}`);
  const length = response.headers.get("content-length");
  if (length !== null && Number(length) !== bytes) {
    throw failed(url, `expected a file of ${bytes} bytes, got one of ${length}`);
  }
  return 0;
}

/** Appends the answer's bytes to `part`, after the first `start`. Returns the size of `part`. */
async function save(
  response: Response,
  part: string,
  start: number,
  bytes: number,
  onBytes: (received: number) => void,
): Promise<number> {
  const handle = await untilOnDisk("write", part, open(part, start > 0 ? "a" : "w"));
  let received = start;
  try {
    const reader = response.body?.getReader();
    for (let next = await reader?.read(); next !== undefined && !next.done; next = await reader?.read()) {
      // One byte too many is enough to know that this is another file.
      await untilOnDisk("write", part, handle.writeFile(next.value.subarray(0, bytes + 1 - received)));
      received = Math.min(received + next.value.length, bytes + 1);
      onBytes(received);
      if (received > bytes) break;
    }
    if (received === bytes) await untilOnDisk("write", part, handle.datasync());
  } finally {
    await untilOnDisk("write", part, handle.close());
  }
  return received;
}

/**
 * Downloads `url` to `part` until it has `bytes` bytes, going on after those that are there. A server that ignores
 * the range, refuses it or answers another one starts it anew. What has arrived stays when it fails.
 * Throws a `data` error that names the URL, a `disk` error, or the reason of `signal`.
 */
export async function download(url: string, part: string, bytes: number, options: DownloadOptions = {}): Promise<void> {
  const idle = new AbortController();
  const idleSeconds = options.idleSeconds ?? IDLE_SECONDS;
  const abort = (): void => idle.abort(failed(url, `no answer for ${idleSeconds} seconds`));
  const timer = setTimeout(abort, idleSeconds * 1000);
  const signal = options.signal === undefined ? idle.signal : AbortSignal.any([idle.signal, options.signal]);

  const request = async (from: number): Promise<Response> => {
    // Without "identity" a server may pack the file once more, and its length would mean nothing.
    const headers = { "accept-encoding": "identity", ...(from > 0 ? { range: `bytes=${from}-` } : {}) };
    return fetch(url, { headers, signal });
  };

  try {
    const had = await sizeOf(part);
    if (had === bytes) return;
    let from = had < bytes ? had : 0;
    let response = await request(from);
    const fits = (): boolean =>
      response.status !== 416 && (response.status !== 206 || contentRange(response)?.start === from);
    if (from > 0 && !fits()) {
      await response.body?.cancel();
      from = 0;
      response = await request(from);
    }
    const received = await save(response, part, startOf(response, url, from, bytes), bytes, (received) => {
      timer.refresh();
      options.onBytes?.(received);
    });
    if (received > bytes) {
      await untilOnDisk("write", part, rm(part, { force: true }));
      throw failed(url, `expected a file of ${bytes} bytes, got a longer one`);
    }
    if (received < bytes) throw failed(url, `the connection ended after ${received} of ${bytes} bytes`);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof KvtError) throw error;
    throw failed(url, reasonOf(error), error);
  } finally {
    clearTimeout(timer);
    idle.abort();
  }
}
