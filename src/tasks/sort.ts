import { sequenceTask } from "./sequence-task.ts";

/**
 * Sort the symbols, smallest first: 3 1 4 1 → 1 1 3 4, and 9 0 → 0 9. Every position must count the smaller ones.
 */
export const sort = sequenceTask({
  name: "sort",
  summary: "sort a sequence: 3 1 4 1 → 1 1 3 4",
  example(random, { length, symbols }) {
    const input = random.integers(length, symbols);
    return { input, target: input.toSorted() };
  },
});
