import { KvtError } from "../errors.ts";
import { isRecord } from "../record.ts";
import type { Values } from "../runtime/values.ts";

/**
 * The safetensors format: 8 bytes with the header's length N (little-endian), N bytes of JSON
 * `{ name: { dtype, shape, data_offsets: [begin, end] }, "__metadata__": { key: text } }` padded with spaces to a
 * multiple of 8, then the numbers, row-major and without gaps. Written and read here: F32 and I32.
 */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Values>;
  readonly metadata: Readonly<Record<string, string>>;
}

const LENGTH_BYTES = 8;
const METADATA = "__metadata__";
/** The format's own limit on the header. */
const MAX_HEADER_BYTES = 100_000_000;

/** File bytes of the tensors, in their order. Throws a `checkpoint` error for data that do not fill their shape. */
export function writeSafetensors({ tensors, metadata }: Safetensors): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  if (Object.keys(metadata).length > 0) header[METADATA] = metadata;
  let end = 0;
  for (const [name, { data, shape }] of tensors) {
    const size = shape.reduce((a, b) => a * b, 1);
    if (size !== data.length) {
      throw new KvtError(
        "checkpoint",
        `tensor "${name}": expected ${size} numbers for (${shape.join(",")}), got ${data.length}`,
      );
    }
    if (name === METADATA) throw new KvtError("checkpoint", `a tensor cannot have the name "${METADATA}"`);
    const begin = end;
    end += data.byteLength;
    header[name] = { dtype: data instanceof Int32Array ? "I32" : "F32", shape, data_offsets: [begin, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(text, LENGTH_BYTES);
  bytes.fill(0x20, LENGTH_BYTES + text.length, LENGTH_BYTES + headerBytes);
  let at = LENGTH_BYTES + headerBytes;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * The tensors of a file, as views of `bytes` where they are aligned to 4 bytes, else copied. Throws a `checkpoint`
 * error that names `file` for everything that the format does not allow, and for other dtypes.
 */
export function readSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const fail = (message: string): KvtError =>
    new KvtError("checkpoint", `${file} is not a valid safetensors file: ${message}`);
  if (bytes.length < LENGTH_BYTES) throw fail(`expected at least 8 bytes, got ${bytes.length}`);
  const claimed = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  const room = Math.min(bytes.length - LENGTH_BYTES, MAX_HEADER_BYTES);
  if (claimed > BigInt(room)) throw fail(`expected a header of at most ${room} bytes, got ${claimed}`);
  const headerBytes = Number(claimed);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes), fail);
  // A plain Uint8Array: `slice` of Node's Buffer would not copy.
  const body = new Uint8Array(
    bytes.buffer,
    bytes.byteOffset + LENGTH_BYTES + headerBytes,
    bytes.length - LENGTH_BYTES - headerBytes,
  );
  const { [METADATA]: metadata, ...entries } = header;
  const tensors = new Map<string, Values>();
  const spans: Span[] = [];
  for (const [name, value] of Object.entries(entries)) {
    const entry = parseEntry(name, value, fail);
    if (entry.end > body.length) {
      throw fail(`tensor "${name}" ends at byte ${entry.end}, expected at most ${body.length}; the file is cut off`);
    }
    spans.push({ name, begin: entry.begin, end: entry.end });
    tensors.set(name, { shape: entry.shape, data: view(body, entry) });
  }
  checkCovered(spans, body.length, fail);
  return { tensors, metadata: parseMetadata(metadata, fail) };
}

type Fail = (message: string) => KvtError;

interface Span {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

interface Entry {
  readonly dtype: "F32" | "I32";
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw fail('expected the header to begin with "{"');
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw fail(`the header is not JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  if (!isRecord(header)) throw fail("expected the header to be a JSON object");
  const repeated = repeatedKey(text);
  if (repeated !== undefined) throw fail(`the header names ${repeated} twice`);
  return header;
}

/** The first key that stands twice in one object of a valid JSON text; `JSON.parse` would keep the last one only. */
function repeatedKey(text: string): string | undefined {
  const keys: Set<string>[] = [];
  for (const [token, string, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g)) {
    if (token === "{") keys.push(new Set());
    else if (token === "}") keys.pop();
    else if (string !== undefined && colon !== undefined) {
      const key = JSON.stringify(JSON.parse(string));
      if (keys.at(-1)?.has(key) === true) return key;
      keys.at(-1)?.add(key);
    }
  }
  return undefined;
}

function parseEntry(name: string, value: unknown, fail: Fail): Entry {
  if (!isRecord(value)) throw fail(`tensor "${name}": expected an object`);
  const { dtype, shape, data_offsets: offsets, ...rest } = value;
  const extra = Object.keys(rest)[0];
  if (extra !== undefined) throw fail(`tensor "${name}": unknown field "${extra}"`);
  if (dtype !== "F32" && dtype !== "I32") {
    throw fail(`tensor "${name}": expected dtype F32 or I32, got ${JSON.stringify(dtype) ?? "none"}`);
  }
  if (!isSizes(shape))
    throw fail(`tensor "${name}": expected a shape of whole numbers, got ${JSON.stringify(shape) ?? "none"}`);
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw fail(`tensor "${name}": expected data_offsets [begin, end], got ${JSON.stringify(offsets) ?? "none"}`);
  }
  const [begin = 0, end = 0] = offsets;
  const expected = shape.reduce((a, b) => a * b, 4);
  if (end - begin !== expected) {
    throw fail(`tensor "${name}": expected ${expected} bytes for (${shape.join(",")}), got ${end - begin}`);
  }
  return { dtype, shape, begin, end };
}

function parseMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw fail(`expected ${METADATA} to be an object`);
  const texts = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text !== "string") throw fail(`${METADATA} "${key}": expected text, got ${JSON.stringify(text)}`);
    return [key, text];
  });
  return Object.fromEntries(texts);
}

/** Every byte of the body belongs to exactly one tensor. */
function checkCovered(spans: readonly Span[], length: number, fail: Fail): void {
  let covered = 0;
  for (const { name, begin, end } of spans.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) throw fail(`tensor "${name}" begins at byte ${begin}, expected ${covered}`);
    covered = end;
  }
  if (covered !== length) throw fail(`expected ${covered} bytes of numbers, got ${length}`);
}

function view(body: Uint8Array, { dtype, begin, end }: Entry): Float32Array | Int32Array {
  const aligned = (body.byteOffset + begin) % 4 === 0;
  const source = aligned ? body.subarray(begin, end) : body.slice(begin, end);
  const count = (end - begin) / 4;
  return dtype === "I32"
    ? new Int32Array(source.buffer, source.byteOffset, count)
    : new Float32Array(source.buffer, source.byteOffset, count);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
}
