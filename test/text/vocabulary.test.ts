import { expect, it } from "vitest";
import { buildTokenizer, readTokenizer } from "../../src/text/tokenizer.ts";
import { BEGIN, buildVocabulary, END, PADDING, readVocabulary, SPECIALS, UNKNOWN } from "../../src/text/vocabulary.ts";

const sentences = [
  ["a", "dog", "a", "cat"],
  ["a", "cat", "constructor"],
];

it("keeps the specials at 0 to 3, then the frequent words first", () => {
  expect([UNKNOWN, PADDING, BEGIN, END].map((id) => SPECIALS[id])).toEqual(["<unk>", "<pad>", "<bos>", "<eos>"]);
  const { tokens } = buildVocabulary(sentences, { minCount: 1, size: 0 });
  expect(tokens).toEqual([...SPECIALS, "a", "cat", "constructor", "dog"]);
});

it("leaves out rare words and those that do not fit", () => {
  expect(buildVocabulary(sentences, { minCount: 2, size: 0 }).tokens.slice(4)).toEqual(["a", "cat"]);
  expect(buildVocabulary(sentences, { minCount: 1, size: 5 }).tokens.slice(4)).toEqual(["a"]);
});

it("says which tokens are unknown, each once, and takes no special from a text", () => {
  const vocabulary = buildVocabulary([...sentences, ["<eos>"]], { minCount: 2, size: 0 });
  expect(vocabulary.ids(["a", "bird", "cat", "bird", "toString", "<eos>"])).toEqual({
    ids: [4, 0, 5, 0, 0, 0],
    unknown: ["bird", "toString", "<eos>"],
  });
});

it("is the same when read again", () => {
  const vocabulary = buildVocabulary(sentences, { minCount: 1, size: 0 });
  expect(readVocabulary(JSON.parse(JSON.stringify(vocabulary))).tokens).toEqual(vocabulary.tokens);
});

it.each([null, { kind: "words" }, { kind: "words", words: ["a", "a"] }, { kind: "words", words: ["<pad>"] }])(
  "%j is no vocabulary",
  (document) => {
    expect(() => readVocabulary(document)).toThrow(
      "vocabulary: expected a list of different words, got something else",
    );
  },
);

it("needs a word", () => {
  expect(() => buildVocabulary(sentences, { minCount: 9, size: 0 })).toThrow(
    "vocabulary: expected at least one word of the training text, got 0 words that occur 9 times",
  );
});

it.each(["words", "byte-pair"] as const)("a sentence passes through the ids of %s", (kind) => {
  const sentence = "Ein Mann schläft, der Hund auch.";
  const tokenizer = buildTokenizer([sentence, sentence], { kind, minCount: 1, size: kind === "words" ? 0 : 60 });
  const again = readTokenizer(JSON.parse(JSON.stringify(tokenizer)));
  for (const { encode, decode } of [tokenizer, again]) {
    const { ids, unknown } = encode(sentence);
    expect(unknown).toEqual([]);
    expect(decode([BEGIN, ...ids, END, PADDING])).toBe(sentence);
  }
});

it("a vocabulary of another kind is named", () => {
  expect(() => readTokenizer({ kind: "letters" })).toThrow(
    'vocabulary: expected the kind words or byte-pair, got "letters"',
  );
  expect(() => readTokenizer(undefined)).toThrow("got none");
});
