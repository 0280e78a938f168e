import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copyImage, normalisation, type LabelledImages } from "../../src/data/images.ts";
import { resizeImage } from "../../src/data/resize.ts";

const UNIT = normalisation(0, 1);

function pictures(channels: number, height: number, width: number, byte: (at: number) => number): LabelledImages {
  const pixels = Uint8Array.from({ length: 2 * channels * height * width }, (_, at) => byte(at));
  return { count: 2, channels, height, width, pixels, labels: new Uint8Array(2) };
}

describe("a picture in another size", () => {
  test("is the picture itself where the size is the same", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer(),
        (height, width, seed) => {
          const images = pictures(3, height, width, (at) => ((at * 31 + seed) >>> 0) % 256);
          const tables = [normalisation(0.1, 1), normalisation(0.2, 2), normalisation(0.3, 3)];
          const [resized, copied] = [0, 0].map(() => new Float32Array(2 * 3 * height * width)) as [
            Float32Array,
            Float32Array,
          ];
          resizeImage(images, 1, tables, { height, width }, resized, 1);
          copyImage(images, 1, tables, copied, 1);
          expect(resized).toEqual(copied);
        },
      ),
    );
  });

  test("keeps a ramp a ramp and one colour that colour", () => {
    const ramp = pictures(1, 2, 8, (at) => 20 * (at % 8));
    const out = new Float32Array(3 * 16);
    resizeImage(ramp, 0, [UNIT], { height: 3, width: 16 }, out, 0);
    // Centres of pixels lie at halves: place 5 of 16 is at 2.25 of 8; the two outermost have one neighbour.
    for (const row of [0, 16, 32]) {
      expect((out[row + 5] as number) * 255).toBeCloseTo(45, 3);
      expect((out[row + 8] as number) * 255).toBeCloseTo(75, 3);
      expect(out[row]).toBe(0);
      expect((out[row + 15] as number) * 255).toBeCloseTo(140, 3);
    }
    const grey = pictures(3, 4, 4, () => 51);
    const small = new Float32Array(3 * 4);
    resizeImage(grey, 0, [UNIT, UNIT, UNIT], { height: 2, width: 2 }, small, 0);
    for (const value of small) expect(value).toBeCloseTo(0.2, 6);
  });

  test("of three colours gives their mean where one is asked for", () => {
    const colours = pictures(3, 1, 1, (at) => [30, 60, 90][at % 3] ?? 0);
    const out = new Float32Array(2);
    resizeImage(colours, 0, [UNIT], { height: 1, width: 1 }, out, 1);
    expect(out[0]).toBe(0);
    expect((out[1] as number) * 255).toBeCloseTo(60, 3);
  });
});
