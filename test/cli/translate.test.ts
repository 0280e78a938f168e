import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { builtKvt } from "../support/built.ts";

const { work, run } = builtKvt();

const NOUNS = { dog: "Hund", cat: "Katze", man: "Mann", bird: "Vogel", child: "Kind", fish: "Fisch" };
const VERBS = { sleeps: "schläft", runs: "rennt", sings: "singt", eats: "isst", waits: "wartet" };

/** Every sentence that the words make, in an order that mixes them. */
const pairs = Object.entries(NOUNS)
  .flatMap(([noun, Noun], i) => Object.entries(VERBS).map(([verb, Verb], j) => ({ i, j, noun, verb, Noun, Verb })))
  .sort((a, b) => (((a.i * 5 + a.j) * 7) % 30) - (((b.i * 5 + b.j) * 7) % 30))
  .map(({ noun, verb, Noun, Verb }) => [`a ${noun} ${verb} .`, `ein ${Noun} ${Verb} .`] as const);

const file = (name: string, lines: readonly string[]) =>
  writeFileSync(path.join(work, name), name.endsWith(".gz") ? gzipSync(lines.join("\n")) : `${lines.join("\n")}\n`);

/** A small model that learns those sentences by heart. */
beforeAll(async () => {
  const many = Array.from({ length: 8 }, () => pairs).flat();
  file(
    "train.en.gz",
    many.map(([english]) => english),
  );
  file(
    "train.de",
    many.map(([, german]) => german),
  );
  const words = ["corpus=files", "source=train.en.gz", "target=train.de", "minCount=1", "length=6"];
  const sizes = ["model.width=32", "model.layers=1", "model.heads=2", "model.dropout=0", "train.batch=20"];
  const course = ["train.epochs=30", "train.rate=5e-3", "train.warmup=30"];
  const settings = [...words.map((word) => `data.${word}`), ...sizes, ...course].flatMap((set) => ["--set", set]);
  const { code, out, err } = await run("train", "translate", "--attention", "kv+pos", "--out", "small", ...settings);
  expect(code, err).toBe(0);
  expect(out).toMatch(/test BLEU +1\.0000/);
  // Evaluations on the way count right words; what the run is judged by is BLEU.
  expect(err).toContain("finished, test BLEU 1.0000");
}, 120_000);

const translate = (...words: string[]) => run("translate", "small", ...words);

test("translates sentences of one's own, each on a line, and keeps an empty one", async () => {
  const { code, out, err } = await translate("a cat  sings.", "", "a man waits .", "--beam", "3");
  expect(code, err).toBe(0);
  expect(out).toBe("ein Katze singt.\n\nein Mann wartet.\n");
  expect(err).toBe("");
});

test("translates a file, measures BLEU against a reference, and gives JSON", async () => {
  file(
    "some.en",
    pairs.slice(0, 5).map(([english]) => english),
  );
  file(
    "some.de.gz",
    pairs.slice(0, 5).map(([, german]) => german),
  );
  const { out, err } = await translate("--file", "some.en", "--reference", "some.de.gz");
  expect(out.split("\n")).toHaveLength(6);
  expect(err).toBe("BLEU 1.0000 (nltk, of words), 100.00 (sacrebleu, 13a)\n");
  const { translations, ...rest } = JSON.parse((await translate("--json", "a bird runs.")).out) as {
    translations: readonly Readonly<Record<string, unknown>>[];
  };
  expect(rest).toEqual({ folder: "small", beam: 4, lengthPenalty: 1 });
  expect(translations).toHaveLength(1);
  expect(translations[0]).toMatchObject({ sentence: "a bird runs.", text: "ein Vogel rennt.", unknown: [] });
  expect(translations[0]?.["score"]).toBeLessThan(0);
});

test("reports a word that it does not know, and translates the rest", async () => {
  const { code, out, err } = await translate("a cat sings .", "a zebra sleeps .");
  expect(code).toBe(0);
  expect(out.split("\n")[1]).toMatch(/^ein \S+ schläft\.$/);
  expect(err).toBe('sentence 2: the model does not know "zebra"\n');
});

test("passes over a sentence that is too long, names its line, and keeps the others on theirs", async () => {
  file("long.en", ["a cat sings .", "a a a a a a a a", "a man waits ."]);
  const { code, out, err } = await translate("--file", "long.en");
  expect({ code, out }).toEqual({ code: 1, out: "ein Katze singt.\n\nein Mann wartet.\n" });
  expect(err).toBe("long.en:2: error: expected at most 6 tokens, got 8; cut it into shorter sentences\n");
  const json = await translate("a a a a a a a a", "--json");
  expect(JSON.parse(json.out)).toMatchObject({
    translations: [{ text: "", refusal: "expected at most 6 tokens, got 8" }],
  });
});

test("says what is wrong with a vocabulary that was changed", async () => {
  const place = path.join(work, "small", "assets.json");
  const whole = readFileSync(place, "utf8");
  const { source, ...rest } = JSON.parse(whole) as { source: { kind: string; words: string[] } };
  writeFileSync(place, JSON.stringify({ ...rest, source: { ...source, words: source.words.slice(1) } }));
  expect((await translate("a cat")).err).toMatch(/assets\.json: expected \d+ tokens in "source", got \d+/);
  rmSync(place);
  expect((await translate("a cat")).err).toContain("small/assets.json: expected the sizes of the model, got nothing");
  writeFileSync(place, whole);
});

test("says what is wrong, and translates nothing then", async () => {
  expect((await translate()).err).toContain("what to translate: expected sentences or --file, got neither");
  expect((await translate("a cat", "--file", "some.en")).err).toContain("got both");
  expect((await translate("a cat", "--reference", "some.en")).err).toContain(
    "some.en: expected 1 lines, one for each sentence, got 5",
  );
  expect((await translate("--file", "none.txt")).err).toContain("none.txt: expected a file, got nothing");
  expect((await run("generate", "small", "--prompt", "a")).err).toContain(
    "small is a run of translate: expected one of a task that writes",
  );
});

test("shows what a sentence of one's own is attended to, one module alone", async () => {
  const words = ["--prompt", "a cat sings .", "--module", "decoder.cross", "--json"];
  const { code, out, err } = await run("attention", "small", ...words);
  expect(code, err).toBe(0);
  const { prompt, parts } = JSON.parse(out) as {
    prompt: string;
    parts: readonly { module: string; queries: string[]; keys: string[] }[];
  };
  expect(prompt).toBe("a cat sings .");
  expect(parts.map(({ module }) => module)).toEqual(["decoder.cross"]);
  // The decoder reads its own translation.
  expect(parts[0]?.queries).toEqual(["<bos>", "ein", "Katze", "singt", "."]);
  expect(parts[0]?.keys).toEqual(["<bos>", "a", "cat", "sings", ".", "<eos>"]);
  expect((await run("attention", "small", "--prompt", "a", "--module", "decoder.cros")).err).toContain(
    'unknown module "decoder.cros": expected one of encoder.attention, decoder.attention, decoder.cross',
  );
});
