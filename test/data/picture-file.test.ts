import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { PictureForm } from "../../src/data/picture-form.ts";
import { readPicture } from "../../src/data/picture-file.ts";

const digits: PictureForm = { channels: 1, height: 28, width: 28, drawing: { margin: 4, centre: "mass" } };
const photographs: PictureForm = { channels: 3, height: 8, width: 8 };

/** A seven of 20 pixels in its box, its centre of mass in the middle, white on black. */
const seven = Uint8Array.from({ length: 784 }, (_, at) => {
  const [row, column] = [Math.floor(at / 28) - 6, (at % 28) - 8];
  const bar = row >= 0 && row < 3 && column >= 0 && column < 12;
  const stem = row >= 3 && row < 20 && Math.abs(column - (12 - row / 2)) < 2.5;
  return bar || stem ? 255 : 0;
});
const grey = (pixels: Uint8Array, width = 28) =>
  sharp(pixels, { raw: { width, height: pixels.length / width, channels: 1 } });
const negative = seven.map((value) => 255 - value);

/** Mean difference of two pictures, in grey levels. */
const difference = (one: Uint8Array, other: Uint8Array): number =>
  one.reduce((sum, value, at) => sum + Math.abs(value - (other[at] ?? 0)), 0) / one.length;

const read = (bytes: Uint8Array, form = digits) => readPicture(bytes, "digit.png", form);

describe("a drawing", () => {
  test("in the model's size is read as it is, in grey, colour, 16 bits or few colours", async () => {
    const files = [
      await grey(seven).png().toBuffer(),
      await grey(seven).toColourspace("srgb").png().toBuffer(),
      await grey(seven).toColourspace("grey16").png().toBuffer(),
      await grey(seven).png({ palette: true, colours: 2 }).toBuffer(),
    ];
    for (const file of files) expect(await read(file)).toEqual({ pixels: seven, inverted: false });
  });

  test("on a bright ground is inverted, and that is told", async () => {
    expect(await read(await grey(negative).png().toBuffer())).toEqual({ pixels: seven, inverted: true });
  });

  test("of ink or of chalk on nothing is seen on the other ground", async () => {
    for (const [ink, inverted] of [
      [0, true],
      [255, false],
    ] as const) {
      const rgba = Uint8Array.from({ length: 784 * 4 }, (_, at) => (at % 4 === 3 ? (seven[at >> 2] ?? 0) : ink));
      const file = await sharp(rgba, { raw: { width: 28, height: 28, channels: 4 } })
        .png()
        .toBuffer();
      expect(await read(file)).toEqual({ pixels: seven, inverted });
    }
  });

  test("of any size, anywhere on any paper, comes to stand as in the data set", async () => {
    const original = (await read(await grey(seven).png().toBuffer())).pixels;
    for (const [scale, left, top, paper] of [
      [10, 300, 20, 255],
      [37, 5, 700, 255],
      [2, 0, 0, 255],
      [10, 50, 120, 190],
    ] as const) {
      const large = await grey(negative.map((value) => (value * paper) / 255))
        .resize(28 * scale, 28 * scale)
        .toColourspace("b-w")
        .raw()
        .toBuffer();
      const file = await grey(large, 28 * scale)
        .extend({ left, top, right: 30, bottom: 10, background: { r: paper, g: paper, b: paper } })
        .jpeg()
        .toBuffer();
      const { pixels, inverted } = await read(file);
      expect(inverted).toBe(true);
      // Paper that is not white leaves less contrast.
      expect(
        difference(
          pixels,
          original.map((value) => (value * paper) / 255),
        ),
      ).toBeLessThan(8);
    }
  });

  test("that fills its picture keeps its box in the middle where the data set has it so", async () => {
    const form: PictureForm = { ...digits, drawing: { margin: 0, centre: "box" } };
    const file = await sharp({ create: { width: 100, height: 200, channels: 3, background: "white" } })
      .composite([
        { input: { create: { width: 50, height: 150, channels: 3, background: "black" } }, left: 5, top: 40 },
      ])
      .png()
      .toBuffer();
    const { pixels } = await read(file, form);
    const row = Array.from(pixels.subarray(14 * 28, 15 * 28), (value) => (value > 127 ? 1 : 0));
    expect(row).toEqual(Array.from({ length: 28 }, (_, column) => (column >= 10 && column < 19 ? 1 : 0)));
    expect(pixels[0] ?? 0).toBe(0);
    expect(pixels.subarray(14, 15)[0]).toBeGreaterThan(200);
  });

  test("of nothing is a dark picture", async () => {
    const file = await sharp({ create: { width: 3000, height: 3, channels: 3, background: "white" } })
      .png()
      .toBuffer();
    expect(await read(file)).toEqual({ pixels: new Uint8Array(784), inverted: true });
  });
});

/** Red on the left, green in the middle, blue on the right; each `side` wide and high. */
const stripes = (side: number) =>
  sharp(
    Uint8Array.from({ length: side * side * 9 }, (_, at) => {
      const column = Math.floor(at / 3) % (3 * side);
      return at % 3 === Math.floor(column / side) ? 255 : 0;
    }),
    { raw: { width: 3 * side, height: side, channels: 3 } },
  );

describe("a photograph", () => {
  test("gives its middle, plane by plane, and is never inverted", async () => {
    const { pixels, inverted } = await read(await stripes(80).png().toBuffer(), photographs);
    expect(inverted).toBe(false);
    const [red, green, blue] = [0, 64, 128].map((start) => pixels.subarray(start, start + 64)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    // Resizing mixes neighbours at the edges of a stripe.
    expect(Math.min(...green)).toBeGreaterThan(235);
    expect(Math.max(...red, ...blue)).toBeLessThan(20);
  });

  test("in grey has the brightness of its colours, and grey ones are read in colour", async () => {
    const green = await stripes(80).png().toBuffer();
    const { pixels: brightness } = await read(green, { ...photographs, channels: 1 });
    expect(brightness[28]).toBe(150);
    const { pixels } = await read(await grey(seven).png().toBuffer(), { ...photographs, height: 28, width: 28 });
    for (const channel of [0, 1, 2]) expect(pixels.subarray(channel * 784, (channel + 1) * 784)).toEqual(seven);
  });

  test("in the colours of a printer, turned, or on nothing is read as people see it", async () => {
    const printed = await stripes(80).toColourspace("cmyk").jpeg().toBuffer();
    const { pixels } = await read(printed, photographs);
    expect(pixels[64 + 28] ?? 0).toBeGreaterThan((pixels[28] ?? 0) + 10);
    const turned = await stripes(80).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const upright = await read(turned, { ...photographs, height: 24 });
    expect([upright.pixels[8 * 3 + 4] ?? 0, upright.pixels[2 * 192 + 8 * 21 + 4] ?? 0].map((v) => v > 200)).toEqual([
      true,
      true,
    ]);
    const nothing = await sharp({ create: { width: 9, height: 9, channels: 4, background: "#ff000000" } })
      .png()
      .toBuffer();
    expect(new Set((await read(nothing, photographs)).pixels)).toEqual(new Set([255]));
  });
});

test.each([
  ["an empty file", new Uint8Array(0), "digit.png: expected a picture, got an empty file"],
  [
    "a text",
    new TextEncoder().encode("three"),
    "digit.png: expected a picture, got 5 bytes that cannot be read as one",
  ],
])("%s is an error", async (_what, bytes, message) => {
  await expect(read(bytes)).rejects.toMatchObject({
    kind: "data",
    message,
    hint: "PNG and JPEG are read, and what else the library sharp knows.",
  });
});

test("a picture that is cut off is an error", async () => {
  for (const file of [await stripes(80).png().toBuffer(), await stripes(80).jpeg().toBuffer()]) {
    await expect(read(file.subarray(0, file.length * 0.9), photographs)).rejects.toMatchObject({
      kind: "data",
      message: expect.stringMatching(
        /^digit\.png: expected a whole picture, got one that cannot be read \(.+\)$/,
      ) as string,
    });
  }
});
