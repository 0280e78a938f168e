import { random, type Random } from "../random.ts";
import { exampleIndex } from "./example-index.ts";
import type { Split, TaskData } from "./task.ts";

export interface SequenceExample {
  readonly input: Int32Array;
  readonly target: Int32Array;
}

const SPLITS = ["train", "validation", "test"] as const;

/**
 * Sequences of T symbols with a target at each position. Example i of split s is `example(random(seed, "task/s", i))`,
 * so every formulation that is trained with this seed sees the same ones. Feeds: `ids` and `targets` (B,T) int32.
 */
export function sequenceData(
  task: string,
  seed: number,
  length: number,
  sizes: Readonly<Record<Split, number>>,
  example: (random: Random) => SequenceExample,
): TaskData {
  const generate = (split: Split): { ids: Int32Array; targets: Int32Array } => {
    const ids = new Int32Array(sizes[split] * length); // (N,T)
    const targets = new Int32Array(sizes[split] * length); // (N,T)
    for (let i = 0; i < sizes[split]; i++) {
      const { input, target } = example(random(seed, `${task}/${split}`, i));
      ids.set(input, i * length);
      targets.set(target, i * length);
    }
    return { ids, targets };
  };
  const [train, validation, test] = SPLITS.map(generate);
  const splits = { train, validation, test } as Record<Split, ReturnType<typeof generate>>;
  const rowOf = (rows: Int32Array, index: number): Int32Array => rows.subarray(index * length, (index + 1) * length);

  return {
    sizes,
    batch(split, indices) {
      const ids = new Int32Array(indices.length * length);
      const targets = new Int32Array(indices.length * length);
      indices.forEach((index, at) => {
        exampleIndex(split, index, sizes[split]);
        ids.set(rowOf(splits[split].ids, index), at * length);
        targets.set(rowOf(splits[split].targets, index), at * length);
      });
      const shape = [indices.length, length];
      return { ids: { data: ids, shape }, targets: { data: targets, shape } };
    },
    describe(split, index) {
      exampleIndex(split, index, sizes[split]);
      const tokens = Array.from(rowOf(splits[split].ids, index), String);
      const target = Array.from(rowOf(splits[split].targets, index), String);
      return { kind: "tokens", tokens, target };
    },
  };
}
