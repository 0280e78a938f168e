import { KvtError } from "../errors.ts";
import { AbsentFile, type LabelledImages, type ReadFile } from "./images.ts";

/** Side of a picture of CIFAR-10 and CIFAR-100 in pixels. */
const SIDE = 32;
const CHANNELS = 3;
const PIXELS = CHANNELS * SIDE * SIDE;

/**
 * The binary version of CIFAR (Krizhevsky 2009): rows of label bytes and 3 x 32 x 32 pixels, plane by plane, with
 * nothing between them. CIFAR-100 has a coarse label before the fine one; the fine one is read.
 */
export interface CifarFiles {
  readonly set: string;
  /** the first is needed, later ones may be absent, as in subsets */
  readonly train: readonly [string, ...string[]];
  readonly test: string;
  /** label bytes of a row; the last is the class */
  readonly labelBytes: 1 | 2;
  readonly classes: number;
}

function broken(file: string, expected: string, got: string): KvtError {
  const hint = `The file is not what its name says, or is cut off; expected is the binary version of CIFAR.`;
  return new KvtError("data", `${file}: expected ${expected}, got ${got}`, { hint });
}

/** Pictures and fine labels of one file. The number of rows follows from its size. Throws a `data` error. */
function readRows(
  bytes: Uint8Array,
  file: string,
  { labelBytes, classes }: Pick<CifarFiles, "labelBytes" | "classes">,
): LabelledImages {
  const row = labelBytes + PIXELS;
  const count = Math.floor(bytes.length / row);
  const rest = bytes.length - count * row;
  if (rest !== 0) throw broken(file, `rows of ${row} bytes`, `${bytes.length} bytes: ${count} rows and ${rest} more`);
  if (count === 0) throw broken(file, `rows of ${row} bytes`, "an empty file");
  const pixels = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const start = index * row + labelBytes;
    const label = bytes[start - 1] as number;
    if (label >= classes) throw broken(file, `labels from 0 to ${classes - 1}`, `${label} in row ${index}`);
    labels[index] = label;
    pixels.set(bytes.subarray(start, start + PIXELS), index * PIXELS);
  }
  return { count, channels: CHANNELS, height: SIDE, width: SIDE, pixels, labels };
}

function joined(parts: readonly LabelledImages[]): LabelledImages {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first as LabelledImages;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const pixels = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  let at = 0;
  for (const part of parts) {
    pixels.set(part.pixels, at * PIXELS);
    labels.set(part.labels, at);
    at += part.count;
  }
  return { ...first, count, pixels, labels };
}

/** Training and test pictures. Throws a `data` error when the first training file or the test file is absent. */
export async function readCifar(
  read: ReadFile,
  files: CifarFiles,
): Promise<{ readonly train: LabelledImages; readonly test: LabelledImages }> {
  const part = async (name: string) => readRows(await read(files.set, name), `${files.set}/${name}`, files);
  const parts = [await part(files.train[0])];
  for (const name of files.train.slice(1)) {
    try {
      parts.push(await part(name));
    } catch (error) {
      if (!(error instanceof AbsentFile)) throw error;
    }
  }
  return { train: joined(parts), test: await part(files.test) };
}
