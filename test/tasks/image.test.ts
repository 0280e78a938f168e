import { describe, expect, test } from "vitest";
import { random } from "../../src/random.ts";
import { splitImages } from "../../src/tasks/image-data.ts";
import { mnist } from "../../src/tasks/mnist.ts";
import { resolveOptions } from "../../src/tasks/options.ts";
import type { TaskData } from "../../src/tasks/task.ts";
import { gzip, idx, idxLabels } from "../data/idx-bytes.ts";

/** A set in MNIST's files: every pixel of training image k is k, of test image k 200 + k; labels count up. */
function published(train: number, test: number, side = 28): Record<string, Uint8Array> {
  const images = (count: number, first: number): Uint8Array => {
    const pixels = Uint8Array.from({ length: count * side * side }, (_, at) => first + Math.floor(at / side ** 2));
    return gzip(idx(0x803, [count, side, side], pixels));
  };
  const labels = (count: number): Uint8Array => gzip(idxLabels(Array.from({ length: count }, (_, k) => k % 10)));
  return {
    "train-images-idx3-ubyte.gz": images(train, 0),
    "train-labels-idx1-ubyte.gz": labels(train),
    "t10k-images-idx3-ubyte.gz": images(test, 200),
    "t10k-labels-idx1-ubyte.gz": labels(test),
  };
}

const files = published(100, 20);

function load(seed: number, settings: readonly string[], set = files): Promise<TaskData> {
  const read = async (name: string, file: string): Promise<Uint8Array> => {
    expect(name).toBe("mnist");
    return set[file] ?? Promise.reject(new Error(`no file ${file}`));
  };
  return mnist.load(resolveOptions(mnist, "quick", settings), { seed, read });
}

const small = ["data.trainSize=60", "data.validationSize=30", "data.testSize=0"];
const indices = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);
const byte = (value: number): number => Math.round((value * 0.3081 + 0.1307) * 255);

/** Numbers of the published images that a split holds. */
function numbers(data: TaskData, split: "train" | "validation" | "test"): number[] {
  const image = data.batch(split, indices(data.sizes[split]), 0)["image"]?.data ?? [];
  return Array.from({ length: data.sizes[split] }, (_, i) => byte(image[i * 784] ?? 0));
}

describe("splits", () => {
  test("train and validation are disjoint parts of the training images; test is the test images", async () => {
    const data = await load(1, small);
    expect(data.sizes).toEqual({ train: 60, validation: 30, test: 20 });
    const [train, validation, test] = [numbers(data, "train"), numbers(data, "validation"), numbers(data, "test")];
    expect(new Set([...train, ...validation]).size).toBe(90);
    expect(Math.max(...train, ...validation)).toBeLessThan(100);
    expect(test.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, k) => 200 + k));
  });

  test("follow from the seed", async () => {
    const [one, same, two] = [await load(1, small), await load(1, small), await load(2, small)];
    expect(numbers(same, "train")).toEqual(numbers(one, "train"));
    expect(numbers(two, "train")).not.toEqual(numbers(one, "train"));
    expect(numbers(two, "validation").toSorted()).not.toEqual(numbers(one, "validation").toSorted());
  });

  test("0 means all that are left", () => {
    const sizes = { trainSize: 0, validationSize: 30, testSize: 0 };
    const splits = splitImages("t", 1, { train: 100, test: 20 }, sizes);
    expect([splits.train.length, splits.validation.length, splits.test.length]).toEqual([70, 30, 20]);
    expect([...splits.train, ...splits.validation].sort((a, b) => a - b)).toEqual([...indices(100)]);
  });

  test("of more images than there are is a usage error", async () => {
    await expect(load(1, ["data.trainSize=80", "data.validationSize=30"])).rejects.toMatchObject({
      kind: "usage",
      message: "data.trainSize and data.validationSize: expected at most 100 together, got 80 and 30",
    });
    await expect(load(1, ["data.trainSize=0", "data.validationSize=100"])).rejects.toThrow("got all others and 100");
    await expect(load(1, [...small.slice(0, 2), "data.testSize=21"])).rejects.toThrow(
      "data.testSize: expected at most 20, got 21",
    );
  });
});

describe("a batch", () => {
  test("has the declared names, types and shapes, and each image its own label", async () => {
    const data = await load(3, small);
    const declared = mnist.inputs(resolveOptions(mnist, "quick"), 5, {});
    const feeds = data.batch("train", Int32Array.of(4, 3, 2, 1, 0), 0);
    expect(feeds["image"]?.data).toBeInstanceOf(Float32Array);
    expect(feeds["label"]?.data).toBeInstanceOf(Int32Array);
    expect(feeds["image"]?.shape).toEqual(declared["image"]?.shape);
    expect(feeds["label"]?.shape).toEqual(declared["label"]?.shape);
    const order = random(3, "mnist/split").permutation(100);
    const expected = [4, 3, 2, 1, 0].map((i) => order[30 + i] ?? -1);
    expect([...(feeds["label"]?.data ?? [])]).toEqual(expected.map((number) => number % 10));
    expect(expected.map((_, i) => byte(feeds["image"]?.data[i * 784 + 783] ?? 0))).toEqual(expected);
  });

  test("is described by its picture and its class", async () => {
    const data = await load(3, small);
    const described = data.describe("test", 5);
    if (described.kind !== "image") throw new Error("expected an image");
    const number = numbers(data, "test")[5] ?? 0;
    expect(described).toMatchObject({ height: 28, width: 28, channels: 1, label: String(number % 10) });
    expect(new Set(described.pixels)).toEqual(new Set([number]));
    expect(() => data.describe("test", 20)).toThrow("example of the test split: expected 0 to 19, got 20");
  });
});

test("pictures of another size are a data error", async () => {
  await expect(load(1, small, published(100, 20, 5))).rejects.toMatchObject({
    kind: "data",
    message: "mnist/train-images-idx3-ubyte.gz: expected images of 28 x 28, got 5 x 5",
  });
});
