import { KvtError } from "../errors.ts";

/** Every different character of a text, a token each; a character is a Unicode code point. */
export interface CharacterVocabulary {
  /** the characters in the order of their ids, sorted by code point */
  readonly characters: readonly string[];
  /** ids of a text's characters; throws a `usage` error that names those which the vocabulary lacks */
  encode(text: string): Int32Array;
  decode(ids: ArrayLike<number>): string;
  /** the characters of a text that the vocabulary lacks, each once */
  unknown(text: string): readonly string[];
}

export function characterVocabulary(characters: readonly string[]): CharacterVocabulary {
  const ids = new Map(characters.map((character, id) => [character, id]));
  const unknown = (text: string): string[] => [...new Set(text)].filter((character) => !ids.has(character));
  return {
    characters,
    unknown,
    encode(text) {
      const missing = unknown(text);
      if (missing.length > 0) throw unknownCharacters(missing, characters);
      return Int32Array.from(Array.from(text, (character) => ids.get(character) as number));
    },
    decode: (all) => Array.from(all, (id) => characters[id] ?? "").join(""),
  };
}

/** The different characters of a text, sorted by code point. */
export const charactersOf = (text: string): string[] =>
  [...new Set(text)].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));

/** Reads the characters that `assets.json` keeps. Throws a `run` error when they are something else. */
export function readCharacters(value: unknown): readonly string[] {
  const whole = Array.isArray(value) && value.every((character) => typeof character === "string");
  if (whole && new Set(value).size === value.length && value.length > 0) return value;
  throw new KvtError("run", 'assets.json: expected "characters" to be different texts, got others');
}

function unknownCharacters(missing: readonly string[], characters: readonly string[]): KvtError {
  const shown = (list: readonly string[]): string => list.map((character) => JSON.stringify(character)).join(" ");
  return new KvtError(
    "usage",
    `the model does not know ${shown(missing)}: expected characters of the text it learned`,
    {
      hint: `It knows ${shown(characters)}.`,
    },
  );
}
