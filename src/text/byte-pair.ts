import { z } from "zod";
import { KvtError } from "../errors.ts";
import { mergePair, trainMerges } from "./train-byte-pair.ts";
import { SPECIALS, UNKNOWN, type Ids } from "./vocabulary.ts";
import { WORD } from "./words.ts";

const documentSchema = z.strictObject({
  kind: z.literal("byte-pair"),
  /** the training text's characters, by code point; the first symbols */
  characters: z.array(z.string().min(1)).min(1),
  /** in the order they were learned, as numbers of symbols: characters first, then what earlier merges made */
  merges: z.array(z.tuple([z.int().min(0), z.int().min(0)])),
});
export type BytePairDocument = z.output<typeof documentSchema>;

/**
 * Sub-words: pieces of words, with the blank before a word as part of its first piece. Begins and ends of sentences apart,
 * ids are whole and exact: `decode(encode(text).ids)` is the text wherever no character is unknown.
 */
export interface BytePair {
  /** tokens by id, specials first */
  readonly tokens: readonly string[];
  /** `unknown` names the characters that the training text lacks */
  encode(text: string): Ids;
  /** the text of the ids, without specials; an unknown character is left out */
  decode(ids: Iterable<number>): string;
  toJSON(): BytePairDocument;
}

/** A word with the blank before it, or a blank alone: merges never cross from one to the next. */
const PIECE = new RegExp(` ?(?:${WORD})|\\s`, "gu");

/** Every sentence begins as a word within one does, so that both have the same pieces. */
const piecesOf = (text: string): readonly string[] => ` ${text}`.match(PIECE) ?? [];

/** Words whose ids are kept; the cache is emptied when it is full, so that memory stays bounded. */
const CACHED = 65_536;

function bytePairOf({ characters, merges }: Omit<BytePairDocument, "kind">): BytePair {
  const texts = [...characters];
  const idOf = new Map(characters.map((character, id) => [character, id]));
  const ranks = new Map<string, { readonly rank: number; readonly merged: number }>();
  merges.forEach(([first, second], rank) => {
    const text = `${texts[first] ?? ""}${texts[second] ?? ""}`;
    const merged = idOf.get(text) ?? texts.push(text) - 1;
    idOf.set(text, merged);
    ranks.set(`${first} ${second}`, { rank, merged });
  });

  /** Symbols of a piece of known characters: the merge that was learned first is made first. */
  const symbolsOf = (piece: string): number[] => {
    let ids = Array.from(piece, (character) => idOf.get(character) as number);
    while (ids.length > 1) {
      let best: { rank: number; merged: number; at: number } | undefined;
      for (let at = 0; at + 1 < ids.length; at++) {
        const found = ranks.get(`${ids[at] as number} ${ids[at + 1] as number}`);
        if (found !== undefined && found.rank < (best?.rank ?? Infinity)) best = { ...found, at };
      }
      if (best === undefined) break;
      ids = mergePair(ids, ids[best.at] as number, ids[best.at + 1] as number, best.merged);
    }
    return ids;
  };

  const encodePiece = (piece: string): Ids => {
    const unknown = new Set<string>();
    const ids: number[] = [];
    let known = "";
    const flush = () => {
      for (const symbol of symbolsOf(known)) ids.push(symbol + SPECIALS.length);
      known = "";
    };
    for (const character of piece) {
      if (idOf.has(character)) known += character;
      else {
        flush();
        unknown.add(character);
        ids.push(UNKNOWN);
      }
    }
    flush();
    return { ids, unknown: [...unknown] };
  };

  const cache = new Map<string, Ids>();
  const cached = (piece: string): Ids => {
    let found = cache.get(piece);
    if (found === undefined) {
      if (cache.size >= CACHED) cache.clear();
      cache.set(piece, (found = encodePiece(piece)));
    }
    return found;
  };

  return {
    tokens: [...SPECIALS, ...texts],
    encode(text) {
      const parts = piecesOf(text).map(cached);
      return { ids: parts.flatMap(({ ids }) => ids), unknown: [...new Set(parts.flatMap(({ unknown }) => unknown))] };
    },
    decode(ids) {
      let text = "";
      for (const id of ids) text += texts[id - SPECIALS.length] ?? "";
      return text.startsWith(" ") ? text.slice(1) : text;
    },
    toJSON: () => ({ kind: "byte-pair", characters: [...characters], merges: merges.map(([a, b]) => [a, b]) }),
  };
}

/**
 * Sub-words learned from training sentences: all their characters, and merges until there are `size` tokens, specials
 * included, or no pair occurs twice. The same sentences in any order give the same sub-words.
 * Throws a `usage` error when `size` has no room for the characters.
 */
export function buildBytePair(sentences: Iterable<string>, size: number): BytePair {
  const counts = new Map<string, number>();
  for (const sentence of sentences) {
    for (const piece of piecesOf(sentence)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  const characters = [...new Set([...counts.keys()].flatMap((piece) => [...piece]))].sort(
    (a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0),
  );
  const least = SPECIALS.length + characters.length;
  if (characters.length === 0 || size < least) {
    const what = `${characters.length} characters and ${SPECIALS.length} specials`;
    throw new KvtError("usage", `byte-pair vocabulary: expected a size of at least ${least} (${what}), got ${size}`);
  }
  return bytePairOf({
    characters,
    merges: trainMerges(counts, characters, size - SPECIALS.length).map(([a, b]) => [a, b]),
  });
}

/** Reads what `toJSON` wrote. Throws a `run` error when it is something else. */
export function readBytePair(document: unknown): BytePair {
  const { data } = documentSchema.safeParse(document);
  if (data === undefined) {
    throw new KvtError("run", "byte-pair vocabulary: expected characters and merges, got something else");
  }
  const fault = faultOf(data);
  if (fault !== undefined) {
    throw new KvtError("run", `byte-pair vocabulary: expected different characters and merges in order, got ${fault}`);
  }
  return bytePairOf(data);
}

function faultOf({ characters, merges }: BytePairDocument): string | undefined {
  const texts = [...characters];
  const known = new Set(characters);
  if (known.size !== characters.length) return "a character twice";
  for (const [at, [first, second]] of merges.entries()) {
    const [a, b] = [texts[first], texts[second]];
    if (a === undefined || b === undefined) return `merge ${at + 1} of a symbol that is not made yet`;
    if (known.has(a + b)) continue;
    known.add(a + b);
    texts.push(a + b);
  }
  return undefined;
}
