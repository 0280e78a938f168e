import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { readArchive } from "../../src/data/archive.ts";
import { fileReader } from "../../src/data/files.ts";
import { cifar10 } from "../../src/tasks/cifar-10.ts";
import { resolveOptions } from "../../src/tasks/options.ts";
import { temporaryFolder } from "./folder.ts";
import { tarGz } from "./tar.ts";

/** One row of CIFAR-10 of class `label`. */
const row = (label: number): Uint8Array => Uint8Array.from([label, ...new Array<number>(3072).fill(label * 20)]);
const batches = Object.fromEntries([1, 2, 3, 4, 5].map((k) => [`data_batch_${k}.bin`, row(k)]));

/** A folder with files in the folder of the set. */
function folderOf(files: Readonly<Record<string, Uint8Array>>, set = "cifar-10"): string {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, set), { recursive: true });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(folder, set, name), bytes);
  return folder;
}

async function load(...folders: readonly string[]) {
  const options = resolveOptions(cifar10, "quick", ["data.validationSize=1", "data.augment=false"]);
  return cifar10.load(options, { seed: 1, read: fileReader(folders) });
}

async function labels(...folders: readonly string[]): Promise<number[]> {
  const data = await load(...folders);
  const of = (split: "train" | "validation" | "test"): number[] => {
    const { label } = data.batch(
      split,
      Int32Array.from({ length: data.sizes[split] }, (_, k) => k),
      0,
    );
    return Array.from(label?.data as Int32Array);
  };
  return [...[...of("train"), ...of("validation")].sort(), ...of("test")];
}

const published = tarGz({ ...batches, "test_batch.bin": row(9), "readme.html": row(0) });

test("pictures are read from the published archive in the set's folder or directly in a data folder", async () => {
  expect(await labels(folderOf({ "cifar-10-binary.tar.gz": published }))).toEqual([1, 2, 3, 4, 5, 9]);
  expect(await labels(folderOf({ "cifar-10-binary.tar.gz": published }, "."))).toEqual([1, 2, 3, 4, 5, 9]);
});

test("all files of a set come from the first folder that has some of it", async () => {
  const subset = folderOf({ "data_batch_1.bin": Uint8Array.from([...row(7), ...row(8)]), "test_batch.bin": row(6) });
  const archive = folderOf({ "cifar-10-binary.tar.gz": published });
  expect(await labels(subset, archive)).toEqual([7, 8, 6]);
  expect(await labels(archive, subset)).toEqual([1, 2, 3, 4, 5, 9]);
  expect(await labels(temporaryFolder(), archive)).toEqual([1, 2, 3, 4, 5, 9]);
});

test.each([
  [
    "cut off",
    published.subarray(0, published.length / 2),
    /cifar-10-binary\.tar\.gz: expected a whole tar\.gz file, got one that is cut/,
  ],
  [
    "without a file",
    tarGz({ ...batches, "readme.html": row(0) }),
    /cifar-10-binary\.tar\.gz: expected test_batch\.bin in it, got data_batch_1\.bin, .*readme\.html$/,
  ],
])("an archive that is %s is a data error that names it", async (_what, archive, message) => {
  await expect(load(folderOf({ "cifar-10-binary.tar.gz": archive }))).rejects.toMatchObject({
    kind: "data",
    message: expect.stringMatching(message) as string,
  });
});

test("without files and archive the error says where it was looked for", async () => {
  const folder = temporaryFolder();
  await expect(load(folder)).rejects.toMatchObject({
    kind: "data",
    message: `cifar-10/data_batch_1.bin is not here: looked in ${folder}`,
  });
});

test("one file of an archive is done with before the next is begun, however long it takes", async () => {
  const archive = path.join(folderOf({}), "slow.tar.gz");
  writeFileSync(archive, tarGz({ "a.bin": new Uint8Array(300_000).fill(7), "b.txt": row(1) }));
  const log: string[] = [];
  await readArchive(archive, ["a.bin", "b.txt"], async ({ name, content }) => {
    log.push(`begin ${name}`);
    let bytes = 0;
    for await (const chunk of content) bytes += chunk.length;
    await wait(name === "a.bin" ? 50 : 0);
    log.push(`end ${name}, ${bytes}`);
  });
  expect(log).toEqual(["begin a.bin", "end a.bin, 300000", "begin b.txt", "end b.txt, 3073"]);
});
