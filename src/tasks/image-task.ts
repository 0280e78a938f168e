import { z } from "zod";
import type { Drawing } from "../data/picture-form.ts";
import { normalisation, readIdxPair, type LabelledImages, type ReadFile } from "../data/images.ts";
import { KvtError } from "../errors.ts";
import { visionTransformer, visionTransformerOptions } from "../models/vision-transformer.ts";
import { classification } from "../nn/objective.ts";
import { withDefaults } from "./defaults.ts";
import { graphInput } from "./graph-input.ts";
import { imageClassifier } from "./image-classifier.ts";
import { imageData, splitImages } from "./image-data.ts";
import type { DeepPartial, Task } from "./task.ts";
import { trainOptions } from "./train-options.ts";

const dataOptions = z.strictObject({
  trainSize: z.int().min(0).default(40_000).describe("training images; 0 = all that are not used for validation"),
  validationSize: z.int().min(1).default(5_000).describe("images of the training set that are kept for validation"),
  testSize: z.int().min(0).default(0).describe("test images; 0 = all"),
  augment: z.boolean().default(false).describe("mirror and crop training images at random, anew in each epoch"),
});

/** Options whose defaults are the quick preset: that of MNIST, and what a task changes in it. */
function imageOptions({ model = {}, data = {}, train = {} }: DeepPartial<ImageOptions> = {}) {
  return z.strictObject({
    model: withDefaults(visionTransformerOptions, model).prefault({}),
    data: withDefaults(dataOptions, data).prefault({}),
    train: withDefaults(trainOptions, {
      epochs: 3,
      batch: 64,
      rate: 3e-3,
      optimizer: "adamw",
      decay: 0.01,
      clip: 0,
      schedule: "cosine-warm-up",
      warmup: 50,
      evaluations: 2,
      ...train,
    }).prefault({}),
  });
}

export interface ImageOptions {
  readonly model: z.output<typeof visionTransformerOptions>;
  readonly data: z.output<typeof dataOptions>;
  readonly train: z.output<typeof trainOptions>;
}

/**
 * The author's setting at one point of his grid (width 64, 256 or 512, 2 or 4 layers, 2 or 4 heads, patch 4 or 7):
 * 256, 4, 4, 7. He validates on the test images; here 5,000 training images are kept for that.
 */
const paper: DeepPartial<ImageOptions> = {
  model: { patch: 7, width: 256, layers: 4, heads: 4 },
  data: { trainSize: 0, validationSize: 5_000, testSize: 0 },
  train: { epochs: 20, batch: 200, rate: 1e-3, schedule: "constant", warmup: 0, evaluations: 2 },
};

export interface ImageTaskDefinition extends Pick<Task, "name" | "summary"> {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classNames: readonly string[];
  /** of pixels between 0 and 1, for each channel */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** how things were drawn bright on a dark ground; absent for photographs */
  readonly drawing?: Drawing;
  /** what the presets change in the defaults; of MNIST when absent */
  readonly quick?: DeepPartial<ImageOptions>;
  readonly paper?: DeepPartial<ImageOptions>;
  readonly images: (read: ReadFile) => Promise<{ readonly train: LabelledImages; readonly test: LabelledImages }>;
}

/** Both parts of a set in the files of MNIST. Throws a `data` error when the pictures have another size. */
export async function readMnistFiles(
  read: ReadFile,
  set: string,
  { height, width, classes }: { readonly height: number; readonly width: number; readonly classes: number },
): Promise<{ readonly train: LabelledImages; readonly test: LabelledImages }> {
  const part = async (prefix: string): Promise<LabelledImages> => {
    const files = { images: `${prefix}-images-idx3-ubyte.gz`, labels: `${prefix}-labels-idx1-ubyte.gz` };
    const images = await readIdxPair(read, set, files, classes);
    if (images.height !== height || images.width !== width) {
      const [expected, got] = [`${height} x ${width}`, `${images.height} x ${images.width}`];
      throw new KvtError("data", `${set}/${files.images}: expected images of ${expected}, got ${got}`);
    }
    return images;
  };
  return { train: await part("train"), test: await part("t10k") };
}

/**
 * A task on pictures (Borji 2023, vision tasks): a pre-norm vision transformer names the class.
 * The weights with the best validation accuracy are tested.
 */
export function imageTask(definition: ImageTaskDefinition): Task<ImageOptions> {
  const { name, summary, channels, height, width, classNames } = definition;
  const tables = definition.mean.map((mean, channel) => normalisation(mean, definition.std[channel] as number));
  return {
    name,
    summary,
    options: imageOptions(definition.quick),
    presets: { quick: {}, paper: definition.paper ?? paper },
    metric: { name: "accuracy", higherIsBetter: true, from: "correct" },
    guessing: () => 1 / classNames.length,
    keep: "best",
    inputs: (_options, batch) => ({
      image: { dtype: "float32", shape: [batch, channels, height, width] },
      label: { dtype: "int32", shape: [batch] },
    }),
    graph(scope, inputs, { model }, formulation) {
      const image = graphInput(inputs, "image"); // (B,channels,height,width)
      const logits = visionTransformer(scope, image, { ...model, classes: classNames.length, formulation });
      return classification(logits, graphInput(inputs, "label")); // (B,classes), (B)
    },
    async load({ data }, { seed, read }) {
      const images = await definition.images(read);
      const available = { train: images.train.count, test: images.test.count };
      const splits = splitImages(name, seed, available, data);
      return imageData(images, splits, tables, classNames, data.augment ? seed : undefined);
    },
    classifier: (model) =>
      imageClassifier({
        model,
        classNames,
        form: { channels, height, width, drawing: definition.drawing },
        tables,
        logits: (scope, image) =>
          visionTransformer(scope, image, {
            ...model.options.model,
            classes: classNames.length,
            formulation: model.attention,
          }),
      }),
  };
}
