import { expect, it } from "vitest";
import { alignedText, linesOf, type TextFile } from "../../src/text/aligned.ts";

const file = (name: string, text: string): TextFile => ({ name, bytes: new TextEncoder().encode(text) });
const skipEmpty = false;

it("reads lines whatever their ends, blanks and accents are made of", () => {
  const text = "\uFEFFein\u00a0Mann \r\n zwei\t  Hunde\ne\u0301\r\n";
  expect(linesOf(file("a", text))).toEqual(["ein Mann", "zwei Hunde", "é"]);
});

it("pairs line n with line n", () => {
  const pairs = alignedText(file("a", "one\ntwo"), file("b", "eins\nzwei\n"), { skipEmpty });
  expect(pairs).toEqual({ source: ["one", "two"], target: ["eins", "zwei"], skipped: 0 });
});

it("refuses files of different length", () => {
  expect(() => alignedText(file("a.en", "one\ntwo\n"), file("b.de", "eins\n"), { skipEmpty })).toThrow(
    "aligned files: expected as many lines in both, got 2 in a.en and 1 in b.de",
  );
});

it("names the file and the line that is empty", () => {
  expect(() => alignedText(file("a.en", "one\ntwo"), file("b.de", "eins\n \u00a0\n"), { skipEmpty })).toThrow(
    "b.de: expected a sentence in each line, got an empty line 2",
  );
});

it("leaves out pairs with an empty side when it may, and counts them", () => {
  const pairs = alignedText(file("a", "one\n\nthree\n"), file("b", "eins\nzwei\n\n"), { skipEmpty: true });
  expect(pairs).toEqual({ source: ["one"], target: ["eins"], skipped: 2 });
  expect(() => alignedText(file("a", "\n"), file("b", "x\n"), { skipEmpty: true })).toThrow(
    "a: expected at least one pair of sentences, got none",
  );
});

it("names the line that is not UTF-8", () => {
  const bytes = Uint8Array.of(0x61, 0x0a, 0xc3, 0xa9, 0x0a, 0xe9, 0x0a);
  expect(() => linesOf({ name: "latin.txt", bytes })).toThrow(
    "latin.txt: expected UTF-8 text, got other bytes in line 3",
  );
});
