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

type RowFormat = Pick<CifarFiles, "labelBytes" | "classes">;

/** The number of rows of a file, which follows from its size. Throws a `data` error for part of a row or a wrong label. */
function countRows(bytes: Uint8Array, file: string, { labelBytes, classes }: RowFormat): number {
  const row = labelBytes + PIXELS;
  const count = Math.floor(bytes.length / row);
  const rest = bytes.length - count * row;
  if (rest !== 0) throw broken(file, `rows of ${row} bytes`, `${bytes.length} bytes: ${count} rows and ${rest} more`);
  if (count === 0) throw broken(file, `rows of ${row} bytes`, "an empty file");
  for (let index = 0; index < count; index++) {
    const label = bytes[index * row + labelBytes - 1] as number;
    if (label >= classes) throw broken(file, `labels from 0 to ${classes - 1}`, `${label} in row ${index}`);
  }
  return count;
}

function longer(array: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(length);
  copy.set(array);
  return copy;
}

/** Pictures of the files that are here, one after the other; the first is needed. */
async function readFiles(read: ReadFile, files: CifarFiles, names: readonly string[]): Promise<LabelledImages> {
  const row = files.labelBytes + PIXELS;
  let [pixels, labels, count] = [new Uint8Array(0), new Uint8Array(0), 0];
  for (const [position, name] of names.entries()) {
    const bytes = await read(files.set, name).catch((error: unknown) => {
      if (position > 0 && error instanceof AbsentFile) return undefined;
      throw error;
    });
    if (bytes === undefined) continue;
    const end = count + countRows(bytes, `${files.set}/${name}`, files);
    if (end > labels.length) {
      // Room for as many in each file to come: memory that is never written to costs nothing, a copy does.
      const room = end + (end - count) * (names.length - 1 - position);
      pixels = longer(pixels, room * PIXELS);
      labels = longer(labels, room);
    }
    for (let start = files.labelBytes; count < end; count++, start += row) {
      labels[count] = bytes[start - 1] as number;
      pixels.set(bytes.subarray(start, start + PIXELS), count * PIXELS);
    }
  }
  return {
    count,
    channels: CHANNELS,
    height: SIDE,
    width: SIDE,
    pixels: pixels.subarray(0, count * PIXELS),
    labels: labels.subarray(0, count),
  };
}

/** Training and test pictures. Throws a `data` error when the first training file or the test file is absent. */
export async function readCifar(
  read: ReadFile,
  files: CifarFiles,
): Promise<{ readonly train: LabelledImages; readonly test: LabelledImages }> {
  return { train: await readFiles(read, files, files.train), test: await readFiles(read, files, [files.test]) };
}
