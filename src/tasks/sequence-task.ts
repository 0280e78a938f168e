import { z } from "zod";
import { sequenceEncoder, sequenceEncoderOptions } from "../models/sequence-encoder.ts";
import { classification } from "../nn/objective.ts";
import type { Random } from "../random.ts";
import { withDefaults } from "./defaults.ts";
import { graphInput } from "./graph-input.ts";
import { sequenceData, type SequenceExample } from "./sequence-data.ts";
import type { DeepPartial, Task } from "./task.ts";
import { trainOptions } from "./train-options.ts";

const dataOptions = z.strictObject({
  length: z.int().min(1).max(4_096).default(16).describe("symbols in a sequence"),
  symbols: z.int().min(2).max(256).default(10).describe("number of different symbols"),
  trainSize: z.int().min(1).max(10_000_000).default(10_000).describe("training sequences"),
  validationSize: z.int().min(1).max(10_000_000).default(1_000).describe("validation sequences"),
  testSize: z.int().min(1).max(10_000_000).default(10_000).describe("test sequences"),
});

const allOptions = z.strictObject({
  model: sequenceEncoderOptions.prefault({}),
  data: dataOptions.prefault({}),
  train: withDefaults(trainOptions, { batch: 32, rate: 3e-3 }).prefault({}),
});

export type SequenceOptions = z.output<typeof allOptions>;

export interface SequenceTask extends Task<SequenceOptions> {
  /** one example: a pure function of the random numbers and the options */
  readonly example: (random: Random, options: Pick<SequenceOptions["data"], "length" | "symbols">) => SequenceExample;
}

/**
 * The author's setting at one point of his grid (length 64 or 128, width 64 or 256, 2 or 4 layers, 2 or 4 heads):
 * 64, 256, 2, 2. At width 64 no formulation learns to reverse 64 digits in two epochs, so nothing could be compared.
 */
const paper: DeepPartial<SequenceOptions> = {
  model: { width: 256, layers: 2, heads: 2 },
  data: { length: 64, trainSize: 50_000, validationSize: 1_000, testSize: 10_000 },
  train: { epochs: 2, batch: 128, optimizer: "adam", rate: 1e-3, schedule: "cosine-warm-up", warmup: 5, clip: 5 },
};

export interface SequenceTaskDefinition extends Pick<SequenceTask, "name" | "summary" | "example"> {
  /** `length` must be a multiple of this */
  readonly lengthMultiple?: number;
}

/**
 * A task on sequences of uniform random symbols (Borji 2023, synthetic tasks): a post-norm encoder names the target
 * symbol at each position. The weights after the last step are tested.
 */
export function sequenceTask({ name, summary, example, lengthMultiple = 1 }: SequenceTaskDefinition): SequenceTask {
  const { length } = dataOptions.shape;
  const data =
    lengthMultiple === 1
      ? dataOptions
      : dataOptions.extend({
          length: length
            .unwrap()
            .multipleOf(lengthMultiple)
            .default(16)
            .describe(`symbols in a sequence, a multiple of ${lengthMultiple}`),
        });
  return {
    name,
    summary,
    example,
    options: allOptions.extend({ data: data.prefault({}) }),
    presets: { quick: {}, paper },
    metric: { name: "token accuracy", higherIsBetter: true, from: "correct" },
    guessing: ({ data: { symbols } }) => 1 / symbols,
    keep: "last",
    inputs({ data: { length } }, batch) {
      const tokens = { dtype: "int32", shape: [batch, length] } as const;
      return { ids: tokens, targets: tokens };
    },
    graph(scope, inputs, { model, data: { symbols, length } }, formulation) {
      const ids = graphInput(inputs, "ids"); // (B,T)
      const logits = sequenceEncoder(scope, ids, { ...model, symbols, classes: symbols, length, formulation });
      return classification(logits, graphInput(inputs, "targets")); // (B,T,symbols), (B,T)
    },
    async load({ data: { length, symbols, trainSize, validationSize, testSize } }, { seed }) {
      const sizes = { train: trainSize, validation: validationSize, test: testSize };
      return sequenceData(name, seed, length, sizes, (random) => example(random, { length, symbols }));
    },
  };
}
