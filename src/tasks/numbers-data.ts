import { KvtError } from "../errors.ts";
import { numberWords } from "../text/number-words.ts";
import { exampleIndex } from "./example-index.ts";
import type { Split, TaskData } from "./task.ts";
import { windowBatch } from "./token-windows.ts";

/** 1 to 9,999 in words with a full stop between them. 8,000 is missing, as in the corpus that Borji 2023 used. */
export function numbersText(): string[] {
  const numbers = Array.from({ length: 9_999 }, (_, i) => i + 1).filter((number) => number !== 8_000);
  return numbers.flatMap((number, i) => (i === 0 ? numberWords(number) : [".", ...numberWords(number)]));
}

/** The 30 words in the order in which they first occur: one . two three … */
export const numberVocabulary = (): string[] => [...new Set(numbersText())];

/**
 * Windows of T words side by side, each with the words that follow its own. The first of them are learned; the last are
 * both validation and test, for nothing is chosen by validation. Feeds: `ids` and `targets` (B,T) int32. Throws a
 * `usage` error when a part has no window.
 */
export function numbersData(length: number, heldOut: number): TaskData {
  const words = numberVocabulary();
  const idOf = new Map(words.map((word, id) => [word, id]));
  const ids = Int32Array.from(numbersText(), (word) => idOf.get(word) as number);
  const windows = Math.ceil((ids.length - length - 1) / length);
  const learned = Math.floor(windows * (1 - heldOut));
  if (learned < 1) {
    throw new KvtError("usage", `data.length: expected windows to learn and to hold out, got ${windows} of ${length}`, {
      hint: "Set data.length or data.heldOut lower.",
    });
  }
  const sizes = { train: learned, validation: windows - learned, test: windows - learned };
  const start = (split: Split, index: number): number => {
    exampleIndex(split, index, sizes[split]);
    return (split === "train" ? index : learned + index) * length;
  };

  return {
    sizes,
    dimensions: { vocabulary: words.length },
    batch(split, indices) {
      const starts = indices.map((index) => start(split, index));
      return windowBatch(ids, starts, length);
    },
    describe(split, index) {
      const from = start(split, index);
      const text = (at: number): string[] => Array.from(ids.subarray(at, at + length), (id) => words[id] ?? "");
      return { kind: "tokens", tokens: text(from), target: text(from + 1) };
    },
  };
}
