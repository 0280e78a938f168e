import { PairHeap } from "./pair-heap.ts";

/** A piece of text as symbols, and how often it occurs. */
interface Piece {
  symbols: number[];
  readonly count: number;
}

/** Ids stay below 2²¹, so that a pair is a whole number that float64 holds. */
const BASE = 2 ** 21;
const keyOf = (first: number, second: number): number => first * BASE + second;

/**
 * The merges of byte-pair encoding (Sennrich et al. 2016) over pieces with their counts: again and again the most
 * frequent pair of neighbours becomes one symbol, until there are `symbols` of them or no pair occurs twice. A merge
 * holds the ids of its two symbols; its own id is the next free one, or that of the same text.
 * `characters` are symbols 0 … n−1. Counts are kept up to date in the pieces that a merge changes only.
 */
export function trainMerges(
  counts: ReadonlyMap<string, number>,
  characters: readonly string[],
  symbols: number,
): (readonly [number, number])[] {
  const texts = [...characters];
  const idOf = new Map(characters.map((character, id) => [character, id]));
  const pieces: Piece[] = Array.from(counts, ([text, count]) => ({
    symbols: Array.from(text, (character) => idOf.get(character) as number),
    count,
  }));
  const pairs = new Map<number, number>();
  const places = new Map<number, Set<number>>();
  const heap = new PairHeap();

  const change = (piece: number, sign: 1 | -1, changed: Set<number>) => {
    const { symbols: ids, count } = pieces[piece] as Piece;
    for (let i = 0; i + 1 < ids.length; i++) {
      const key = keyOf(ids[i] as number, ids[i + 1] as number);
      pairs.set(key, (pairs.get(key) ?? 0) + sign * count);
      changed.add(key);
      if (sign < 0) continue;
      const at = places.get(key);
      if (at === undefined) places.set(key, new Set([piece]));
      else at.add(piece);
    }
  };
  const push = (changed: Set<number>) => {
    for (const key of changed) {
      const count = pairs.get(key) ?? 0;
      if (count > 1) heap.push({ count, first: Math.floor(key / BASE), second: key % BASE });
    }
  };

  const all = new Set<number>();
  pieces.forEach((_, piece) => change(piece, 1, all));
  push(all);

  const merges: (readonly [number, number])[] = [];
  while (texts.length < symbols) {
    const best = heap.pop();
    if (best === undefined) break;
    const { first, second, count } = best;
    const key = keyOf(first, second);
    // An entry whose pair has changed since is out of date; a later entry holds the right count.
    if (pairs.get(key) !== count) continue;
    const text = `${texts[first] ?? ""}${texts[second] ?? ""}`;
    let merged = idOf.get(text);
    if (merged === undefined) {
      merged = texts.push(text) - 1;
      idOf.set(text, merged);
    }
    merges.push([first, second]);
    const changed = new Set<number>();
    for (const piece of places.get(key) ?? []) {
      const held = pieces[piece] as Piece;
      const next = mergePair(held.symbols, first, second, merged);
      if (next.length === held.symbols.length) continue;
      change(piece, -1, changed);
      held.symbols = next;
      change(piece, 1, changed);
    }
    places.delete(key);
    pairs.delete(key);
    push(changed);
  }
  return merges;
}

/** Symbols with each neighbouring `first second` as one, from the left. */
export function mergePair(ids: readonly number[], first: number, second: number, merged: number): number[] {
  const next: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    const here = ids[i] as number;
    if (here === first && i + 1 < ids.length && ids[i + 1] === second) {
      next.push(merged);
      i++;
    } else next.push(here);
  }
  return next;
}
