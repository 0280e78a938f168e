import fc from "fast-check";
import { expect, it } from "vitest";
import { nltkBleu, sacreBleu } from "../../src/text/bleu.ts";
import { tokens13a } from "../../src/text/tokens-13a.ts";

const sentence = fc.array(fc.constantFrom("a", "b", "c", "constructor", "__proto__"), { minLength: 1, maxLength: 12 });

it("is 1, and 100 %, for sentences that are their own references", () => {
  fc.assert(
    fc.property(fc.array(sentence, { minLength: 1, maxLength: 5 }), (sentences) => {
      const long = sentences.map((words) => [...words, "w", "x", "y", "z"]);
      expect(
        nltkBleu(
          long,
          long.map((words) => [words]),
        ).score,
      ).toBeCloseTo(1, 12);
      const texts = long.map((words) => words.join(" "));
      expect(
        sacreBleu(
          texts,
          texts.map((text) => [text]),
        ).score,
      ).toBeCloseTo(100, 10);
    }),
  );
});

it("is never lowered by a further reference of the same length", () => {
  fc.assert(
    fc.property(sentence, sentence, sentence, (hypothesis, one, other) => {
      const same = other.concat(one).slice(0, one.length);
      const alone = nltkBleu([hypothesis], [[one]]).score;
      expect(nltkBleu([hypothesis], [[one, same]]).score).toBeGreaterThanOrEqual(alone);
    }),
  );
});

it("counts a token with a blank as one, not as two", () => {
  expect(nltkBleu([["a b", "c"]], [[["a", "b c"]]]).matches).toEqual([0, 0, 0, 0]);
});

it("is 0 for empty hypotheses", () => {
  expect(nltkBleu([[]], [[["a"]]]).score).toBe(0);
  expect(sacreBleu([""], [["a"]]).score).toBe(0);
});

it("names hypotheses without a reference", () => {
  expect(() => nltkBleu([["a"]], [])).toThrow(
    "BLEU: expected a list of references for each hypothesis, got 0 for 1 hypotheses",
  );
  expect(() => sacreBleu(["a", "b"], [["a"], []])).toThrow(
    "BLEU: expected a reference for each hypothesis, got none for number 2",
  );
});

it("cuts texts as mteval-v13a does", () => {
  expect(tokens13a("&quot;T-Shirts&quot; cost $1,200.50, not 5-6.")).toEqual([
    '"',
    "T-Shirts",
    '"',
    "cost",
    "$",
    "1,200.50",
    ",",
    "not",
    "5",
    "-",
    "6",
    ".",
  ]);
});
