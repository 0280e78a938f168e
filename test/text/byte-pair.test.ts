import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildBytePair, readBytePair } from "../../src/text/byte-pair.ts";

const text = ["der Hund schläft", "der Hund und der Mann", "ein Hund, 東京 und ein 👩‍🚀", "ein Mann schläft"];

it("learns the frequent pieces first, as by hand", () => {
  // low ×3, lower ×1: " l", "lo" and "ow" occur 4 times each; of equal pairs that of the least ids comes first.
  const { tokens } = buildBytePair(["low low low lower"], 12);
  expect(tokens.slice(4)).toEqual([" ", "e", "l", "o", "r", "w", " l", "ow"]);
});

it("stops when no pair occurs twice", () => {
  expect(buildBytePair(["ab cd"], 1_000).tokens.slice(4)).toEqual([" ", "a", "b", "c", "d"]);
});

describe("texts of known characters", () => {
  const learned = buildBytePair(text, 60);
  const characters = [...new Set(text.join(" "))];

  it("come back exactly, accents, Chinese characters and emoji too", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...characters), { maxLength: 30 }), (some) => {
        const { ids, unknown } = learned.encode(some.join(""));
        expect(unknown).toEqual([]);
        expect(learned.decode(ids)).toBe(some.join(""));
      }),
    );
  });

  it("are shorter than their characters", () => {
    expect(learned.encode("der Hund schläft").ids.length).toBeLessThan(8);
  });
});

it("is the same from sentences in any order, and when read again", () => {
  const one = JSON.stringify(buildBytePair(text, 60));
  expect(JSON.stringify(buildBytePair([...text].reverse(), 60))).toBe(one);
  const again = readBytePair(JSON.parse(one));
  expect(again.tokens).toEqual(buildBytePair(text, 60).tokens);
  expect(JSON.stringify(again)).toBe(one);
});

it("reports unknown characters and keeps the others", () => {
  const learned = buildBytePair(text, 60);
  const { ids, unknown } = learned.encode("ein Xund Xé");
  expect(unknown).toEqual(["X", "é"]);
  expect(ids.filter((id) => id === 0)).toHaveLength(3);
  expect(learned.decode(ids)).toBe("ein und ");
});

it("two ways to one piece of text make one token", () => {
  const { tokens } = buildBytePair(["aaaa aaa aa aaaaa baab"], 200);
  expect(new Set(tokens).size).toBe(tokens.length);
});

it("needs room for the characters", () => {
  expect(() => buildBytePair(["abc"], 5)).toThrow(
    "byte-pair vocabulary: expected a size of at least 8 (4 characters and 4 specials), got 5",
  );
});

it.each([
  [{ kind: "byte-pair", characters: ["a"], merges: [[0, 1]] }, "merge 1 of a symbol that is not made yet"],
  [{ kind: "byte-pair", characters: ["a", "a"], merges: [] }, "a character twice"],
])("%j is refused", (document, fault) => {
  expect(() => readBytePair(document)).toThrow(`expected different characters and merges in order, got ${fault}`);
});

it("something else is refused", () => {
  expect(() => readBytePair({ kind: "words", words: [] })).toThrow(
    "expected characters and merges, got something else",
  );
});
