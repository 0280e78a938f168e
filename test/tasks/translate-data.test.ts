import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { DataEnvironment, Split } from "../../src/tasks/task.ts";
import { corpusOptions, readCorpus, splitLines } from "../../src/tasks/translate-corpus.ts";
import { translationData } from "../../src/tasks/translate-data.ts";
import { PADDING } from "../../src/text/vocabulary.ts";
import { buildTokenizer } from "../../src/text/tokenizer.ts";

const options = (settings: Record<string, unknown>) => corpusOptions.parse(settings);

function environment(files: Readonly<Record<string, Uint8Array | string>>): DataEnvironment {
  const open = (name: string) => {
    const held = files[name];
    if (held === undefined) return Promise.reject(new Error(`no file ${name}`));
    return Promise.resolve(typeof held === "string" ? new TextEncoder().encode(held) : new Uint8Array(held));
  };
  return { seed: 1, read: (set, file) => open(`${set}/${file}`), readPath: open };
}

const lines = (count: number, word: string) => Array.from({ length: count }, (_, i) => `${word} ${i}`).join("\n");
const pair = (source: string[], target: string[]) => ({ source, target, skipped: 0 });

describe("a corpus", () => {
  it("is read by name in either direction", async () => {
    const files: Record<string, Uint8Array> = {};
    for (const stem of ["train", "val", "test_2016_flickr"]) {
      files[`multi30k/${stem}.en.gz`] = gzipSync(`${stem} dog\n`);
      files[`multi30k/${stem}.de.gz`] = gzipSync(`${stem} Hund\n`);
    }
    const { train, validation, test } = await readCorpus(options({ from: "de", to: "en" }), environment(files));
    expect(train).toEqual(pair(["train Hund"], ["train dog"]));
    expect(validation.source).toEqual(["val Hund"]);
    expect(test.target).toEqual(["test_2016_flickr dog"]);
  });

  it("has every twentieth line for validation and for test where it is one text", async () => {
    const files = {
      "bible-en-es/bible.en.gz": gzipSync(lines(60, "v")),
      "bible-en-es/bible.es.gz": gzipSync(lines(60, "w")),
    };
    const corpus = await readCorpus(options({ corpus: "bible-en-es", to: "es" }), environment(files));
    expect(corpus.validation.source).toEqual(["v 0", "v 20", "v 40"]);
    expect(corpus.test.target).toEqual(["w 10", "w 30", "w 50"]);
    expect(corpus.train.source).toHaveLength(54);
  });

  it("is read from named files, plain or gzip, with splits of their own", async () => {
    const files = { a: "one", b: gzipSync("eins"), c: "two", d: "zwei", e: "three", f: "drei" };
    const named = { corpus: "files", source: "a", target: "b", validationSource: "c", validationTarget: "d" };
    const corpus = await readCorpus(options({ ...named, testSource: "e", testTarget: "f" }), environment(files));
    expect(corpus).toEqual({
      train: pair(["one"], ["eins"]),
      validation: pair(["two"], ["zwei"]),
      test: pair(["three"], ["drei"]),
    });
    await expect(readCorpus(options({ source: "a" }), environment(files))).rejects.toThrow(
      "data.source: expected no file with data.corpus=multi30k, got a",
    );
    await expect(readCorpus(options(named), environment(files))).rejects.toThrow(
      "data.testSource: expected a file, got none",
    );
  });

  it("is refused where a name or a language is wrong", async () => {
    await expect(readCorpus(options({ to: "es" }), environment({}))).rejects.toThrow(
      "data.from and data.to: expected en and de in either order for multi30k, got en and es",
    );
    await expect(readCorpus(options({ corpus: "files", source: "a" }), environment({ a: "x" }))).rejects.toThrow(
      "data.target: expected a file, got none",
    );
    expect(() => splitLines(pair(["a"], ["b"]), "short.txt")).toThrow(
      "short.txt: expected at least 11 lines to split, got 1",
    );
  });
});

it("files are refused where none can be opened, as in a browser", async () => {
  const { seed, read } = environment({});
  await expect(readCorpus(options({ corpus: "files", source: "a", target: "b" }), { seed, read })).rejects.toThrow(
    "data.corpus: expected a corpus by name where no files can be opened, got files",
  );
});

describe("examples", () => {
  const train = pair(["a dog", "the very very long dog", "a cat"], ["ein Hund", "der Hund", "eine Katze"]);
  const other = pair(["a bird runs on and on"], ["ein Hund und"]);
  const corpus = { train, validation: other, test: other };
  const words = { kind: "words", minCount: 1, size: 0 } as const;
  const tokenizers = {
    source: buildTokenizer(["a dog", "a cat"], words),
    target: buildTokenizer(train.target, words),
  };
  const data = translationData(corpus, tokenizers, { length: 4, seed: 1 });
  const read = (split: Split, ...indices: number[]) => {
    const feeds = data.batch(split, Int32Array.from(indices), 0);
    return Object.fromEntries(Object.entries(feeds).map(([name, { data: ids, shape }]) => [name, [shape, [...ids]]]));
  };

  it("stand between begin and end, padded; long training pairs are left out", () => {
    expect(data.sizes).toEqual({ train: 2, validation: 1, test: 1 });
    expect(data.dimensions).toEqual({ sourceVocabulary: 7, targetVocabulary: 9 });
    expect(tokenizers.source.tokens.slice(4)).toEqual(["a", "cat", "dog"]);
    expect(read("train", 0, 1)).toEqual({
      source: [
        [2, 4],
        [2, 4, 6, 3, 2, 4, 5, 3],
      ],
      decoded: [
        [2, 3],
        [2, 7, 4, 2, 8, 5],
      ],
      targets: [
        [2, 3],
        [7, 4, 3, 8, 5, 3],
      ],
    });
  });

  it("are cut to the length outside training and padded no more than needed, and unknown words are seen as such", () => {
    expect(read("test", 0)).toEqual({
      source: [
        [1, 6],
        [2, 4, 0, 0, 0, 3],
      ],
      decoded: [
        [1, 4],
        [2, 7, 4, 0],
      ],
      targets: [
        [1, 4],
        [7, 4, 0, 3],
      ],
    });
    expect(data.describe("test", 0)).toEqual({
      kind: "tokens",
      tokens: ["<bos>", "a", "<unk>", "<unk>", "<unk>", "<eos>"],
      decoded: ["<bos>", "ein", "Hund", "<unk>"],
      target: ["ein", "Hund", "<unk>", "<eos>"],
    });
    expect(data.sentences("test", 0)).toEqual({ source: "a bird runs on and on", target: "ein Hund und" });
    expect(data.sentences("train", 1).source).toBe("a cat");
  });

  it("come once an epoch, and none that is not there", () => {
    expect([...(data.order?.(3, 1) ?? [])].sort()).toEqual([0, 1]);
    expect(() => read("train", 2)).toThrow("example of the train split: expected 0 to 1, got 2");
  });

  it("need one training pair that is short enough", () => {
    expect(() => translationData(corpus, tokenizers, { length: 1, seed: 1 })).toThrow(
      "training pairs: expected one of at most 1 tokens a side, got none",
    );
  });
});

const folder = process.env["KVT_DATA"] ?? "";

describe.skipIf(folder === "")("Multi30k (set KVT_DATA to a folder that holds multi30k)", () => {
  it("has the published pairs, in at most eight padded lengths", async () => {
    const read = (set: string, file: string) =>
      Promise.resolve(new Uint8Array(readFileSync(path.join(folder, set, file))));
    const corpus = await readCorpus(options({}), { seed: 1, read });
    expect([corpus.train, corpus.validation, corpus.test].map(({ source }) => source.length)).toEqual([
      29_000, 1_014, 1_000,
    ]);
    const words = { kind: "words", minCount: 1, size: 0 } as const;
    const source = buildTokenizer(corpus.train.source, words);
    const target = buildTokenizer(corpus.train.target, words);
    const data = translationData(corpus, { source, target }, { length: 100, seed: 1 });
    const order = data.order?.(0, 50) ?? new Int32Array();
    const shapes = new Set<string>();
    let [padded, real] = [0, 0];
    for (let at = 0; at + 50 <= order.length; at += 50) {
      const { targets } = data.batch("train", order.subarray(at, at + 50), 0);
      shapes.add(String(targets?.shape));
      padded += targets?.data.length ?? 0;
      for (const id of targets?.data ?? []) real += Number(id !== PADDING);
    }
    expect(shapes.size).toBeLessThanOrEqual(8);

    expect(padded / real).toBeLessThan(1.25);
  });
});
