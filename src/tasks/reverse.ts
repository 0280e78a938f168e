import { sequenceTask } from "./sequence-task.ts";

/**
 * Reverse the symbols: 3 1 4 1 → 1 4 1 3, and 0 9 → 9 0. Every position must look at its mirror image.
 */
export const reverse = sequenceTask({
  name: "reverse",
  summary: "write a sequence backwards: 3 1 4 1 → 1 4 1 3",
  example(random, { length, symbols }) {
    const input = random.integers(length, symbols);
    return { input, target: input.toReversed() };
  },
});
