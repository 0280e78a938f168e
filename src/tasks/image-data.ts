import { augmentPicture } from "../data/augment.ts";
import { copyImage, imagePixels, type LabelledImages } from "../data/images.ts";
import { KvtError } from "../errors.ts";
import { random } from "../random.ts";
import { exampleIndex } from "./example-index.ts";
import type { Split, TaskData } from "./task.ts";

/** Images that each split may use; 0 means all that are left. */
export interface ImageSizes {
  readonly trainSize: number;
  readonly validationSize: number;
  readonly testSize: number;
}

/**
 * Which images belong to which split: train and validation are disjoint parts of the published training images, in
 * an order that follows from the seed; test is taken from the published test images alone.
 * Throws a `usage` error when more images are asked for than there are.
 */
export function splitImages(
  task: string,
  seed: number,
  available: { readonly train: number; readonly test: number },
  { trainSize, validationSize, testSize }: ImageSizes,
): Readonly<Record<Split, Int32Array>> {
  const left = available.train - validationSize;
  if (left < Math.max(1, trainSize)) {
    const got = `${trainSize === 0 ? "all others" : trainSize} and ${validationSize}`;
    const most = `at most ${available.train} together`;
    throw new KvtError("usage", `data.trainSize and data.validationSize: expected ${most}, got ${got}`);
  }
  if (testSize > available.test) {
    throw new KvtError("usage", `data.testSize: expected at most ${available.test}, got ${testSize}`);
  }
  const order = random(seed, `${task}/split`).permutation(available.train);
  const train = order.slice(validationSize, validationSize + (trainSize === 0 ? left : trainSize));
  // A part of the test images is drawn, for published orders are often not mixed.
  const test = random(seed, `${task}/test`).permutation(available.test);
  return { train, validation: order.slice(0, validationSize), test: testSize === 0 ? test : test.slice(0, testSize) };
}

/**
 * Pictures to classify. Feeds: `image` (B,channels,height,width) float32, each byte by its entry in the normalisation
 * table of its channel, and `label` (B) int32. Pixels stay bytes until a batch needs them. With `augmentSeed` training
 * pictures are cropped and mirrored, each in its own way in each epoch.
 */
export function imageData(
  images: { readonly train: LabelledImages; readonly test: LabelledImages },
  splits: Readonly<Record<Split, Int32Array>>,
  tables: readonly Float32Array[],
  classNames: readonly string[],
  augmentSeed?: number,
): TaskData {
  const sizes = { train: splits.train.length, validation: splits.validation.length, test: splits.test.length };
  const locate = (split: Split, index: number): [LabelledImages, number] => {
    exampleIndex(split, index, sizes[split]);
    return [split === "test" ? images.test : images.train, splits[split][index] as number];
  };

  return {
    sizes,
    batch(split, indices, epoch) {
      const { channels, height, width } = images.train;
      const image = new Float32Array(indices.length * channels * height * width);
      const label = new Int32Array(indices.length);
      indices.forEach((index, at) => {
        const [source, number] = locate(split, index);
        copyImage(source, number, tables, image, at);
        if (split === "train" && augmentSeed !== undefined) {
          augmentPicture(image, at, source, random(augmentSeed, `augment/${epoch}`, index));
        }
        label[at] = source.labels[number] as number;
      });
      return {
        image: { data: image, shape: [indices.length, channels, height, width] },
        label: { data: label, shape: [indices.length] },
      };
    },
    describe(split, index) {
      const [source, number] = locate(split, index);
      const { channels, height, width, labels } = source;
      const label = classNames[labels[number] as number] ?? "";
      return { kind: "image", pixels: imagePixels(source, number), height, width, channels, label };
    },
  };
}
