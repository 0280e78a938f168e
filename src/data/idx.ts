import { KvtError } from "../errors.ts";
import { gunzip } from "./gunzip.ts";

/**
 * IDX, the format of MNIST: big-endian magic 00 00, type of an element (08 = byte), number of axes; then the length
 * of each axis as uint32; then the elements, last axis fastest.
 */
const IMAGES = 0x00000803;
const LABELS = 0x00000801;
const CONTENT = new Map([
  [IMAGES, "images"],
  [LABELS, "labels"],
]);

export interface IdxImages {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** (count, height, width), 0 … 255, 0 = background */
  readonly pixels: Uint8Array;
}

function broken(file: string, expected: string, got: string, hint?: string): KvtError {
  return new KvtError("data", `${file}: expected ${expected}, got ${got}`, {
    hint: hint ?? `The file is not what its name says; "kvt data verify" checks all files.`,
  });
}

function hex(magic: number): string {
  return magic.toString(16).padStart(8, "0");
}

/** Axis lengths and elements of an IDX file of bytes with the given magic. */
function readIdx(bytes: Uint8Array, magic: number, file: string): { axes: readonly number[]; elements: Uint8Array } {
  const header = 4 + 4 * (magic & 0xff);
  const what = `IDX ${CONTENT.get(magic)} (magic ${hex(magic)})`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length >= 4 && view.getUint32(0) !== magic) {
    const got = view.getUint32(0);
    const other = CONTENT.get(got);
    throw broken(file, what, `magic ${hex(got)}`, other === undefined ? undefined : `This is a file of ${other}.`);
  }
  if (bytes.length < header) throw broken(file, what, `${bytes.length} bytes, less than its header of ${header}`);
  const axes = Array.from({ length: magic & 0xff }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = axes.reduce((product, length) => product * length, 1);
  const content = `${axes.join(" x ")} ${CONTENT.get(magic)}`;
  if (size === 0) throw broken(file, `some ${CONTENT.get(magic)}`, content);
  const [expected, got] = [header + size, bytes.length];
  if (got < expected) {
    throw broken(file, `${expected} bytes (${content})`, `${got}: the file is cut off`, "Download it again.");
  }
  if (got > expected) throw broken(file, `${expected} bytes (${content})`, `${got}: ${got - expected} too many`);
  return { axes, elements: bytes.subarray(header) };
}

/** Reads IDX images, packed with gzip or not. `file` names them in errors. Throws a `data` error. */
export async function readIdxImages(bytes: Uint8Array, file: string): Promise<IdxImages> {
  const { axes, elements } = readIdx(await gunzip(bytes, file), IMAGES, file);
  const [count = 0, height = 0, width = 0] = axes;
  return { count, height, width, pixels: elements };
}

/** Reads IDX labels 0 … classes−1, packed with gzip or not. `file` names them in errors. Throws a `data` error. */
export async function readIdxLabels(bytes: Uint8Array, file: string, classes: number): Promise<Uint8Array> {
  const { elements } = readIdx(await gunzip(bytes, file), LABELS, file);
  const wrong = elements.findIndex((label) => label >= classes);
  if (wrong >= 0) throw broken(file, `labels from 0 to ${classes - 1}`, `${elements[wrong]} at index ${wrong}`);
  return elements;
}
