/**
 * Every error that a user can cause or meet. The message says what happened, what was expected and what was
 * found, in one line; the hint says what to try, in one more.
 */
export type ErrorKind =
  /** tensors that do not fit together, found while a graph is built */
  | "shape"
  /** a command line, option or argument that cannot be understood */
  | "usage"
  /** a data file that is absent, broken or not what its name says */
  | "data"
  /** a checkpoint or weights file that is absent, broken or of another model */
  | "checkpoint"
  /** a run folder that is absent, broken, in use or of another version */
  | "run"
  /** a device that is not there or cannot do what was asked */
  | "device"
  /** a training run that cannot go on, for example because its loss is not finite */
  | "training"
  /** a folder that cannot be written or a disk that is full */
  | "disk"
  /** a queue that cannot be reached, or refuses what it is asked */
  | "queue";

export class KvtError extends Error {
  readonly kind: ErrorKind;
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "KvtError";
    this.kind = kind;
    this.hint = options.hint;
  }
}

/** Number of single-letter insertions, deletions, replacements and swaps of neighbours that turn a into b. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const above = (back: number, left: number) => rows[i - back]?.[j - left] ?? 0;
      const replaced = above(1, 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const edits = [replaced, above(1, 0) + 1, (row[j - 1] ?? 0) + 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(...edits, ...(swapped ? [above(2, 2) + 1] : [])));
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

/** The candidate spelled most like `word`, or undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 2)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** An error for a word outside a fixed list: names the list and the nearest valid spelling. */
export function unknownWord(kind: ErrorKind, what: string, word: string, candidates: readonly string[]): KvtError {
  const near = nearest(word, candidates);
  return new KvtError(kind, `unknown ${what} "${word}": expected one of ${candidates.join(", ")}`, {
    ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }),
  });
}
