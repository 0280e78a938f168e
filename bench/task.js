/** The benchmark shapes as tasks of the product: a model from the same blocks, and made-up examples. */
import { encoderDecoder } from "../dist/models/encoder-decoder.js";
import { gpt } from "../dist/models/gpt.js";
import { sequenceEncoder } from "../dist/models/sequence-encoder.js";
import { visionTransformer } from "../dist/models/vision-transformer.js";
import { classification } from "../dist/nn/objective.js";
import { translationObjective } from "../dist/nn/word-output.js";
import { random } from "../dist/random.js";
import { PADDING } from "../dist/text/vocabulary.js";
import { SHAPES } from "./shapes.js";

/** Pixels of a side of the images from which the patches are cut. */
const IMAGE_SIDE = 32;
const CHANNELS = 3;

/** Model, inputs and random examples of each shape. */
const MODELS = {
  "char-gpt": {
    inputs: (shape, batch) => tokenInputs(shape, batch),
    graph: (scope, { ids, targets }, shape, common) =>
      classification(gpt(scope, ids, { ...common, vocabulary: shape.classes, length: shape.tokens }), targets),
    examples: (stream, shape, batch) => tokenExamples(stream, shape, batch),
  },
  encoder: {
    inputs: (shape, batch) => tokenInputs(shape, batch),
    graph: (scope, { ids, targets }, shape, common) =>
      classification(
        sequenceEncoder(scope, ids, {
          ...common,
          symbols: shape.inputSize,
          classes: shape.classes,
          length: shape.tokens,
        }),
        targets,
      ),
    examples: (stream, shape, batch) => tokenExamples(stream, shape, batch),
  },
  vit: {
    inputs: (_shape, batch) => ({
      image: { dtype: "float32", shape: [batch, CHANNELS, IMAGE_SIDE, IMAGE_SIDE] },
      label: { dtype: "int32", shape: [batch] },
    }),
    graph: (scope, { image, label }, shape, common) =>
      classification(visionTransformer(scope, image, { ...common, patch: 4, classes: shape.classes }), label),
    examples: (stream, shape, batch) => ({
      image: {
        data: Float32Array.from({ length: batch * CHANNELS * IMAGE_SIDE ** 2 }, () => stream.normal()),
        shape: [batch, CHANNELS, IMAGE_SIDE, IMAGE_SIDE],
      },
      label: { data: stream.integers(batch, shape.classes), shape: [batch] },
    }),
  },
  translation: {
    // lengths differ from batch to batch, as they do for the task
    inputs: (_shape, batch) => ({
      source: { dtype: "int32", shape: [batch, "S"] },
      decoded: { dtype: "int32", shape: [batch, "T"] },
      targets: { dtype: "int32", shape: [batch, "T"] },
    }),
    graph: (scope, { source, decoded, targets }, shape, common) => {
      const options = {
        ...common,
        crossQuery: "own",
        sourceVocabulary: shape.inputSize,
        targetVocabulary: shape.classes,
        length: shape.tokens,
        padding: PADDING,
      };
      const hidden = encoderDecoder(scope, { source, target: decoded }, options);
      return translationObjective(scope, hidden, shape.classes, targets, { smoothing: 0.1, padding: PADDING });
    },
    examples: (stream, { tokens, inputSize, classes }, batch) => {
      const words = (vocabulary) => ({ data: stream.integers(batch * tokens, vocabulary), shape: [batch, tokens] });
      return { source: words(inputSize), decoded: words(classes), targets: words(classes) };
    },
  },
};

function tokenInputs({ tokens }, batch) {
  const each = { dtype: "int32", shape: [batch, tokens] };
  return { ids: each, targets: each };
}

function tokenExamples(stream, { tokens, inputSize, classes }, batch) {
  return {
    ids: { data: stream.integers(batch * tokens, inputSize), shape: [batch, tokens] },
    targets: { data: stream.integers(batch * tokens, classes), shape: [batch, tokens] },
  };
}

/**
 * @param {import("./shapes.js").ShapeName} name
 * @param {string} attention a formulation
 * @param {number} [batch] examples a step, if not the shape's own
 */
export function benchmarkTask(name, attention, batch = SHAPES[name].batch) {
  const shape = SHAPES[name];
  const model = MODELS[name];
  const common = {
    width: shape.width,
    layers: shape.layers,
    heads: shape.heads,
    keyHeads: 0,
    valueHeads: 0,
    hidden: shape.feedForward,
    dropout: 0,
    positionChannels: shape.mapChannels,
    positionMap: shape.mapPerHead ? "per-head" : "shared",
    formulation: attention,
  };
  const train = {
    epochs: 1,
    batch,
    optimizer: shape.optimizer,
    rate: shape.rate,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    decay: shape.optimizer === "adamw" ? 0.01 : 0,
    clip: 0,
    schedule: "constant",
    warmup: 0,
    evaluations: 1,
    checkpoint: 0,
  };
  const task = {
    inputs: (_options, size) => model.inputs(shape, size),
    graph: (scope, inputs, _options, formulation) => model.graph(scope, inputs, shape, { ...common, formulation }),
  };
  return {
    request: { task, options: { model: {}, data: {}, train }, attention, seed: 1 },
    feeds: model.examples(random(1, "benchmark"), shape, batch),
    rate: shape.rate,
  };
}
