import type { LabelledImages } from "./images.ts";

/** For each of `size` places: the two of `length` neighbours between which it lies, and the share of the second. */
export function neighbours(length: number, size: number) {
  return Array.from({ length: size }, (_, at) => {
    const place = Math.min(Math.max((at + 0.5) * (length / size) - 0.5, 0), length - 1);
    const low = Math.floor(place);
    return { low, high: Math.min(low + 1, length - 1), share: place - low };
  });
}

/**
 * Adds picture `index`, in another size, to `example` of `out` (B,channels,height,width), which holds zeros there:
 * bilinear with the centres of pixels at halves, each byte by its entry in the table of its channel. One table for a
 * picture of three channels gives their mean.
 */
export function resizeImage(
  images: LabelledImages,
  index: number,
  tables: readonly Float32Array[],
  size: { readonly height: number; readonly width: number },
  out: Float32Array,
  example: number,
): void {
  const { pixels, channels } = images;
  const plane = images.height * images.width;
  const rows = neighbours(images.height, size.height);
  const columns = neighbours(images.width, size.width);
  const area = size.height * size.width;
  const share = tables.length / channels;
  const stretched = new Float32Array(images.height * size.width);
  for (let channel = 0; channel < channels; channel++) {
    const start = (index * channels + channel) * plane;
    const kept = channel % tables.length;
    const table = tables[kept] as Float32Array;
    let at = 0;
    for (let row = start; row < start + plane; row += images.width) {
      for (const { low, high, share: right } of columns) {
        const left = table[pixels[row + low] as number] as number;
        stretched[at++] = left + ((table[pixels[row + high] as number] as number) - left) * right;
      }
    }
    let to = (example * tables.length + kept) * area;
    for (const { low, high, share: below } of rows) {
      for (let column = 0; column < size.width; column++) {
        const upper = stretched[low * size.width + column] as number;
        const lower = stretched[high * size.width + column] as number;
        out[to] = (out[to] as number) + share * (upper + (lower - upper) * below);
        to++;
      }
    }
  }
}
