import { KvtError } from "../errors.ts";
import { readIdxImages, readIdxLabels } from "./idx.ts";

/** Pictures with their classes, as small as they were published. */
export interface LabelledImages {
  readonly count: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** (count, channels, height, width), 0 … 255 */
  readonly pixels: Uint8Array;
  /** (count), 0 … classes−1 */
  readonly labels: Uint8Array;
}

/** Reads one file of a data set, by set and file name; throws a `data` error that names the file. */
export type ReadFile = (set: string, file: string) => Promise<Uint8Array>;

/** A file of a set that is in none of the folders. */
export class AbsentFile extends KvtError {}

/** Grey pictures from a pair of IDX files. Throws a `data` error when the two do not belong together. */
export async function readIdxPair(
  read: ReadFile,
  set: string,
  files: { readonly images: string; readonly labels: string },
  classes: number,
): Promise<LabelledImages> {
  const names = { images: `${set}/${files.images}`, labels: `${set}/${files.labels}` };
  const images = await readIdxImages(await read(set, files.images), names.images);
  const labels = await readIdxLabels(await read(set, files.labels), names.labels, classes);
  if (images.count !== labels.length) {
    const got = `${images.count} images in ${names.images} and ${labels.length} labels in ${names.labels}`;
    throw new KvtError("data", `${set}: expected one label for each image, got ${got}`, {
      hint: `The files are of different sets or splits; "kvt data verify" checks them.`,
    });
  }
  return { channels: 1, ...images, labels };
}

/**
 * Writes picture `index` at example `at` of `out` (B,channels,height,width), each byte by its entry in the
 * table of its channel.
 */
export function copyImage(
  { pixels, channels, height, width }: Omit<LabelledImages, "count" | "labels">,
  index: number,
  tables: readonly Float32Array[],
  out: Float32Array,
  at: number,
): void {
  const plane = height * width;
  for (let channel = 0; channel < channels; channel++) {
    const table = tables[channel] as Float32Array;
    let from = (index * channels + channel) * plane;
    for (let to = (at * channels + channel) * plane, end = to + plane; to < end;) {
      out[to++] = table[pixels[from++] as number] as number;
    }
  }
}

/** (v / 255 − mean) / std for each byte v. */
export function normalisation(mean: number, std: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean) / std);
}

/** Bytes of picture `index` as people look at it: (height, width, channels). */
export function imagePixels({ pixels, channels, height, width }: LabelledImages, index: number): Uint8Array {
  const plane = height * width;
  const start = index * channels * plane;
  const out = new Uint8Array(channels * plane);
  for (let pixel = 0; pixel < plane; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      out[pixel * channels + channel] = pixels[start + channel * plane + pixel] as number;
    }
  }
  return out;
}
