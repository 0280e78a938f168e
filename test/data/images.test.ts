import { expect, test } from "vitest";
import { copyImage, imagePixels, normalisation, readIdxPair, type LabelledImages } from "../../src/data/images.ts";
import { gzip, idxImages, idxLabels } from "./idx-bytes.ts";

const files = { images: "images.gz", labels: "labels.gz" };

test("images and labels are read as a pair", async () => {
  const read = async (set: string, file: string): Promise<Uint8Array> => {
    expect(set).toBe("mine");
    return gzip(file === "images.gz" ? idxImages(2, 1, 3) : idxLabels([4, 1]));
  };
  const pair = await readIdxPair(read, "mine", files, 5);
  expect(pair).toMatchObject({ count: 2, channels: 1, height: 1, width: 3 });
  expect([[...pair.pixels], [...pair.labels]]).toEqual([
    [0, 1, 2, 3, 4, 5],
    [4, 1],
  ]);
});

test("as many labels as images are asked for", async () => {
  const read = async (_set: string, file: string): Promise<Uint8Array> =>
    file === "images.gz" ? idxImages(3, 1, 1) : idxLabels([4, 1]);
  await expect(readIdxPair(read, "mine", files, 5)).rejects.toMatchObject({
    kind: "data",
    message: "mine: expected one label for each image, got 3 images in mine/images.gz and 2 labels in mine/labels.gz",
  });
});

const colour: LabelledImages = {
  count: 2,
  channels: 3,
  height: 1,
  width: 2,
  pixels: Uint8Array.from({ length: 12 }, (_, k) => k),
  labels: Uint8Array.from([0, 1]),
};

test("a picture is copied plane by plane through the normalisation, and nothing else is touched", () => {
  const out = new Float32Array(18).fill(-1);
  const table = normalisation(0, 1 / 255);
  copyImage(colour, 1, [table, table, normalisation(1, 1 / 255)], out, 1);
  expect([...out].map((value) => Math.round(value))).toEqual([
    ...[-1, -1, -1, -1, -1, -1],
    ...[6, 7, 8, 9, 10 - 255, 11 - 255],
    ...[-1, -1, -1, -1, -1, -1],
  ]);
});

test("bytes are normalised to (v/255 − mean)/std", () => {
  const table = normalisation(0.1307, 0.3081);
  expect(table.length).toBe(256);
  expect(table[0]).toBeCloseTo(-0.42421297, 6);
  expect(table[255]).toBeCloseTo(2.8214867, 6);
});

test("people see pixel by pixel", () => {
  expect([...imagePixels(colour, 1)]).toEqual([6, 8, 10, 7, 9, 11]);
});
