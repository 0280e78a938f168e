import { KvtError } from "../errors.ts";
import { tokens13a } from "./tokens-13a.ts";

const ORDERS = [1, 2, 3, 4] as const;

/** What corpus BLEU is made of, summed over all segments. */
export interface BleuCounts {
  /** n-grams for n = 1 … 4 that a reference has too, each counted at most as often as in one reference */
  readonly matches: readonly number[];
  /** n-grams of the hypotheses for n = 1 … 4 */
  readonly totals: readonly number[];
  readonly hypothesisLength: number;
  /** of each segment the reference nearest in length, the shorter of two */
  readonly referenceLength: number;
}

export interface Bleu extends BleuCounts {
  readonly score: number;
}

/** How often each n-gram occurs; tokens are numbered, so that no separator can be part of one. */
function ngrams(tokens: readonly string[], n: number, numbers: Map<string, number>): Map<string, number> {
  const ids = tokens.map((token) => {
    const id = numbers.get(token) ?? numbers.size;
    numbers.set(token, id);
    return id;
  });
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= ids.length; i++) {
    const key = ids.slice(i, i + n).join(" ");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function closestLength(references: readonly (readonly string[])[], length: number): number {
  return references
    .map((reference) => reference.length)
    .reduce((best, other) => {
      const [far, near] = [Math.abs(best - length), Math.abs(other - length)];
      return near < far || (near === far && other < best) ? other : best;
    });
}

/**
 * Counts of corpus BLEU-4 (Papineni et al. 2002). `leastTotal` is what a segment without any n-gram adds to the total.
 * Throws a `data` error unless there are as many lists of references as hypotheses and none of them is empty.
 */
function count(
  hypotheses: readonly (readonly string[])[],
  references: readonly (readonly (readonly string[])[])[],
  leastTotal: number,
): BleuCounts {
  if (hypotheses.length !== references.length) {
    const got = `${references.length} for ${hypotheses.length} hypotheses`;
    throw new KvtError("data", `BLEU: expected a list of references for each hypothesis, got ${got}`);
  }
  const matches = ORDERS.map(() => 0);
  const totals = ORDERS.map(() => 0);
  let [hypothesisLength, referenceLength] = [0, 0];
  hypotheses.forEach((hypothesis, segment) => {
    const given = references[segment] ?? [];
    if (given.length === 0) {
      throw new KvtError("data", `BLEU: expected a reference for each hypothesis, got none for number ${segment + 1}`);
    }
    hypothesisLength += hypothesis.length;
    referenceLength += closestLength(given, hypothesis.length);
    const numbers = new Map<string, number>();
    ORDERS.forEach((n, at) => {
      const most = given.map((reference) => ngrams(reference, n, numbers));
      let matched = 0;
      for (const [key, times] of ngrams(hypothesis, n, numbers)) {
        matched += Math.min(times, Math.max(...most.map((counts) => counts.get(key) ?? 0)));
      }
      matches[at] = (matches[at] ?? 0) + matched;
      totals[at] = (totals[at] ?? 0) + Math.max(leastTotal, hypothesis.length - n + 1, 0);
    });
  });
  return { matches, totals, hypothesisLength, referenceLength };
}

/** exp(1 − r/h) where the hypotheses are shorter than the references, else 1. */
function brevityPenalty({ hypothesisLength, referenceLength }: BleuCounts): number {
  if (hypothesisLength >= referenceLength) return 1;
  return hypothesisLength === 0 ? 0 : Math.exp(1 - referenceLength / hypothesisLength);
}

const geometricMean = (precisions: readonly number[]): number =>
  Math.exp(precisions.reduce((sum, precision) => sum + Math.log(precision), 0) / precisions.length);

/** What nltk takes for a precision of 0: the smallest normal float64. */
const NLTK_ZERO = 2.2250738585072014e-308;

/**
 * Corpus BLEU-4 of tokens, 0 … 1, with the numbers of nltk's `corpus_bleu` (3.8, no smoothing): a segment shorter than
 * n tokens adds 1 to the n-grams, an order without a match has precision 2.2e-308, and without one matching token the
 * score is 0.
 */
export function nltkBleu(
  hypotheses: readonly (readonly string[])[],
  references: readonly (readonly (readonly string[])[])[],
): Bleu {
  const counts = count(hypotheses, references, 1);
  const precisions = counts.matches.map((matched, at) =>
    matched === 0 ? NLTK_ZERO : matched / (counts.totals[at] as number),
  );
  const none = (counts.matches[0] ?? 0) === 0;
  return { ...counts, score: none ? 0 : brevityPenalty(counts) * geometricMean(precisions) };
}

export interface SacreBleu extends Bleu {
  readonly brevityPenalty: number;
  /** in percent, smoothed */
  readonly precisions: readonly number[];
}

/**
 * Corpus BLEU-4 of texts in percent, with the numbers of sacrebleu and its tokeniser 13a. The k-th order without a match
 * has precision 100 ÷ (2^k · total) with smoothing "exp" and 0 with "none" (Post 2018).
 */
export function sacreBleu(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  smoothing: "exp" | "none" = "exp",
): SacreBleu {
  const counts = count(
    hypotheses.map(tokens13a),
    references.map((given) => given.map(tokens13a)),
    0,
  );
  const penalty = brevityPenalty(counts);
  const nothing = counts.matches.every((matched) => matched === 0);
  let halved = 1;
  const precisions = counts.matches.map((matched, at) => {
    const total = counts.totals[at] as number;
    if (nothing || total === 0) return 0;
    if (matched > 0) return (100 * matched) / total;
    halved *= 2;
    return smoothing === "exp" ? 100 / (halved * total) : 0;
  });
  return { ...counts, brevityPenalty: penalty, precisions, score: penalty * geometricMean(precisions) };
}
