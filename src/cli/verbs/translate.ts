import { readFileSync } from "node:fs";
import { gunzip } from "../../data/gunzip.ts";
import { onDisk } from "../../disk.ts";
import { KvtError } from "../../errors.ts";
import type { Translation, TranslationOptions, Translator } from "../../tasks/uses.ts";
import { linesOf } from "../../text/aligned.ts";
import { nltkBleu, sacreBleu } from "../../text/bleu.ts";
import { wordsOf } from "../../text/words.ts";
import { readPath } from "../../train/data-environment.ts";
import { exitCodes } from "../exit.ts";
import { print, printJson } from "../io.ts";
import { addJson, integerFrom, number } from "../options.ts";
import { reportEnd } from "../outcome.ts";
import { openUse } from "../open-use.ts";
import { defineVerb } from "../verb.ts";

interface TranslateOptions {
  readonly file?: string;
  readonly reference?: string;
  readonly beam: number;
  readonly lengthPenalty: number;
  readonly threads: number;
  readonly json?: boolean;
}

/** Sentences that are translated before the next are begun, so that a long file's first lines come soon. */
const TOGETHER = 128;

const STANDARD_INPUT = 0;

export const translateVerb = defineVerb<TranslateOptions>({
  configure(command) {
    command
      .argument("<run>", "folder of a finished run of a task that translates")
      .argument("[sentences...]", "what to translate")
      .option("--file <file>", "sentences, one a line, plain or gzip; - for the standard input")
      .option("--reference <file>", "translations of the same lines: BLEU is measured")
      .option("--beam <n>", "hypotheses that are followed at the same time; 1 = greedy", integerFrom(1), 4)
      .option("--length-penalty <a>", "a hypothesis is judged by ln P / length to this power", number, 1)
      .option("--threads <n>", "threads", integerFrom(1), 1);
    addJson(command);
  },
  examples: [
    'kvt translate runs/translate-kv-seed1-1 "A man sleeps."',
    "kvt translate runs/translate-kv-seed1-1 --file letters.txt > briefe.txt",
    "kvt translate runs/translate-kv-seed1-1 --file test.en.gz --reference test.de.gz --beam 1 --json",
  ],
  async run({ words, options }, io) {
    const [folder = "", ...given] = words;
    const { file, reference, beam, lengthPenalty, threads, json } = options;
    const sentences = await sentencesOf(given, file);
    const references = reference === undefined ? undefined : await referencesOf(reference, sentences.length);
    const signal = io.interruptible();
    const translator = await openUse(folder, threads, "translator", "one of a task that translates");
    const translations: Refused[] = [];
    try {
      for (let start = 0; start < sentences.length; start += TOGETHER) {
        const some = sentences.slice(start, start + TOGETHER);
        const next = await translateSome(translator, some, { beam, lengthPenalty }, signal);
        if (next === null) break;
        for (const [at, translation] of next.entries()) {
          if (json !== true) print(io.out, translation.text);
          for (const line of notes(translation)) print(io.err, `${placeOf(start + at, file)}: ${line}`);
        }
        translations.push(...next);
      }
    } finally {
      await translator.release();
    }
    const isWhole = translations.length === sentences.length;
    const bleu = references === undefined || !isWhole ? undefined : bleuOf(translations, references);
    if (json === true) {
      const results = translations.map(({ text, tokens, score, unknown, refusal }, i) => {
        return { sentence: sentences[i], text, tokens, score, unknown, ...(refusal !== undefined && { refusal }) };
      });
      printJson(io, { folder, beam, lengthPenalty, ...(bleu && { bleu }), translations: results });
    } else if (bleu !== undefined) {
      print(io.err, `BLEU ${bleu.nltk.toFixed(4)} (nltk, of words), ${bleu.sacrebleu.toFixed(2)} (sacrebleu, 13a)`);
    }
    if (!isWhole) return reportEnd(io, `${translations.length} of ${sentences.length} sentences are translated`);
    return translations.some(({ refusal }) => refusal !== undefined) ? exitCodes.failed : exitCodes.success;
  },
});

/** A sentence that the model cannot read: an empty line stands for it, so that lines keep their numbers. */
interface Refused extends Translation {
  readonly refusal?: string;
}

async function translateSome(
  translator: Translator,
  sentences: readonly string[],
  options: TranslationOptions,
  signal: AbortSignal,
): Promise<readonly Refused[] | null> {
  const refusals = sentences.map((sentence) => translator.refusal(sentence));
  const readable = sentences.map((sentence, i) => (refusals[i] === undefined ? sentence : ""));
  const translations = await translator.translate(readable, options, signal);
  if (translations === null) return null;
  return translations.map((translation, i) => {
    const refusal = refusals[i];
    return refusal === undefined ? translation : { ...translation, refusal };
  });
}

const placeOf = (index: number, file: string | undefined): string =>
  file === undefined ? `sentence ${index + 1}` : `${file === "-" ? "standard input" : file}:${index + 1}`;

function notes({ unknown, refusal }: Refused): string[] {
  const names = unknown.map((token) => JSON.stringify(token)).join(" ");
  return [
    ...(refusal === undefined ? [] : [`error: ${refusal}; cut it into shorter sentences`]),
    ...(unknown.length === 0 ? [] : [`the model does not know ${names}`]),
  ];
}

async function sentencesOf(given: readonly string[], file: string | undefined): Promise<readonly string[]> {
  if (given.length > 0 === (file !== undefined)) {
    const got = file === undefined ? "neither" : "both";
    throw new KvtError("usage", `what to translate: expected sentences or --file, got ${got}`, {
      hint: 'Say kvt translate RUN "A sentence." or kvt translate RUN --file FILE.',
    });
  }
  return file === undefined ? given : readLines(file);
}

async function referencesOf(file: string, count: number): Promise<readonly string[]> {
  const references = await readLines(file);
  if (references.length === count) return references;
  throw new KvtError("data", `${file}: expected ${count} lines, one for each sentence, got ${references.length}`, {
    hint: "Name the translations of the same file.",
  });
}

async function readLines(file: string): Promise<readonly string[]> {
  const name = file === "-" ? "standard input" : file;
  const bytes = file === "-" ? onDisk("read", name, () => readFileSync(STANDARD_INPUT)) : await readPath(file);
  return linesOf({ name, bytes: await gunzip(bytes, name) });
}

function bleuOf(translations: readonly Translation[], references: readonly string[]) {
  const texts = translations.map(({ text }) => text);
  return {
    nltk: nltkBleu(
      texts.map(wordsOf),
      references.map((reference) => [wordsOf(reference)]),
    ).score,
    sacrebleu: sacreBleu(
      texts,
      references.map((reference) => [reference]),
    ).score,
  };
}
