import { describe, expect, test } from "vitest";
import { augmentPicture } from "../../src/data/augment.ts";
import { readCifar, type CifarFiles } from "../../src/data/cifar.ts";
import { AbsentFile, type ReadFile } from "../../src/data/images.ts";
import { random } from "../../src/random.ts";

const ten: CifarFiles = { set: "ten", train: ["a", "b", "c"], test: "t", labelBytes: 1, classes: 10 };

/** Rows with these label bytes; pixels of row k are k. */
function rows(...labels: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(labels.flatMap((bytes, k) => [...bytes, ...new Array<number>(3072).fill(k)]));
}

function reader(files: Readonly<Record<string, Uint8Array>>): ReadFile {
  return (set, file) => {
    const found = files[file];
    return found === undefined
      ? Promise.reject(new AbsentFile("data", `${set}/${file} is not here`))
      : Promise.resolve(found);
  };
}

describe("binary rows", () => {
  test("of all training files that are here are joined, and a missing later one is passed over", async () => {
    const { train, test } = await readCifar(reader({ a: rows([3], [9]), c: rows([5]), t: rows([0]) }), ten);
    expect(train).toMatchObject({ count: 3, channels: 3, height: 32, width: 32 });
    expect([...train.labels]).toEqual([3, 9, 5]);
    expect([0, 3071, 3072, 6143, 6144].map((at) => train.pixels[at])).toEqual([0, 0, 1, 1, 0]);
    expect(test.count).toBe(1);
  });

  test("with two labels give the second", async () => {
    const files: CifarFiles = { ...ten, train: ["a"], labelBytes: 2, classes: 100 };
    const { train } = await readCifar(reader({ a: rows([19, 99], [200, 4]), t: rows([0, 0]) }), files);
    expect([...train.labels]).toEqual([99, 4]);
  });

  test.each([
    [
      "cut off",
      { a: rows([1], [2]).subarray(0, 4000), t: rows([0]) },
      "ten/a: expected rows of 3073 bytes, got 4000 bytes: 1 rows and 927 more",
    ],
    ["with a wrong label", { a: rows([1], [10]), t: rows([0]) }, "ten/a: expected labels from 0 to 9, got 10 in row 1"],
    [
      "of an empty file",
      { a: rows([1]), t: new Uint8Array(0) },
      "ten/t: expected rows of 3073 bytes, got an empty file",
    ],
    ["of an absent first file", { b: rows([1]), t: rows([0]) }, "ten/a is not here"],
    ["of an absent test file", { a: rows([1]) }, "ten/t is not here"],
  ])("%s are a data error", async (_what, files, message) => {
    await expect(readCifar(reader(files as Record<string, Uint8Array>), ten)).rejects.toMatchObject({
      kind: "data",
      message,
    });
  });
});

describe("augmentation", () => {
  const size = { channels: 1, height: 32, width: 32 };
  const ramp = (): Float32Array => Float32Array.from({ length: 2048 }, (_, at) => at % 32);
  const augmented = (index: number): Float32Array => {
    const batch = ramp();
    augmentPicture(batch, 1, size, random(7, "augment/0", index));
    return batch;
  };

  test("is a function of the draws and changes its own picture alone", () => {
    expect(augmented(3)).toEqual(augmented(3));
    expect(augmented(3)).not.toEqual(augmented(4));
    expect(augmented(3).subarray(0, 1024)).toEqual(ramp().subarray(0, 1024));
  });

  test("keeps a ramp a ramp of 0.8 to 1 of its slope, mirrored in about half of the cases", () => {
    const slopes = Array.from({ length: 200 }, (_, index) => {
      const row = augmented(index).subarray(1024, 1056);
      return ((row[20] ?? 0) - (row[10] ?? 0)) / 10;
    });
    for (const slope of slopes) {
      expect(Math.abs(slope)).toBeGreaterThan(0.8);
      expect(Math.abs(slope)).toBeLessThanOrEqual(1.0001);
    }
    const mirrored = slopes.filter((slope) => slope < 0).length;
    expect(mirrored).toBeGreaterThan(70);
    expect(mirrored).toBeLessThan(130);
  });
});
