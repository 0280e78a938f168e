import type { Tensor } from "../../src/graph/index.ts";
import { gpt, gptOptions } from "../../src/models/gpt.ts";
import { sequenceEncoder, sequenceEncoderOptions } from "../../src/models/sequence-encoder.ts";
import { tiedDecoder, tiedDecoderOptions } from "../../src/models/tied-decoder.ts";
import { visionTransformer, visionTransformerOptions } from "../../src/models/vision-transformer.ts";
import { classification } from "../../src/nn/objective.ts";
import type { Scope } from "../../src/nn/scope.ts";
import type { Task } from "../../src/tasks/task.ts";
import { modelTask } from "./model-task.ts";

type Dimension = number | string;

/** A model family at a small size, with grouped heads where the formulation can have them. */
export interface SmallModel {
  readonly name: string;
  /** shape of the input for a batch and a length; a picture's length is fixed */
  readonly shape: (batch: Dimension, length: Dimension) => readonly Dimension[];
  readonly dtype: "float32" | "int32";
  readonly classes: number;
  readonly logits: (scope: Scope, x: Tensor, formulation: string) => Tensor;
}

export const LENGTH = 6;
const SYMBOLS = 7;
const sizes = { width: 8, layers: 2, heads: 4, positionChannels: 10 };
const sharing = (formulation: string) =>
  formulation === "qkv" ? { keyHeads: 2, valueHeads: 1 } : formulation === "q-kv" ? { keyHeads: 2, valueHeads: 2 } : {};

export const smallModels: readonly SmallModel[] = [
  {
    name: "sequence encoder",
    shape: (batch, length) => [batch, length],
    dtype: "int32",
    classes: SYMBOLS,
    logits: (scope, ids, formulation) =>
      sequenceEncoder(scope, ids, {
        ...sequenceEncoderOptions.parse({ ...sizes, ...sharing(formulation) }),
        formulation,
        symbols: SYMBOLS,
        classes: SYMBOLS,
        length: LENGTH,
      }),
  },
  {
    name: "gpt",
    shape: (batch, length) => [batch, length],
    dtype: "int32",
    classes: SYMBOLS,
    logits: (scope, ids, formulation) =>
      gpt(scope, ids, {
        ...gptOptions.parse({ ...sizes, ...sharing(formulation) }),
        formulation,
        vocabulary: SYMBOLS,
        length: LENGTH,
      }),
  },
  {
    name: "tied decoder",
    shape: (batch, length) => [batch, length],
    dtype: "int32",
    classes: SYMBOLS,
    logits: (scope, ids, formulation) =>
      tiedDecoder(scope, ids, {
        ...tiedDecoderOptions.parse({ ...sizes, ...sharing(formulation) }),
        formulation,
        vocabulary: SYMBOLS,
        length: LENGTH,
      }),
  },
  {
    name: "vision transformer",
    shape: (batch) => [batch, 3, 8, 8],
    dtype: "float32",
    classes: 5,
    logits: (scope, image, formulation) =>
      visionTransformer(scope, image, {
        ...visionTransformerOptions.parse({ ...sizes, ...sharing(formulation), patch: 4, dropout: 0.1 }),
        formulation,
        classes: 5,
      }),
  },
];

/** The model as a task, with its input under `x` and a target for each row of logits. */
export const smallTask = ({ shape, dtype, logits, name }: SmallModel, formulation: string): Task =>
  modelTask({
    inputs: (batch) => ({
      x: { dtype, shape: shape(batch, LENGTH) },
      targets: { dtype: "int32", shape: name === "vision transformer" ? [batch] : [batch, LENGTH] },
    }),
    graph: (scope, { x, targets }) => classification(logits(scope, x as Tensor, formulation), targets as Tensor),
  });
