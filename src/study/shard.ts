import { KvtError } from "../errors.ts";

/** One of `count` parts of a study's cells. */
export interface Shard {
  /** from 1 */
  readonly index: number;
  readonly count: number;
}

/** Reads `3/16`. Throws a `usage` error for anything else. */
export function parseShard(text: string): Shard {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index !== undefined && count !== undefined && index >= 1 && index <= count && count <= 1_000_000) {
    return { index, count };
  }
  throw new KvtError("usage", `--shard: expected the part and their number, such as 3/16, got "${text}"`, {
    hint: "Parts count from 1. A scheduler that counts from 0 needs --shard $((INDEX + 1))/COUNT.",
  });
}

/**
 * Whether a shard has the cell at `index` of the study's order: cell i belongs to part i mod count, so neighbours, which
 * cost about the same, go to different parts. It depends on the study's file alone.
 */
export function inShard(index: number, shard: Shard | undefined): boolean {
  return shard === undefined || index % shard.count === shard.index - 1;
}
