import { z } from "zod";
import { tiedDecoder, tiedDecoderOptions } from "../models/tied-decoder.ts";
import { classification } from "../nn/objective.ts";
import { closedVocabulary, type ClosedVocabulary } from "../text/closed-vocabulary.ts";
import { withDefaults } from "./defaults.ts";
import { graphInput } from "./graph-input.ts";
import { numbersData, numberVocabulary } from "./numbers-data.ts";
import type { Task } from "./task.ts";
import { readWindow, windowInputs } from "./token-windows.ts";
import { tokenWriter } from "./token-writer.ts";
import { trainOptions } from "./train-options.ts";

const dataOptions = z.strictObject({
  length: z.int().min(1).max(4_096).default(16).describe("words that the model sees at once, T"),
  heldOut: z.number().gt(0).lt(1).default(0.2).describe("share of the windows, the last, that is kept for validation"),
});

const allOptions = z.strictObject({
  model: tiedDecoderOptions.prefault({}),
  data: dataOptions.prefault({}),
  train: withDefaults(trainOptions, {
    epochs: 15,
    batch: 64,
    optimizer: "adamw",
    rate: 1e-3,
    beta2: 0.99,
    epsilon: 1e-5,
    decay: 0.01,
    decayAll: false,
    clip: 0,
    schedule: "one-cycle",
    evaluations: 1,
  }).prefault({}),
});

export type NumbersOptions = z.output<typeof allOptions>;

const wordVocabulary = (words: readonly string[]): ClosedVocabulary =>
  closedVocabulary(words, {
    split: (text) => text.split(/\s+/).filter(Boolean),
    written: (word) => ` ${word}`,
    expected: "numbers in words",
    hint: `It knows ${words.join(" ")}; write a space between words, before a full stop too.`,
  });

/**
 * Which word comes next in "one . two . three …"? (Borji 2023, numbers.) His windows, model, optimizer and schedule; he
 * evaluates on whole batches drawn at random from the held-out windows, here all of them count.
 */
export const numbers: Task<NumbersOptions> = {
  name: "numbers",
  summary: "count to 9,999 in words",
  options: allOptions,
  presets: { quick: {}, paper: {} },
  metric: { name: "accuracy", higherIsBetter: true, from: "correct" },
  keep: "last",
  inputs: ({ data: { length } }, batch) => windowInputs(batch, length),
  graph(scope, inputs, { model, data: { length } }, formulation, { vocabulary = 1 }) {
    const logits = tiedDecoder(scope, graphInput(inputs, "ids"), { ...model, vocabulary, length, formulation });
    return classification(logits, graphInput(inputs, "targets")); // (B,T,V), (B,T)
  },
  dimensions: () => Promise.resolve({ vocabulary: numberVocabulary().length }),
  load: ({ data: { length, heldOut } }) => Promise.resolve().then(() => numbersData(length, heldOut)),
  read: ({ options }, text) =>
    Promise.resolve(readWindow(text, wordVocabulary(numberVocabulary()), options.data.length)),
  writer(model) {
    const { options, attention } = model;
    const words = numberVocabulary();
    const { length } = options.data;
    return tokenWriter({
      model,
      context: length,
      vocabulary: wordVocabulary(words),
      logits: (scope, ids) =>
        tiedDecoder(scope, ids, { ...options.model, vocabulary: words.length, length, formulation: attention }),
    });
  },
};
