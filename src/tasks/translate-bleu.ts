import { z } from "zod";
import { KvtError } from "../errors.ts";
import { nltkBleu, sacreBleu } from "../text/bleu.ts";
import { readTokenizer } from "../text/tokenizer.ts";
import { BEGIN, END, SPECIALS } from "../text/vocabulary.ts";
import { wordsOf } from "../text/words.ts";
import type { FinalMetric } from "./task.ts";
import type { TranslationData } from "./translate-data.ts";
import type { TrainedModel, Translation, Translator } from "./uses.ts";

export const bleuOptions = z.strictObject({
  score: z
    .enum(["nltk", "sacrebleu"])
    .default("nltk")
    .describe("corpus BLEU-4 of words as nltk computes it, or of sentences as sacrebleu does (13a), both 0 … 1"),
  keepSpecials: z
    .boolean()
    .default(false)
    .describe("begin, end and unknown count as words on both sides, as in the author's figures, which they raise"),
  beam: z.int().min(1).default(1).describe("hypotheses followed in decoding; 1 = greedy"),
  lengthPenalty: z.number().min(0).default(1).describe("a hypothesis is judged by ln P / length to this power"),
});

/** Throws a `usage` error for options that do not go together. */
export function checkBleu({ score, keepSpecials }: z.output<typeof bleuOptions>, tokens: string): void {
  if (!keepSpecials || (score === "nltk" && tokens === "words")) return;
  const got = score === "nltk" ? `data.tokens=${tokens}` : `bleu.score=${score}`;
  throw new KvtError(
    "usage",
    `bleu.keepSpecials: expected bleu.score=nltk and data.tokens=words beside it, got ${got}`,
  );
}

interface WithBleu {
  readonly bleu: z.output<typeof bleuOptions>;
}

/** Corpus BLEU-4 of the decoded sentences of a split against their translations. */
export function translationBleu<O extends WithBleu>(
  open: (model: TrainedModel<O>) => Promise<Translator>,
): FinalMetric<O, TranslationData> {
  return {
    name: "BLEU",
    higherIsBetter: true,
    async measure(model, data, split, signal) {
      const { score, keepSpecials, beam, lengthPenalty } = model.options.bleu;
      const pairs = Array.from({ length: data.sizes[split] }, (_, index) => data.sentences(split, index));
      const references = pairs.map(({ target }) => target);
      const translator = await open(model);
      try {
        const sources = pairs.map(({ source }) => source);
        const translations = await translator.translate(
          sources,
          { beam, lengthPenalty, cut: true, unknown: keepSpecials },
          signal,
        );
        if (translations === null) return null;
        const texts = translations.map(({ text }) => text);
        if (score === "sacrebleu") return sacreBleu(texts, inLists(references)).score / 100;
        return keepSpecials
          ? bleuWithSpecials(translations, references, model.assets["target"])
          : nltkBleu(texts.map(wordsOf), inLists(references.map(wordsOf))).score;
      } finally {
        await translator.release();
      }
    },
  };
}

/** One reference for each hypothesis, as lists. */
const inLists = <T>(references: readonly T[]): T[][] => references.map((reference) => [reference]);

/** The author's score: begin and end are two words that always match, and an unknown word may match another. */
function bleuWithSpecials(
  translations: readonly Translation[],
  references: readonly string[],
  target: unknown,
): number {
  const { tokens, encode } = readTokenizer(target);
  const framed = (words: readonly string[]) => [SPECIALS[BEGIN] ?? "", ...words, SPECIALS[END] ?? ""];
  const wordsInModel = (sentence: string) => encode(sentence).ids.map((id) => tokens[id] ?? "");
  return nltkBleu(
    translations.map((translation) => framed(translation.tokens)),
    inLists(references.map((sentence) => framed(wordsInModel(sentence)))),
  ).score;
}
