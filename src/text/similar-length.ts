import { random } from "../random.ts";

/** Lengths of a pair of sentences, in tokens; also the lengths to which the pairs of a batch are padded. */
export interface PairLength {
  readonly source: number;
  readonly target: number;
}

const fits = (pair: PairLength, shape: PairLength): boolean =>
  pair.source <= shape.source && pair.target <= shape.target;

/**
 * At most `count` padded lengths for all pairs, each no smaller than the one before in both sizes; the last holds every
 * pair. Among the chains along the mean ratio r of target to source they have the fewest padded tokens: a pair (s,t) has
 * level max(s, ⌈t ÷ r⌉), and levels are cut into `count` runs of least Σ pairs × highest level, by dynamic programming.
 */
export function paddedLengths(pairs: readonly PairLength[], count: number): readonly PairLength[] {
  const sum = (side: keyof PairLength) => pairs.reduce((total, pair) => total + pair[side], 0);
  const ratio = sum("target") / Math.max(1, sum("source")) || 1;
  const levels = pairs.map(({ source, target }) => Math.max(source, Math.ceil(target / ratio)));
  const highest = levels.reduce((a, b) => Math.max(a, b), 0);
  const ends = cutLevels(levels, highest, count);
  const shapes: PairLength[] = [];
  for (const end of ends) {
    const within = pairs.filter((_, i) => (levels[i] as number) <= end);
    shapes.push({
      source: within.reduce((most, pair) => Math.max(most, pair.source), 1),
      target: within.reduce((most, pair) => Math.max(most, pair.target), 1),
    });
  }
  return shapes;
}

/** Highest levels of at most `count` runs, ascending, the last `highest`. */
function cutLevels(levels: readonly number[], highest: number, count: number): readonly number[] {
  const upTo = new Array<number>(highest + 1).fill(0);
  for (const level of levels) upTo[level] = (upTo[level] ?? 0) + 1;
  for (let level = 1; level <= highest; level++) upTo[level] = (upTo[level] ?? 0) + (upTo[level - 1] ?? 0);
  // least[level]: padded length of all pairs up to `level` in as many runs as rounds have passed
  let least = upTo.map((pairs, level) => ({ cost: pairs * level, ends: [level] }));
  for (let runs = 2; runs <= count; runs++) {
    least = least.map((best, level) => {
      let chosen = best;
      for (let below = 1; below < level; below++) {
        const rest = least[below] as { cost: number; ends: number[] };
        const cost = rest.cost + ((upTo[level] as number) - (upTo[below] as number)) * level;
        if (cost < chosen.cost) chosen = { cost, ends: [...rest.ends, level] };
      }
      return chosen;
    });
  }
  return least[highest]?.ends ?? [highest];
}

/** Index of the least of `shapes` that holds the pair; −1 where none does. */
export const shapeOf = (shapes: readonly PairLength[], pair: PairLength): number =>
  shapes.findIndex((shape) => fits(pair, shape));

/**
 * An order of all pairs in which each `batch` of them, from the first, have similar lengths, for an epoch: a pure function
 * of its arguments. `shapes` holds each pair's index of padded lengths. The pairs are in random order, sorted by it,
 * cut into batches, and these in random order; the pairs that make no whole batch, other ones each epoch, come last.
 */
export function similarLengthOrder(
  shapes: ArrayLike<number>,
  { seed, epoch, batch }: { readonly seed: number; readonly epoch: number; readonly batch: number },
): Int32Array {
  const shuffled = random(seed, "similar-length/pairs", epoch).permutation(shapes.length);
  const batches = Math.floor(shapes.length / batch);
  const whole = shuffled.subarray(0, batches * batch);
  const sorted = Array.from(whole).sort((a, b) => (shapes[a] as number) - (shapes[b] as number));
  const order = new Int32Array(shapes.length);
  random(seed, "similar-length/batches", epoch)
    .permutation(batches)
    .forEach((from, to) => order.set(sorted.slice(from * batch, (from + 1) * batch), to * batch));
  order.set(shuffled.subarray(batches * batch), batches * batch);
  return order;
}
