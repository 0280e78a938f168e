import { z } from "zod";
import { KvtError } from "../errors.ts";

/** Ids that every vocabulary keeps for the same things. */
export const UNKNOWN = 0;
export const PADDING = 1;
export const BEGIN = 2;
export const END = 3;

/** How the specials are written, in the order of their ids. */
export const SPECIALS: readonly string[] = ["<unk>", "<pad>", "<bos>", "<eos>"];

export interface Ids {
  readonly ids: readonly number[];
  /** what the vocabulary lacks, each once; its ids are `UNKNOWN` */
  readonly unknown: readonly string[];
}

export interface Vocabulary {
  /** tokens by id, specials first */
  readonly tokens: readonly string[];
  /** a special's name within a text is no special but an unknown token */
  ids(tokens: readonly string[]): Ids;
  toJSON(): VocabularyDocument;
}

const documentSchema = z.strictObject({ kind: z.literal("words"), words: z.array(z.string().min(1)) });
export type VocabularyDocument = z.output<typeof documentSchema>;

function vocabularyOf(words: readonly string[]): Vocabulary {
  const idOf = new Map(words.map((word, i) => [word, i + SPECIALS.length]));
  return {
    tokens: [...SPECIALS, ...words],
    ids(tokens) {
      const unknown = new Set<string>();
      const ids = tokens.map((token) => {
        const id = idOf.get(token);
        if (id === undefined) unknown.add(token);
        return id ?? UNKNOWN;
      });
      return { ids, unknown: [...unknown] };
    },
    toJSON: () => ({ kind: "words", words: [...words] }),
  };
}

export interface VocabularyLimits {
  /** a word seen less often is unknown */
  readonly minCount: number;
  /** tokens at most, specials included; 0 = no limit */
  readonly size: number;
}

/** The words of a training text, the frequent first, those of equal count in the order of their UTF-16 units. */
export function buildVocabulary(sentences: Iterable<readonly string[]>, limits: VocabularyLimits): Vocabulary {
  const counts = new Map<string, number>();
  for (const sentence of sentences) for (const word of sentence) counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const special of SPECIALS) counts.delete(special);
  const words = [...counts]
    .filter(([, count]) => count >= limits.minCount)
    .sort(([a, times], [b, others]) => others - times || (a < b ? -1 : 1))
    .map(([word]) => word);
  const room = limits.size === 0 ? words.length : limits.size - SPECIALS.length;
  if (words.length === 0 || room < 1) {
    const got = `${words.length} words that occur ${limits.minCount} times and room for ${Math.max(0, room)}`;
    throw new KvtError("data", `vocabulary: expected at least one word of the training text, got ${got}`, {
      hint: "Lower the least count, raise the size or train on more text.",
    });
  }
  return vocabularyOf(words.slice(0, room));
}

/** Reads what `toJSON` wrote. Throws a `run` error when it is something else. */
export function readVocabulary(document: unknown): Vocabulary {
  const result = documentSchema.safeParse(document);
  const words = result.data?.words;
  if (words === undefined || new Set([...SPECIALS, ...words]).size !== SPECIALS.length + words.length) {
    throw new KvtError("run", "vocabulary: expected a list of different words, got something else");
  }
  return vocabularyOf(words);
}
