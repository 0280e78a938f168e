/** A pair of neighbouring symbols and how often it occurs. */
export interface CountedPair {
  readonly count: number;
  readonly first: number;
  readonly second: number;
}

/** The frequent before the rare; equal counts by the symbols' ids, so that the order never depends on chance. */
const before = (a: CountedPair, b: CountedPair): boolean =>
  a.count !== b.count ? a.count > b.count : a.first !== b.first ? a.first < b.first : a.second < b.second;

/** A binary heap of pairs; the first is the most frequent. */
export class PairHeap {
  readonly #items: CountedPair[] = [];

  push(item: CountedPair): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] as CountedPair;
      if (!before(item, above)) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  pop(): CountedPair | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let at = 0;
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      const right = child + 1;
      if (right < items.length && before(items[right] as CountedPair, items[child] as CountedPair)) child = right;
      const below = items[child] as CountedPair;
      if (!before(below, last)) break;
      items[at] = below;
      at = child;
    }
    items[at] = last;
    return top;
  }
}
