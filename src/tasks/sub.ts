import { sequenceTask } from "./sequence-task.ts";

/**
 * Subtract each symbol from the largest: of ten symbols, 3 1 4 1 → 6 8 5 8, and 0 9 → 9 0. No position needs another.
 */
export const sub = sequenceTask({
  name: "sub",
  summary: "subtract each digit from nine: 3 1 4 1 → 6 8 5 8",
  example(random, { length, symbols }) {
    const input = random.integers(length, symbols);
    return { input, target: input.map((symbol) => symbols - 1 - symbol) };
  },
});
