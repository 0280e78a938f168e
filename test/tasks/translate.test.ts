import { expect, test } from "vitest";
import { resolveOptions } from "../../src/tasks/options.ts";
import { taskCost } from "../../src/tasks/cost.ts";
import type { DataEnvironment } from "../../src/tasks/task.ts";
import { openNode } from "../../src/runtime/node.ts";
import { translate } from "../../src/tasks/translate.ts";
import { openTrainingProgram } from "../../src/train/training-program.ts";

const english = ["a dog runs", "a dog sleeps", "two dogs run", "a cat sleeps"];
const german = ["ein Hund rennt", "ein Hund schläft", "zwei Hunde rennen", "eine Katze schläft"];
const lines = (sentences: readonly string[]) =>
  new TextEncoder().encode(Array.from({ length: 12 }, (_, i) => sentences[i % 4]).join("\n"));

const environment: DataEnvironment = {
  seed: 1,
  read: () => Promise.reject(new Error("no set is read")),
  readPath: (file) => Promise.resolve(lines(file === "en" ? english : german)),
};
const settings = ["data.corpus=files", "data.source=en", "data.target=de"];
const options = (...more: string[]) => resolveOptions(translate, "quick", [...settings, ...more]);

test("sizes are those of the vocabularies, which follow from the training sentences alone", async () => {
  const data = await translate.load(options("data.minCount=1"), environment);
  // Four specials, and the words of the training lines; lines 0 and 10 are held out.
  expect(data.dimensions).toEqual({ sourceVocabulary: 4 + 8, targetVocabulary: 4 + 9 });
  expect(await translate.dimensions?.(options("data.minCount=1"), environment)).toEqual(data.dimensions);
  const frequent = await translate.load(options("data.minCount=3", "data.size=7"), environment);
  expect(frequent.dimensions).toEqual({ sourceVocabulary: 7, targetVocabulary: 7 });
});

test("sub-words take the place of words", async () => {
  const data = await translate.load(options("data.tokens=byte-pair", "data.size=30"), environment);
  expect(data.dimensions?.["sourceVocabulary"]).toBeLessThanOrEqual(30);
  expect(data.assets?.["source"]).toMatchObject({ kind: "byte-pair" });
});

test("a decoder keeps its own keys and values of each written word, and those of k once", () => {
  const sizes = { sourceVocabulary: 20, targetVocabulary: 30 };
  const bytes = (attention: string) =>
    taskCost(translate, resolveOptions(translate, "quick", []), attention, sizes).cacheBytesPerToken;
  // Two layers of width 128 in float32.
  expect(bytes("qkv")).toBe(2 * 2 * 128 * 4);
  expect(bytes("k")).toBe(2 * 128 * 4);
});

test("kv has one projection less in each self-attention, and none less in cross-attention with queries of its own", () => {
  const sizes = { sourceVocabulary: 20, targetVocabulary: 30 };
  const parameters = (attention: string, ...more: string[]) =>
    taskCost(translate, resolveOptions(translate, "quick", more), attention, sizes).parameters;
  const projection = 128 * 128 + 128;
  expect(parameters("qkv") - parameters("kv")).toBe(4 * projection);
  expect(parameters("kv") - parameters("kv", "model.crossQuery=shared-key")).toBe(2 * projection);
});

test("BLEU counts test sentences that are longer than the model reads, with and without specials", async () => {
  const small = ["model.width=8", "model.layers=1", "model.heads=2", "data.minCount=1", "data.length=2"];
  const pairs: readonly string[] = ["dogs run", "a dog sleeps well now", "cats run"];
  const environmentOf: DataEnvironment = {
    ...environment,
    readPath: () =>
      Promise.resolve(new TextEncoder().encode(Array.from({ length: 22 }, (_, i) => pairs[i % 3]).join("\n"))),
  };
  const scores: (number | null | undefined)[] = [];
  for (const bleu of ["bleu.score=nltk", "bleu.keepSpecials=true", "bleu.score=sacrebleu"]) {
    const resolved = options(...small, bleu);
    const data = await translate.load(resolved, environmentOf);
    // Lines 10 and 30, of which the first has five words.
    expect(data.sentences("test", 0).source).toBe("a dog sleeps well now");
    const request = { task: translate, options: resolved, attention: "kv", seed: 1, dimensions: data.dimensions };
    const program = await openTrainingProgram(request, await openNode("cpu", 1));
    const model = { ...(await program.trained(data.assets ?? {})), options: resolved };
    scores.push(await translate.finalMetric?.measure(model, data, "test"));
    await program.release();
  }
  for (const score of scores) {
    expect(score).toBeGreaterThanOrEqual(0);
    expect(score).toBeLessThanOrEqual(1);
  }
  await expect(
    translate.load(options("bleu.keepSpecials=true", "bleu.score=sacrebleu"), environmentOf),
  ).rejects.toThrow(
    "bleu.keepSpecials: expected bleu.score=nltk and data.tokens=words beside it, got bleu.score=sacrebleu",
  );
  // Begin and end always match, so the author's score is higher.
  expect(scores[1]).toBeGreaterThan(scores[0] ?? 0);
});
