import { KvtError } from "../errors.ts";

/** A vocabulary that has no token for what it lacks. */
export interface ClosedVocabulary {
  /** ids of a text's tokens; throws a `usage` error that names those which the vocabulary lacks */
  encode(text: string): Int32Array;
  decode(ids: ArrayLike<number>): string;
  /** the tokens of a text that the vocabulary lacks, each once */
  unknown(text: string): readonly string[];
}

export interface TextForm {
  readonly split: (text: string) => readonly string[];
  /** a token as it follows those before it */
  readonly written: (token: string) => string;
  /** what a text is expected to hold, after "expected", and what to do otherwise */
  readonly expected: string;
  readonly hint: string;
}

/** The vocabulary whose token i is `tokens[i]`, for texts of a form. */
export function closedVocabulary(
  tokens: readonly string[],
  { split, written, expected, hint }: TextForm,
): ClosedVocabulary {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const unknown = (text: string): string[] => [...new Set(split(text))].filter((token) => !ids.has(token));
  return {
    unknown,
    encode(text) {
      const missing = unknown(text);
      if (missing.length > 0) {
        const names = missing.map((token) => JSON.stringify(token)).join(" ");
        throw new KvtError("usage", `the model does not know ${names}: expected ${expected}`, { hint });
      }
      return Int32Array.from(split(text), (token) => ids.get(token) as number);
    },
    decode: (all) => Array.from(all, (id) => written(tokens[id] ?? "")).join(""),
  };
}
