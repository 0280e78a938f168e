import { sequenceTask } from "./sequence-task.ts";

/**
 * Repeat the symbols: 3 1 4 1 → 3 1 4 1, and 0 9 → 0 9. No position needs another.
 */
export const copy = sequenceTask({
  name: "copy",
  summary: "repeat a sequence: 3 1 4 1 → 3 1 4 1",
  example(random, { length, symbols }) {
    const input = random.integers(length, symbols);
    return { input, target: input.slice() };
  },
});
