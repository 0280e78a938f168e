import { z } from "zod";
import { encoderDecoder, encoderDecoderOptions, type EncoderDecoder } from "../models/encoder-decoder.ts";
import { translationObjective } from "../nn/word-output.ts";
import { normalised } from "../text/aligned.ts";
import { buildTokenizer, readTokenizer } from "../text/tokenizer.ts";
import { BEGIN, END, PADDING } from "../text/vocabulary.ts";
import { withDefaults } from "./defaults.ts";
import { graphInput } from "./graph-input.ts";
import type { DataEnvironment, DeepPartial, Reading, Task } from "./task.ts";
import { trainOptions } from "./train-options.ts";
import { bleuOptions, checkBleu, translationBleu } from "./translate-bleu.ts";
import { corpusOptions, readCorpus, type Corpus } from "./translate-corpus.ts";
import { pairDescription, translationData, type Tokenizers, type TranslationData } from "./translate-data.ts";
import { openTranslator } from "./translator.ts";
import { checkTokens, type Dimensions, type TrainedModel, type Translator } from "./uses.ts";

const dataOptions = corpusOptions.extend({
  tokens: z.enum(["words", "byte-pair"]).default("words").describe("whole words, or pieces of words that are learned"),
  minCount: z.int().min(1).default(2).describe("words seen less often in the training text are unknown"),
  size: z
    .int()
    .min(0)
    .default(5_000)
    .describe("tokens of a language at most, specials included; 0 = all words, for tokens=words"),
  length: z
    .int()
    .min(1)
    .max(1_000)
    .default(50)
    .describe("tokens of a sentence at most; longer training pairs are left out, longer test sentences cut"),
});

const allOptions = z.strictObject({
  model: withDefaults(encoderDecoderOptions, {}).prefault({}),
  data: dataOptions.prefault({}),
  loss: z
    .strictObject({
      smoothing: z.number().min(0).lt(1).default(0.1).describe("probability that the target leaves to other words"),
    })
    .prefault({}),
  bleu: bleuOptions.prefault({}),
  train: withDefaults(trainOptions, {
    epochs: 4,
    batch: 64,
    rate: 3e-3,
    beta2: 0.98,
    epsilon: 1e-9,
    clip: 1,
    schedule: "cosine-warm-up",
    warmup: 200,
    evaluations: 1,
  }).prefault({}),
});

export type TranslationTaskOptions = z.output<typeof allOptions>;

/** The author's setting at width C = 128 with 4 heads; the rate is C^(−½)·4000^(−½) and must follow another width. */
const paper: DeepPartial<TranslationTaskOptions> = {
  data: { minCount: 1, size: 0, length: 100 },
  train: { epochs: 20, batch: 50, rate: 1.3975e-3, clip: 0, schedule: "transformer", warmup: 4_000 },
};

function tokenizersOf({ train }: Corpus, { tokens: kind, minCount, size }: TranslationTaskOptions["data"]) {
  const build = (sentences: readonly string[]) => buildTokenizer(sentences, { kind, minCount, size });
  return { source: build(train.source), target: build(train.target) };
}

async function loadData(
  { data, bleu }: TranslationTaskOptions,
  environment: DataEnvironment,
): Promise<TranslationData> {
  checkBleu(bleu, data.tokens);
  const corpus = await readCorpus(data, environment);
  return translationData(corpus, tokenizersOf(corpus, data), { length: data.length, seed: environment.seed });
}

/** The model's sizes; begin and end stand beside `length` tokens. */
function modelOf(options: TranslationTaskOptions, formulation: string, dimensions: Dimensions): EncoderDecoder {
  const { sourceVocabulary = 1, targetVocabulary = 1 } = dimensions;
  const { model, data } = options;
  return { ...model, formulation, sourceVocabulary, targetVocabulary, length: data.length + 2, padding: PADDING };
}

function readTokenizers({ assets, dimensions }: Pick<TrainedModel<unknown>, "assets" | "dimensions">): Tokenizers {
  const [source, target] = [readTokenizer(assets["source"]), readTokenizer(assets["target"])];
  checkTokens("source", source.tokens, dimensions["sourceVocabulary"]);
  checkTokens("target", target.tokens, dimensions["targetVocabulary"]);
  return { source, target };
}

/** A sentence with the model's own greedy translation. */
async function readSentence(model: TrainedModel<TranslationTaskOptions>, text: string): Promise<Reading> {
  const tokenizers = readTokenizers(model);
  const translator = await translatorOf(model);
  try {
    const [translation] = (await translator.translate([text], { beam: 1, lengthPenalty: 0 })) ?? [];
    const [from, to] = [tokenizers.source.encode(normalised(text)).ids, translation?.ids ?? []];
    const row = (ids: readonly number[]) => ({ data: Int32Array.from(ids), shape: [1, ids.length] });
    return {
      feeds: { source: row([BEGIN, ...from, END]), decoded: row([BEGIN, ...to]), targets: row([...to, END]) },
      example: pairDescription(tokenizers, from, to),
    };
  } finally {
    await translator.release();
  }
}

function translatorOf(model: TrainedModel<TranslationTaskOptions>): Promise<Translator> {
  const { options, attention, dimensions } = model;
  return openTranslator({
    model,
    encoderDecoder: modelOf(options, attention, dimensions),
    ...readTokenizers(model),
    longest: options.data.length,
  });
}

/**
 * What does this sentence mean in another language? An encoder-decoder on pairs of sentences (Borji 2023, translation,
 * after The Annotated Transformer), judged by corpus BLEU-4 of the decoded test sentences.
 */
export const translate: Task<TranslationTaskOptions, TranslationData> = {
  name: "translate",
  summary: "translate sentences, Multi30k or any pair of aligned files",
  options: allOptions,
  presets: { quick: {}, paper },
  metric: { name: "token accuracy", higherIsBetter: true, from: "correct" },
  finalMetric: translationBleu(translatorOf),
  keep: "last",
  inputs: (_, batch) => ({
    source: { dtype: "int32", shape: [batch, "S"] },
    decoded: { dtype: "int32", shape: [batch, "T"] },
    targets: { dtype: "int32", shape: [batch, "T"] },
  }),
  // The mean of Multi30k, begin and end included.
  typicalLengths: ({ data: { length } }) => ({ S: Math.min(15, length + 2), T: Math.min(15, length + 1) }),
  graph(scope, inputs, options, formulation, dimensions) {
    const model = modelOf(options, formulation, dimensions);
    const pair = { source: graphInput(inputs, "source"), target: graphInput(inputs, "decoded") };
    const hidden = encoderDecoder(scope, pair, model); // (B,T,C)
    const { smoothing } = options.loss;
    return translationObjective(scope, hidden, model.targetVocabulary, graphInput(inputs, "targets"), {
      smoothing,
      padding: PADDING,
    });
  },
  async dimensions({ data, bleu }, environment) {
    checkBleu(bleu, data.tokens);
    const { source, target } = tokenizersOf(await readCorpus(data, environment), data);
    return { sourceVocabulary: source.tokens.length, targetVocabulary: target.tokens.length };
  },
  load: loadData,
  read: readSentence,
  translator: translatorOf,
};
