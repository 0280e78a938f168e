import { z } from "zod";
import { KvtError } from "../errors.ts";
import { tiedDecoder, tiedDecoderOptions } from "../models/tied-decoder.ts";
import { classification } from "../nn/objective.ts";
import { withDefaults } from "./defaults.ts";
import { graphInput } from "./graph-input.ts";
import { numbersData, numberVocabulary } from "./numbers-data.ts";
import type { Task } from "./task.ts";
import { windowInputs } from "./token-windows.ts";
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

/** The 30 words as a writer needs them; words are separated by spaces. */
function wordCodec(words: readonly string[]) {
  const ids = new Map(words.map((word, id) => [word, id]));
  const split = (text: string): string[] => text.split(/\s+/).filter(Boolean);
  const unknown = (text: string): string[] => [...new Set(split(text))].filter((word) => !ids.has(word));
  return {
    unknown,
    encode(text: string): Int32Array {
      const missing = unknown(text);
      if (missing.length > 0) {
        const names = missing.map((word) => JSON.stringify(word)).join(" ");
        throw new KvtError("usage", `the model does not know ${names}: expected numbers in words`, {
          hint: `It knows ${words.join(" ")}; write a space between words, before a full stop too.`,
        });
      }
      return Int32Array.from(split(text), (word) => ids.get(word) as number);
    },
    decode: (all: ArrayLike<number>): string => Array.from(all, (id) => ` ${words[id] ?? ""}`).join(""),
  };
}

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
  writer(model) {
    const { options, attention } = model;
    const words = numberVocabulary();
    const { length } = options.data;
    return tokenWriter({
      model,
      context: length,
      vocabulary: wordCodec(words),
      logits: (scope, ids) =>
        tiedDecoder(scope, ids, { ...options.model, vocabulary: words.length, length, formulation: attention }),
    });
  },
};
