import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate, ndarray, type NDArray } from "../../src/graph/index.ts";
import { Scope } from "../../src/nn/scope.ts";
import { random } from "../../src/random.ts";
import { splitByClass } from "../../src/tasks/anomaly-features.ts";
import { setData, type Pool, type SetOptions } from "../../src/tasks/anomaly-sets.ts";
import { anomaly } from "../../src/tasks/anomaly.ts";
import { buildTask } from "../../src/tasks/build.ts";
import { taskCost } from "../../src/tasks/cost.ts";
import { resolveOptions } from "../../src/tasks/options.ts";
import type { Split, TaskData } from "../../src/tasks/task.ts";
import { normals } from "../support/gradient-check.ts";

const CLASSES = 7;

/** Pictures whose one feature is their own number: number n is of class n mod 7. */
function pool(first: number, count: number): Pool {
  const size = first + count;
  return {
    numbers: Int32Array.from({ length: count }, (_, i) => first + i),
    labels: Uint8Array.from({ length: size }, (_, n) => n % CLASSES),
    features: Float32Array.from({ length: size }, (_, n) => n),
  };
}

const pools = { train: pool(0, 140), validation: pool(140, 70), test: pool(0, 63) };
const classNames = Array.from({ length: CLASSES }, (_, label) => `class ${label}`);
const sets = (options: Partial<SetOptions> = {}): TaskData =>
  setData({ seed: 1, images: 6, position: "random", width: 1, classNames, pools, ...options });

/** Numbers of the pictures of each set of a split, and the place of the odd one. */
function drawn(data: TaskData, split: Split, epoch = 0): { pictures: number[]; label: number }[] {
  const indices = Int32Array.from({ length: data.sizes[split] }, (_, i) => i);
  const { features, label } = data.batch(split, indices, epoch);
  const images = features?.shape[1] ?? 0;
  return Array.from(indices, (i) => ({
    pictures: Array.from(features?.data.subarray(i * images, (i + 1) * images) ?? []),
    label: label?.data[i] ?? -1,
  }));
}

describe("sets", () => {
  test("have one picture of another class than all others, at the label, and no picture twice", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 10 }),
        fc.integer(),
        fc.constantFrom<Split>("train", "validation", "test"),
        fc.constantFrom("random" as const, "last" as const),
        (images, seed, split, position) => {
          const all = drawn(sets({ images, seed, position }), split, 2);
          for (const { pictures, label } of all) {
            expect(new Set(pictures).size).toBe(images);
            const classes = pictures.map((number) => number % CLASSES);
            const others = classes.filter((_, at) => at !== label);
            expect(new Set(others).size).toBe(1);
            expect(others).not.toContain(classes[label]);
            if (position === "last") expect(label).toBe(images - 1);
          }
          // Each picture of the split is the odd one of one set, and no picture of another split is seen.
          const own = Array.from(pools[split].numbers);
          expect(all.map(({ pictures, label }) => pictures[label])).toEqual(own);
          expect(all.flatMap(({ pictures }) => pictures).every((number) => own.includes(number))).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("have the odd one at every place equally often", () => {
    const counts = new Array<number>(6).fill(0);
    for (let epoch = 0; epoch < 30; epoch++) {
      for (const { label } of drawn(sets(), "train", epoch)) counts[label] = (counts[label] ?? 0) + 1;
    }
    // 4,200 sets: 700 at each place, with a standard deviation of 24.
    for (const count of counts) expect(Math.abs(count - 700)).toBeLessThan(100);
  });

  test("of training are drawn anew in each epoch, those of validation and test are not, and all follow from the seed", () => {
    const [one, same, other] = [sets(), sets(), sets({ seed: 2 })];
    for (const split of ["train", "validation", "test"] as const) {
      expect(drawn(same, split, 1)).toEqual(drawn(one, split, 1));
      expect(drawn(other, split, 1)).not.toEqual(drawn(one, split, 1));
      if (split === "train") expect(drawn(one, split, 2)).not.toEqual(drawn(one, split, 1));
      else expect(drawn(one, split, 2)).toEqual(drawn(one, split, 1));
    }
    // A batch is its rows, whatever else is in it.
    const [whole, row] = [drawn(one, "test")[5], one.batch("test", Int32Array.of(5), 0)];
    expect(Array.from(row["features"]?.data ?? [])).toEqual(whole?.pictures);
    expect(row["label"]?.data[0]).toBe(whole?.label);
  });

  test("are told by the classes of their pictures, with the odd one marked", () => {
    const data = sets();
    const { pictures, label } = drawn(data, "validation")[3] ?? { pictures: [], label: 0 };
    expect(data.describe("validation", 3)).toEqual({
      kind: "tokens",
      tokens: pictures.map((number) => `class ${number % CLASSES}`),
      target: pictures.map((_, at) => (at === label ? "odd" : "")),
    });
    expect(() => data.describe("test", 63)).toThrow("example of the test split: expected 0 to 62, got 63");
  });

  test("larger than the classes are a data error", () => {
    expect(() => sets({ images: 11 })).toThrow(
      "sets of 11: expected two classes of at least 10 pictures in the test split, got at most 9 of a class",
    );
  });
});

test("the first tenth of each class is kept for validation", () => {
  const labels = Uint8Array.from({ length: 60 }, (_, n) => (n < 20 ? n % 2 : 1));
  const { train, validation } = splitByClass(labels, 0.1);
  expect([...validation]).toEqual([0, 1, 3, 5, 7, 9]);
  expect([...train, ...validation].toSorted((a, b) => a - b)).toEqual(Array.from(labels, (_, n) => n));
});

describe("features", () => {
  const nothing = { seed: 1, read: () => Promise.reject(new Error("no set is read")) };
  const noise = (seed: number) =>
    anomaly.load(resolveOptions(anomaly, "quick", ["anomaly.features=noise"]), { ...nothing, seed });

  test("that tell nothing need no data and follow from the seed", async () => {
    const data = await noise(1);
    expect(data.sizes).toEqual({ train: 10_800, validation: 1_200, test: 2_400 });
    expect(data.dimensions).toEqual({ features: 64 });
    const values = data.batch(
      "train",
      Int32Array.from({ length: 64 }, (_, i) => i),
      0,
    )["features"];
    expect(values?.shape).toEqual([64, 10, 64]);
    const mean = Array.from(values?.data ?? []).reduce((sum, value) => sum + value, 0) / (64 * 640);
    expect(Math.abs(mean)).toBeLessThan(0.05);
    const at = (from: TaskData) => from.batch("test", Int32Array.of(7), 0);
    expect(at(await noise(1))).toEqual(at(data));
    expect(at(await noise(2))).not.toEqual(at(data));
  });

  test.each([
    ["", "anomaly.features: expected noise where no image model can be run, got none"],
    ["model.onnx", 'anomaly.features: expected noise where no image model can be run, got "model.onnx"'],
  ])("of a model are a usage error where none can be run: %s", async (features, message) => {
    const options = resolveOptions(anomaly, "quick", [`anomaly.features=${features}`]);
    await expect(anomaly.load(options, nothing)).rejects.toMatchObject({ kind: "usage", message });
    await expect(anomaly.dimensions?.(options, nothing)).rejects.toMatchObject({ kind: "usage", message });
  });
});

describe("the model", () => {
  const [IMAGES, WIDTH] = [5, 3];
  const options = resolveOptions(anomaly, "quick", [
    `anomaly.images=${IMAGES}`,
    "model.width=8",
    "model.heads=2",
    "model.layers=1",
  ]);
  const dimensions = { features: WIDTH };
  const elements = normals(random(1, "x"), [IMAGES, WIDTH]).data;

  /** Logits of one set in the given order, put back into the first order, and whether the label's was the largest. */
  function scored(attention: string, order: readonly number[], label: number): { logits: number[]; correct: number } {
    const scope = new Scope({ training: false });
    const { logits, correct } = buildTask({ task: anomaly, options, attention, dimensions }, 1, scope);
    const values = order.flatMap((i) => Array.from(elements.subarray(i * WIDTH, (i + 1) * WIDTH)));
    const parameters = scope.parameters.map(({ path, shape }) => [path, normals(random(1, path), shape)] as const);
    const given = {
      features: ndarray([1, IMAGES, WIDTH], values),
      label: ndarray([1], [label]),
      ...Object.fromEntries(parameters),
    };
    const [result, right] = evaluate([logits, correct], given) as [NDArray, NDArray];
    return { logits: order.map((_, i) => result.data[order.indexOf(i)] as number), correct: right.data[0] as number };
  }

  const FIRST = [0, 1, 2, 3, 4];
  const OTHER = [3, 0, 4, 2, 1];
  const moved = (attention: string): number => {
    const [first, other] = [scored(attention, FIRST, 0).logits, scored(attention, OTHER, 0).logits];
    return Math.max(...first.map((value, i) => Math.abs(value - (other[i] as number))));
  };

  test.each(["qkv", "kv", "q-kv", "k"])("gives each picture the same number at any place with %s", (attention) => {
    expect(moved(attention)).toBeLessThan(1e-12);
  });

  test.each(["kv+pos", "k+pos"])("knows the place with %s, which is the author's leak", (attention) => {
    expect(moved(attention)).toBeGreaterThan(1e-3);
  });

  test("names the picture with the largest number", () => {
    const { logits } = scored("qkv", FIRST, 0);
    const largest = logits.indexOf(Math.max(...logits));
    for (const label of FIRST) expect(scored("qkv", FIRST, label).correct).toBe(label === largest ? 1 : 0);
  });
});

test("the paper preset on features of 512 numbers has the published numbers of parameters", () => {
  const options = resolveOptions(anomaly, "paper");
  const parameters = (attention: string): number => taskCost(anomaly, options, attention, { features: 512 }).parameters;
  expect(["qkv", "kv", "kv+pos", "k"].map(parameters)).toEqual([2_306_305, 2_043_137, 2_043_181, 1_779_969]);
});
