import { KvtError } from "../errors.ts";
import { buildBytePair, readBytePair, type BytePairDocument } from "./byte-pair.ts";
import { detokenise } from "./detokenise.ts";
import { buildVocabulary, readVocabulary, SPECIALS, type Ids, type VocabularyDocument } from "./vocabulary.ts";
import { wordsOf } from "./words.ts";

/** Sentences to ids and back. */
export interface Tokenizer {
  /** tokens by id, specials first */
  readonly tokens: readonly string[];
  encode(sentence: string): Ids;
  /** a sentence as people write it, without specials */
  decode(ids: readonly number[]): string;
  toJSON(): VocabularyDocument | BytePairDocument;
}

export interface TokenizerOptions {
  readonly kind: "words" | "byte-pair";
  /** words seen less often in the training text are unknown */
  readonly minCount: number;
  /** tokens at most, specials included; 0 = all words */
  readonly size: number;
}

type Words = ReturnType<typeof readVocabulary>;

const wordTokenizer = (vocabulary: Words): Tokenizer => ({
  tokens: vocabulary.tokens,
  encode: (sentence) => vocabulary.ids(wordsOf(sentence)),
  decode: (ids) => detokenise(ids.filter((id) => id >= SPECIALS.length).map((id) => vocabulary.tokens[id] ?? "")),
  toJSON: () => vocabulary.toJSON(),
});

/** Learns the tokens of training sentences. Throws a `usage` or `data` error when they leave no token. */
export function buildTokenizer(sentences: readonly string[], { kind, minCount, size }: TokenizerOptions): Tokenizer {
  return kind === "words"
    ? wordTokenizer(buildVocabulary(sentences.map(wordsOf), { minCount, size }))
    : buildBytePair(sentences, size);
}

/** Reads what `toJSON` wrote. Throws a `run` error when it is something else. */
export function readTokenizer(document: unknown): Tokenizer {
  const kind = (document as { readonly kind?: unknown } | null | undefined)?.kind;
  if (kind === "words") return wordTokenizer(readVocabulary(document));
  if (kind === "byte-pair") return readBytePair(document);
  throw new KvtError("run", `vocabulary: expected the kind words or byte-pair, got ${JSON.stringify(kind) ?? "none"}`);
}
