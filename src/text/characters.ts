import { KvtError } from "../errors.ts";
import { closedVocabulary, type ClosedVocabulary } from "./closed-vocabulary.ts";

/** A vocabulary of characters, a token each; a character is a Unicode code point. */
export const characterVocabulary = (characters: readonly string[]): ClosedVocabulary =>
  closedVocabulary(characters, {
    split: (text) => Array.from(text),
    written: (character) => character,
    expected: "characters of the text it learned",
    hint: `It knows ${characters.map((character) => JSON.stringify(character)).join(" ")}.`,
  });

/** The different characters of a text, sorted by code point. */
export const charactersOf = (text: string): string[] =>
  [...new Set(text)].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));

/** Reads the characters that `assets.json` keeps. Throws a `run` error when they are something else. */
export function readCharacters(value: unknown): readonly string[] {
  const whole = Array.isArray(value) && value.every((character) => typeof character === "string");
  if (whole && new Set(value).size === value.length && value.length > 0) return value;
  throw new KvtError("run", 'assets.json: expected "characters" to be different texts, got others');
}
