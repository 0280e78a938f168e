import { createBreather } from "../breathe.ts";
import { KvtError } from "../errors.ts";
import type { Values } from "../runtime/values.ts";
import type { Decoder } from "./decoder.ts";

export interface SearchOptions {
  /** hypotheses that are followed at the same time; 1 = greedy */
  readonly beam: number;
  /** α: a hypothesis is judged by ln P / lengthᵅ, its end counted; 0 = by its probability alone */
  readonly lengthPenalty: number;
  /** tokens at most, the end included; what has not ended then counts as it is */
  readonly tokens: number;
}

export interface SearchRequest extends SearchOptions {
  /** one sequence a row, int32 (B,M) */
  readonly source: Values;
  /** the token that every hypothesis begins after */
  readonly begin: number;
  readonly end: number;
  /** tokens that are never written */
  readonly forbidden: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

export interface Hypothesis {
  /** without begin and end */
  readonly ids: readonly number[];
  /** ln P / lengthᵅ */
  readonly score: number;
}

/** A hypothesis that has not ended. */
interface Open {
  readonly ids: readonly number[];
  readonly logProbability: number;
}

interface Candidate extends Open {
  /** row of the decoder that it goes on from */
  readonly row: number;
  readonly token: number;
}

/** Throws a `usage` error for options that mean nothing. */
export function checkSearch({ beam, lengthPenalty, tokens }: SearchOptions): void {
  if (!(Number.isInteger(beam) && beam >= 1)) {
    throw new KvtError("usage", `beam: expected a whole number of at least 1, got ${beam}`);
  }
  if (!(lengthPenalty >= 0 && Number.isFinite(lengthPenalty))) {
    throw new KvtError("usage", `length penalty: expected a number of at least 0, got ${lengthPenalty}`);
  }
  if (!(Number.isInteger(tokens) && tokens >= 1)) {
    throw new KvtError("usage", `tokens: expected a whole number of at least 1, got ${tokens}`);
  }
}

/**
 * The best sequence that beam search finds for each source. The decoder gives log-probabilities. At each step the likeliest
 * continuations of a source's hypotheses are kept, as many as the beam; those that end are set aside. A source is done
 * when as many have ended, or when none that is open can become better than the best that has ended. Rows of sources
 * that are done are dropped. Null when `signal` was aborted on the way.
 */
export async function beamSearch(decoder: Decoder, request: SearchRequest): Promise<readonly Hypothesis[] | null> {
  checkSearch(request);
  const { source, begin, tokens, signal } = request;
  const breathe = createBreather();
  const searches = Array.from({ length: source.shape[0] ?? 0 }, () => new Search(request));
  if (searches.length === 0) return [];
  await decoder.start(source);
  let next = searches.map(() => [begin]);
  for (let length = 1; next.length > 0; length++) {
    const logProbabilities = await decoder.read(next);
    const kept: Candidate[] = [];
    let row = 0;
    for (const search of searches) {
      const rows = search.open.length;
      if (rows > 0) kept.push(...search.advance(logProbabilities.slice(row, row + rows), row, length));
      row += rows;
    }
    if (length === tokens) break;
    decoder.select(kept.map((candidate) => candidate.row));
    next = kept.map(({ token }) => [token]);
    await breathe();
    if (signal?.aborted === true) return null;
  }
  return searches.map((search) => search.best());
}

/** What is followed for one source. */
class Search {
  readonly #options: SearchRequest;
  readonly #forbidden: ReadonlySet<number>;
  #open: readonly Open[] = [{ ids: [], logProbability: 0 }];
  readonly #ended: Hypothesis[] = [];

  constructor(options: SearchRequest) {
    this.#options = options;
    this.#forbidden = new Set(options.forbidden);
  }

  get open(): readonly Open[] {
    return this.#open;
  }

  /** One token further, from the log-probabilities (V) of each open hypothesis, the first of which is `firstRow`. */
  advance(logProbabilities: readonly Float32Array[], firstRow: number, length: number): readonly Candidate[] {
    const { beam, end, lengthPenalty, tokens } = this.#options;
    const candidates = this.#open
      .flatMap(({ ids, logProbability }, i): Candidate[] => {
        const row = logProbabilities[i] as Float32Array;
        // Twice the beam: however many of them end, a beam of others is left.
        return likeliest(row, 2 * beam, this.#forbidden).map((token) => {
          return { ids, token, row: firstRow + i, logProbability: logProbability + (row[token] as number) };
        });
      })
      .sort((a, b) => b.logProbability - a.logProbability || a.row - b.row || a.token - b.token);
    const kept: Candidate[] = [];
    for (const [rank, candidate] of candidates.entries()) {
      if (kept.length === beam) break;
      if (candidate.token !== end) kept.push({ ...candidate, ids: [...candidate.ids, candidate.token] });
      else if (rank < beam) this.#ended.push(this.#judged(candidate, length));
    }
    if (length === tokens) for (const open of kept) this.#ended.push(this.#judged(open, length));
    const [likeliestOpen] = kept;
    const bound = likeliestOpen === undefined ? -Infinity : likeliestOpen.logProbability / tokens ** lengthPenalty;
    const isDone = this.#ended.length >= beam || (this.#ended.length > 0 && this.best().score >= bound);
    this.#open = isDone || length === tokens ? [] : kept;
    return this.#open === kept ? kept : [];
  }

  best(): Hypothesis {
    return this.#ended.reduce((best, other) => (other.score > best.score ? other : best), nothing);
  }

  #judged({ ids, logProbability }: Open, length: number): Hypothesis {
    return { ids, score: logProbability / length ** this.#options.lengthPenalty };
  }
}

const nothing: Hypothesis = { ids: [], score: -Infinity };

/** The `count` most likely tokens, the likeliest first; of equal ones the lower id. */
function likeliest(logProbabilities: Float32Array, count: number, forbidden: ReadonlySet<number>): number[] {
  const best: number[] = [];
  let least = -Infinity;
  for (let id = 0; id < logProbabilities.length; id++) {
    const value = logProbabilities[id] as number;
    if ((best.length === count && value <= least) || forbidden.has(id)) continue;
    let place = best.length === count ? count - 1 : best.length;
    while (place > 0 && (logProbabilities[best[place - 1] as number] as number) < value) {
      if (place < count) best[place] = best[place - 1] as number;
      place--;
    }
    best[place] = id;
    if (best.length === count) least = logProbabilities[best[count - 1] as number] as number;
  }
  return best;
}
