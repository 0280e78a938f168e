import { sequenceTask } from "./sequence-task.ts";

/**
 * Exchange the two halves of an even number of symbols: 3 1 4 1 → 4 1 3 1, and 0 9 → 9 0. Every position must look
 * half the length away.
 */
export const swap = sequenceTask({
  name: "swap",
  summary: "exchange the halves of a sequence: 3 1 4 1 → 4 1 3 1",
  lengthMultiple: 2,
  example(random, { length, symbols }) {
    const input = random.integers(length, symbols);
    const target = new Int32Array(length);
    target.set(input.subarray(length / 2));
    target.set(input.subarray(0, length / 2), length / 2);
    return { input, target };
  },
});
