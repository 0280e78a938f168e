import { z } from "zod";
import { gunzip } from "../data/gunzip.ts";
import { KvtError } from "../errors.ts";
import { alignedText, type AlignedText, type TextFile } from "../text/aligned.ts";
import type { DataEnvironment, Split } from "./task.ts";

const file = (what: string) => z.string().default("").describe(`file of ${what}, for corpus=files`);

/** Where pairs of sentences come from, as options of a task. */
export const corpusOptions = z.strictObject({
  corpus: z.enum(["multi30k", "bible-en-es", "files"]).default("multi30k").describe("which pairs of sentences"),
  from: z.string().default("en").describe("language that is translated: en, de or es"),
  to: z.string().default("de").describe("language that is written: en, de or es"),
  source: file("sentences to translate, one a line"),
  target: file("their translations"),
  validationSource: file("validation sentences; without it every twentieth training line"),
  validationTarget: file("their translations"),
  testSource: file("test sentences; without it every twentieth training line"),
  testTarget: file("their translations"),
  skipEmpty: z.boolean().default(false).describe("leave out pairs with an empty side instead of refusing the files"),
});
export type CorpusOptions = z.output<typeof corpusOptions>;

export type Corpus = Readonly<Record<Split, AlignedText>>;

const LANGUAGES = { multi30k: ["en", "de"], "bible-en-es": ["en", "es"] } as const;

function checkLanguages(corpus: keyof typeof LANGUAGES, from: string, to: string): void {
  const languages: readonly string[] = LANGUAGES[corpus];
  if (languages.includes(from) && languages.includes(to) && from !== to) return;
  const both = languages.join(" and ");
  throw new KvtError(
    "usage",
    `data.from and data.to: expected ${both} in either order for ${corpus}, got ${from} and ${to}`,
  );
}

/**
 * Every twentieth line for validation and for test, as they follow from the line's number n from 0: n mod 20 = 0 and 10.
 * Throws a `data` error for a text too short to have both.
 */
export function splitLines({ source, target, skipped }: AlignedText, name: string): Corpus {
  if (source.length < 11) {
    throw new KvtError("data", `${name}: expected at least 11 lines to split, got ${source.length}`, {
      hint: "Name files for validation and test, such as data.validationSource and data.testSource.",
    });
  }
  const part = (wanted: (remainder: number) => boolean): AlignedText => {
    const lines = (all: readonly string[]) => all.filter((_, n) => wanted(n % 20));
    return { source: lines(source), target: lines(target), skipped: 0 };
  };
  return {
    train: { ...part((n) => n !== 0 && n !== 10), skipped },
    validation: part((n) => n === 0),
    test: part((n) => n === 10),
  };
}

/**
 * Pairs of sentences of the corpus that the options name; files may be plain or gzip. Throws a `usage` error for
 * languages that a corpus lacks and files that are not named, and `data` errors as `alignedText` does.
 */
export async function readCorpus(options: CorpusOptions, { read, readPath }: DataEnvironment): Promise<Corpus> {
  const { corpus, from, to, skipEmpty } = options;
  const published = async (set: string, name: string): Promise<TextFile> => {
    const shown = `${set}/${name}`;
    return { name: shown, bytes: await gunzip(await read(set, name), shown) };
  };
  if (corpus === "files") {
    if (readPath === undefined) {
      throw new KvtError("usage", "data.corpus: expected a corpus by name where no files can be opened, got files");
    }
    return readFiles(options, async (path) => ({ name: path, bytes: await gunzip(await readPath(path), path) }));
  }
  const named = FILE_OPTIONS.find((option) => options[option] !== "");
  if (named !== undefined) {
    throw new KvtError("usage", `data.${named}: expected no file with data.corpus=${corpus}, got ${options[named]}`, {
      hint: "To read files of your own, add --set data.corpus=files.",
    });
  }
  checkLanguages(corpus, from, to);
  const pair = async (stem: string) =>
    alignedText(await published(corpus, `${stem}.${from}.gz`), await published(corpus, `${stem}.${to}.gz`), {
      skipEmpty,
    });
  if (corpus === "bible-en-es") return splitLines(await pair("bible"), corpus);
  return { train: await pair("train"), validation: await pair("val"), test: await pair("test_2016_flickr") };
}

const FILE_OPTIONS = [
  "source",
  "target",
  "validationSource",
  "validationTarget",
  "testSource",
  "testTarget",
] as const satisfies readonly (keyof CorpusOptions)[];
type FileOption = (typeof FILE_OPTIONS)[number];

async function readFiles(options: CorpusOptions, open: (path: string) => Promise<TextFile>): Promise<Corpus> {
  const pair = async (source: FileOption, target: FileOption) => {
    const [left, right] = [options[source], options[target]];
    const missing = left === "" ? source : right === "" ? target : undefined;
    if (missing !== undefined) {
      throw new KvtError("usage", `data.${missing}: expected a file, got none`, {
        hint: `Name both, as in --set data.${source}=FILE --set data.${target}=FILE.`,
      });
    }
    return alignedText(await open(left), await open(right), options);
  };
  const train = await pair("source", "target");
  if (FILE_OPTIONS.slice(2).every((option) => options[option] === "")) {
    return splitLines(train, options.source);
  }
  const validation = await pair("validationSource", "validationTarget");
  return { train, validation, test: await pair("testSource", "testTarget") };
}
