import type { Random } from "../random.ts";
import { neighbours } from "./resize.ts";

export interface PictureSize {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Share of the area, and width over height, that a crop keeps at least and at most. */
const SCALE = [0.8, 1] as const;
const RATIO = [0.9, 1.1] as const;
const TRIES = 10;

interface Crop {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** A crop of random area and shape at a random place; the whole picture when ten of them do not fit into it. */
function drawCrop({ height, width }: PictureSize, draws: Random): Crop {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const area = height * width * (SCALE[0] + draws.uniform() * (SCALE[1] - SCALE[0]));
    const ratio = Math.exp(Math.log(RATIO[0]) + draws.uniform() * Math.log(RATIO[1] / RATIO[0]));
    const crop = { height: Math.round(Math.sqrt(area / ratio)), width: Math.round(Math.sqrt(area * ratio)) };
    if (crop.height > height || crop.width > width) continue;
    return { ...crop, top: draws.integer(height - crop.height + 1), left: draws.integer(width - crop.width + 1) };
  }
  return { top: 0, left: 0, height, width };
}

/** `neighbours` in a crop that begins at `start`, from its end where it is mirrored. */
function cropped(start: number, length: number, size: number, mirrored: boolean) {
  const places = neighbours(length, size).map(({ low, high, share }) => {
    return { low: start + low, high: start + high, share };
  });
  return mirrored ? places.reverse() : places;
}

/**
 * Replaces the picture at example `at` of `batch` (B,channels,height,width) by a random crop of it, drawn to full size
 * with bilinear interpolation and mirrored left to right in half of the cases.
 */
export function augmentPicture(batch: Float32Array, at: number, size: PictureSize, draws: Random): void {
  const { channels, height, width } = size;
  const mirrored = draws.uniform() < 0.5;
  const crop = drawCrop(size, draws);
  const rows = cropped(crop.top, crop.height, height, false);
  const columns = cropped(crop.left, crop.width, width, mirrored);
  const plane = height * width;
  for (let channel = 0; channel < channels; channel++) {
    const start = (at * channels + channel) * plane;
    const source = batch.slice(start, start + plane);
    let to = start;
    for (const row of rows) {
      for (const column of columns) {
        const upper = mix(source, row.low * width, column);
        const lower = mix(source, row.high * width, column);
        batch[to++] = upper + (lower - upper) * row.share;
      }
    }
  }
}

function mix(source: Float32Array, row: number, { low, high, share }: { low: number; high: number; share: number }) {
  const left = source[row + low] as number;
  return left + ((source[row + high] as number) - left) * share;
}
