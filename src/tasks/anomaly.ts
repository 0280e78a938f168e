import { z } from "zod";
import { inModule, reshape } from "../graph/index.ts";
import { sequenceEncoder, sequenceEncoderOptions } from "../models/sequence-encoder.ts";
import { classification } from "../nn/objective.ts";
import { featureWidth, readPools } from "./anomaly-features.ts";
import { setData } from "./anomaly-sets.ts";
import { cifar100Classes } from "./cifar-100.ts";
import { withDefaults } from "./defaults.ts";
import { graphInput } from "./graph-input.ts";
import type { DeepPartial, Task } from "./task.ts";
import { trainOptions } from "./train-options.ts";

const setOptions = z.strictObject({
  features: z
    .string()
    .default("")
    .describe("file of an ONNX model that describes the pictures, or noise; empty = a model of our own"),
  featureSteps: z.int().min(0).default(2_000).describe("updates in which our own image model is trained"),
  normalise: z
    .enum(["imagenet", "unit"])
    .default("imagenet")
    .describe("pixels for an ONNX model: with ImageNet's mean and deviation taken out, or 0 to 1"),
  position: z.enum(["random", "last"]).default("random").describe("place of the odd picture; the author's is last"),
  images: z.int().min(3).max(256).default(10).describe("pictures in a set, T"),
});

const dataOptions = z.strictObject({
  heldOut: z.number().gt(0).lt(1).default(0.1).describe("share of a class's training pictures kept for validation"),
});

const modelOptions = withDefaults(sequenceEncoderOptions, { width: 128, layers: 2, heads: 4, dropout: 0.1 }).extend({
  inputDropout: z.number().min(0).max(0.9).default(0.1).describe("dropout of the features"),
});

const allOptions = z.strictObject({
  model: modelOptions.prefault({}),
  anomaly: setOptions.prefault({}),
  data: dataOptions.prefault({}),
  train: withDefaults(trainOptions, {
    epochs: 6,
    batch: 64,
    rate: 1e-3,
    clip: 2,
    schedule: "cosine-warm-up",
    warmup: 100,
    evaluations: 1,
  }).prefault({}),
});

export type AnomalyOptions = z.output<typeof allOptions>;

/** The author's setting, after tutorial 6 of the University of Amsterdam; his number of epochs is not known. */
const paper: DeepPartial<AnomalyOptions> = {
  model: { width: 256, layers: 4, heads: 4, hidden: 512, dropout: 0.1, inputDropout: 0.1 },
  train: { epochs: 20, batch: 64, rate: 5e-4, warmup: 100, clip: 2 },
};

/**
 * Which of ten pictures is of another class than the other nine? A set encoder without positions gives each a number;
 * the largest names the odd one (Borji 2023, set anomaly). The weights with the best validation accuracy are tested.
 */
export const anomaly: Task<AnomalyOptions> = {
  name: "anomaly",
  summary: "find the picture that does not belong to a set",
  options: allOptions,
  presets: { quick: {}, paper },
  metric: { name: "accuracy", higherIsBetter: true, from: "correct" },
  guessing: ({ anomaly: { images } }) => 1 / images,
  keep: "best",
  inputs: ({ anomaly: { images } }, batch, { features = 1 }) => ({
    features: { dtype: "float32", shape: [batch, images, features] },
    label: { dtype: "int32", shape: [batch] },
  }),
  graph(scope, inputs, { model, anomaly: { images } }, formulation) {
    const features = graphInput(inputs, "features"); // (B,T,features)
    const x = inModule("features", () => scope.dropout(features, model.inputDropout));
    const set = { ...model, classes: 1, length: images, positional: false, formulation };
    const scores = sequenceEncoder(scope, x, set); // (B,T,1)
    const logits = reshape(scores, [features.shape[0] as number, images]); // (B,T)
    return classification(logits, graphInput(inputs, "label"));
  },
  dimensions: async ({ anomaly: options }, environment) => ({ features: await featureWidth(options, environment) }),
  async load({ anomaly: options, data: { heldOut } }, environment) {
    const { pools, width } = await readPools(options, heldOut, environment);
    const { images, position } = options;
    return setData({ seed: environment.seed, images, position, width, classNames: cifar100Classes, pools });
  },
};
