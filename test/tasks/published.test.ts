import { copyFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { fileReader } from "../../src/data/files.ts";
import { brokenFileError, verifyFolder } from "../../src/data/verify.ts";
import { findTask } from "../../src/tasks/index.ts";
import { resolveOptions } from "../../src/tasks/options.ts";
import { temporaryFolder } from "../data/folder.ts";

const folder = process.env["KVT_DATA"] ?? "";
const published = [
  ["mnist", [6742, 5421], 1135],
  ["fashion-mnist", [6000, 6000], 1000],
] as const;

// The counts of classes 1 and 5 are those that the makers publish.
describe.skipIf(folder === "")("published data (set KVT_DATA to a folder that holds mnist and fashion-mnist)", () => {
  test.each(published)("of %s is read whole", async (name, [ones, fives], testOnes) => {
    const task = findTask(name);
    const options = resolveOptions(task, "paper");
    const data = await task.load(options, { seed: 1, read: fileReader([folder]) });
    expect(data.sizes).toEqual({ train: 55_000, validation: 5_000, test: 10_000 });
    const counts = { train: [0, 0], validation: [0, 0], test: [0, 0] };
    let [sum, squares] = [0, 0];
    for (const split of ["train", "validation", "test"] as const) {
      for (let start = 0; start < data.sizes[split]; start += 1000) {
        const batch = data.batch(
          split,
          Int32Array.from({ length: 1000 }, (_, i) => start + i),
          0,
        );
        for (const label of batch["label"]?.data ?? []) {
          if (label === 1) counts[split][0] = (counts[split][0] ?? 0) + 1;
          if (label === 5) counts[split][1] = (counts[split][1] ?? 0) + 1;
        }
        if (split === "test") continue;
        for (const value of batch["image"]?.data ?? []) {
          sum += value;
          squares += value * value;
        }
      }
    }
    const both = [0, 1].map((k) => (counts.train[k] ?? 0) + (counts.validation[k] ?? 0));
    expect(both).toEqual([ones, fives]);
    expect(counts.test[0]).toBe(testOnes);
    if (name !== "mnist") return;
    // Mean 0.1307 and standard deviation 0.3081 are those of MNIST's training images.
    expect(sum / (60_000 * 784)).toBeCloseTo(0, 3);
    expect(squares / (60_000 * 784)).toBeCloseTo(1, 3);
  });

  test("has the published checksums", async () => {
    const states = await verifyFolder(folder);
    for (const [name] of published) {
      const kinds = states.filter(({ set }) => set === name).map(({ state }) => state.kind);
      expect(kinds).toEqual(["whole", "whole", "whole", "whole"]);
    }
    // Other sets may be absent or parts of the published ones.
    const broken = states.flatMap((file) => brokenFileError(file)?.message ?? []);
    expect(broken).toEqual([]);
  });

  test("of one set is not taken for the other's, which has the same file names", async () => {
    const mixed = temporaryFolder();
    const file = "t10k-labels-idx1-ubyte.gz";
    copyFileSync(path.join(folder, "mnist", file), path.join(mixed, file));
    await expect(fileReader([mixed])("fashion-mnist", file)).rejects.toMatchObject({
      kind: "data",
      message: `${path.join(mixed, file)}: expected a file of fashion-mnist, got the one of mnist`,
    });
    expect((await fileReader([mixed])("mnist", file)).length).toBe(4542);
    const states = await verifyFolder(mixed);
    const kinds = states.filter((entry) => entry.file === file).map(({ set, state }) => [set, state.kind]);
    expect(kinds).toEqual([
      ["mnist", "whole"],
      ["fashion-mnist", "absent"],
    ]);
  });
});
