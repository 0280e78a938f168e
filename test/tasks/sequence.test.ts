import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Random } from "../../src/random.ts";
import { random } from "../../src/random.ts";
import { copy } from "../../src/tasks/copy.ts";
import { resolveOptions } from "../../src/tasks/options.ts";
import { reverse } from "../../src/tasks/reverse.ts";
import type { SequenceTask } from "../../src/tasks/sequence-task.ts";
import { sort } from "../../src/tasks/sort.ts";
import { sub } from "../../src/tasks/sub.ts";
import { swap } from "../../src/tasks/swap.ts";
import type { Split, TaskData } from "../../src/tasks/task.ts";

const sequenceTasks: readonly SequenceTask[] = [reverse, sort, swap, sub, copy];

/** Random numbers that are known beforehand. */
function fixed(values: readonly number[]): Random {
  return { ...random(0, "fixed"), integers: () => Int32Array.from(values) };
}

function load(task: SequenceTask, seed: number, ...settings: string[]): Promise<TaskData> {
  const options = resolveOptions(task, "quick", settings);
  const read = (): Promise<never> => Promise.reject(new Error("a generated task reads no files"));
  return task.load(options, { seed, read });
}

const small = ["data.length=6", "data.trainSize=50", "data.validationSize=20", "data.testSize=30"];
const indices = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);

describe("the worked examples hold:", () => {
  const expected: Record<string, readonly [string, string]> = {
    reverse: ["1413", "90"],
    sort: ["1134", "09"],
    swap: ["4131", "90"],
    sub: ["6858", "90"],
    copy: ["3141", "09"],
  };
  test.each(sequenceTasks.map((task) => [task.name, task] as const))("%s", (name, task) => {
    const target = (...input: number[]): string =>
      task.example(fixed(input), { length: input.length, symbols: 10 }).target.join("");
    expect(target(3, 1, 4, 1)).toBe(expected[name]?.[0]);
    expect(name === "sort" ? target(9, 0) : target(0, 9)).toBe(expected[name]?.[1]);
  });
});

test("laws: reverse, swap and sub undo themselves, sort is a permutation in order", () => {
  const sequence = fc
    .integer({ min: 1, max: 20 })
    .chain((half) => fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2 * half, maxLength: 2 * half }));
  fc.assert(
    fc.property(sequence, (input) => {
      const apply = (task: SequenceTask, values: readonly number[]): number[] => [
        ...task.example(fixed(values), { length: values.length, symbols: 10 }).target,
      ];
      for (const task of [reverse, swap, sub]) expect(apply(task, apply(task, input))).toEqual(input);
      expect(apply(sort, input)).toEqual([...input].sort((a, b) => a - b));
    }),
    { numRuns: 100 },
  );
});

describe("the data of a sequence task", () => {
  test("has the asked sizes and feeds of the declared names, types and shapes", async () => {
    const data = await load(reverse, 1, ...small);
    expect(data.sizes).toEqual({ train: 50, validation: 20, test: 30 });
    const options = resolveOptions(reverse, "quick", small);
    const declared = reverse.inputs(options, 4, {});
    const feeds = data.batch("train", indices(4), 0);
    expect(Object.keys(feeds)).toEqual(Object.keys(declared));
    for (const [name, { data: values, shape }] of Object.entries(feeds)) {
      expect(values).toBeInstanceOf(Int32Array);
      expect(shape).toEqual(declared[name]?.shape);
      expect(values.length).toBe(24);
    }
  });

  test.each(sequenceTasks.map((task) => [task.name, task] as const))(
    "of %s is a function of seed, split and index alone",
    async (name, task) => {
      const [data, again] = [await load(task, 7, ...small), await load(task, 7, ...small)];
      for (const split of ["train", "validation", "test"] as const) {
        const all = data.batch(split, indices(data.sizes[split]), 0);
        expect(again.batch(split, indices(data.sizes[split]), 3)).toEqual(all);
        // Example i is the i-th generator's, whatever else is in the batch.
        const { input, target } = task.example(random(7, `${name}/${split}`, 11), { length: 6, symbols: 10 });
        const one = data.batch(split, Int32Array.of(3, 11), 0);
        expect([...(one["ids"]?.data.subarray(6) ?? [])]).toEqual([...input]);
        expect([...(one["targets"]?.data.subarray(6) ?? [])]).toEqual([...target]);
      }
    },
  );

  test("differs between seeds and splits, and a larger set begins as a smaller one", async () => {
    const ids = (data: TaskData, split: Split): string => String(data.batch(split, indices(20), 0)["ids"]?.data);
    const data = await load(copy, 1, ...small);
    expect(new Set([ids(data, "train"), ids(data, "validation"), ids(data, "test")]).size).toBe(3);
    expect(ids(await load(copy, 2, ...small), "train")).not.toBe(ids(data, "train"));
    expect(ids(await load(copy, 1, ...small, "data.trainSize=70"), "train")).toBe(ids(data, "train"));
  });

  test("uses all symbols about equally often", async () => {
    const data = await load(copy, 1, "data.trainSize=1000", "data.symbols=5");
    const counts = [0, 0, 0, 0, 0];
    for (const id of data.batch("train", indices(1000), 0)["ids"]?.data ?? []) counts[id] = (counts[id] ?? 0) + 1;
    // 16,000 draws of 5 symbols: 3,200 each, standard deviation 51.
    for (const count of counts) expect(Math.abs(count - 3200)).toBeLessThan(300);
  });

  test("is described by its tokens", async () => {
    const data = await load(sub, 1, ...small);
    const described = data.describe("test", 29);
    if (described.kind !== "tokens") throw new Error("expected tokens");
    expect(described.tokens.length).toBe(6);
    expect(described.target).toEqual(described.tokens.map((token) => String(9 - Number(token))));
    expect(() => data.describe("test", 30)).toThrow("example of the test split: expected 0 to 29, got 30");
    expect(() => data.batch("test", Int32Array.of(0, 30), 0)).toThrow("expected 0 to 29, got 30");
  });
});
