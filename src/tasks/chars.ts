import { z } from "zod";
import { gpt, gptOptions } from "../models/gpt.ts";
import { classification } from "../nn/objective.ts";
import { charactersOf, characterVocabulary, readCharacters } from "../text/characters.ts";
import { characterData, readText, splitText } from "./chars-data.ts";
import { withDefaults } from "./defaults.ts";
import { graphInput } from "./graph-input.ts";
import type { DeepPartial, Task } from "./task.ts";
import { readWindow, windowInputs } from "./token-windows.ts";
import { tokenWriter } from "./token-writer.ts";
import { trainOptions } from "./train-options.ts";
import { checkTokens, type TrainedModel, type Writer } from "./uses.ts";

const dataOptions = z.strictObject({
  text: z.string().default("").describe("file of the text to learn, plain or gzip; empty = Tiny Shakespeare"),
  length: z.int().min(1).max(4_096).default(64).describe("characters that the model sees at once, T"),
  heldOut: z.number().gt(0).lt(1).default(0.1).describe("share of the text, its end, that is kept for validation"),
});

const allOptions = z.strictObject({
  model: withDefaults(gptOptions, { width: 128, layers: 3, heads: 4, dropout: 0 }).prefault({}),
  data: dataOptions.prefault({}),
  train: withDefaults(trainOptions, {
    steps: 1_000,
    batch: 32,
    rate: 3e-3,
    optimizer: "adamw",
    decay: 0.01,
    clip: 1,
    schedule: "cosine-warm-up",
    warmup: 50,
    evaluations: 2,
  }).prefault({}),
});

export type CharacterOptions = z.output<typeof allOptions>;

/** The author's setting of the figures in his notebook; he evaluates on random windows, here all windows count. */
const paper: DeepPartial<CharacterOptions> = {
  model: { width: 192, layers: 6, heads: 3, dropout: 0.2 },
  data: { length: 64 },
  train: { steps: 10_000, batch: 64, rate: 5e-4, clip: 0, schedule: "constant", warmup: 0, evaluations: 1 },
};

/** What is written during training, from the first character of the vocabulary, which is the line's end of most texts. */
const SAMPLE = { tokens: 200, temperature: 0.8, topK: 0, topP: 1, stop: [] };

function charactersIn({ assets, dimensions }: TrainedModel<CharacterOptions>): readonly string[] {
  const characters = readCharacters(assets["characters"]);
  checkTokens("characters", characters, dimensions["vocabulary"]);
  return characters;
}

async function writerOf(model: TrainedModel<CharacterOptions>): Promise<Writer> {
  const { options, attention } = model;
  const characters = charactersIn(model);
  const { length } = options.data;
  return tokenWriter({
    model,
    context: length,
    vocabulary: characterVocabulary(characters),
    logits: (scope, ids) =>
      gpt(scope, ids, { ...options.model, vocabulary: characters.length, length, formulation: attention }),
  });
}

/**
 * Which character comes next? A GPT on any text (Borji 2023, character generation, after Karpathy). The first nine
 * tenths are learned from random windows; the loss is measured on the last tenth, in nats a character.
 */
export const chars: Task<CharacterOptions> = {
  name: "chars",
  summary: "write text character by character",
  options: allOptions,
  presets: { quick: {}, paper },
  metric: { name: "loss", higherIsBetter: false, from: "loss" },
  keep: "last",
  inputs: ({ data: { length } }, batch) => windowInputs(batch, length),
  graph(scope, inputs, { model, data: { length } }, formulation, { vocabulary = 1 }) {
    const logits = gpt(scope, graphInput(inputs, "ids"), { ...model, vocabulary, length, formulation });
    return classification(logits, graphInput(inputs, "targets")); // (B,T,V), (B,T)
  },
  async dimensions({ data }, environment) {
    return { vocabulary: charactersOf(await readText(data.text, environment)).length };
  },
  async load({ data: { text, length, heldOut } }, environment) {
    const parts = splitText(await readText(text, environment), length, heldOut, text);
    return characterData(parts, length, environment.seed);
  },
  async sample(model, seed) {
    const writer = await writerOf(model);
    const [first = ""] = charactersIn(model);
    let text = "";
    try {
      for await (const piece of writer.write(first, { ...SAMPLE, seed })) text += piece;
    } finally {
      await writer.release();
    }
    return text;
  },
  read: async (model, text) => readWindow(text, characterVocabulary(charactersIn(model)), model.options.data.length),
  writer: writerOf,
};
