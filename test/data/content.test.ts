import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { sha256 } from "../../src/data/checksum.ts";
import { gzipText, type DataFile } from "../../src/data/data-set.ts";
import { brokenFileError, verifyFolder, type FileState } from "../../src/data/verify.ts";
import { temporaryFolder } from "./folder.ts";
import { gzip } from "./idx-bytes.ts";

/** The state of a file with this content, and the end of its error. */
async function verify(file: DataFile, content: Uint8Array, name = file.name): Promise<[FileState, string | undefined]> {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, "set"));
  writeFileSync(path.join(folder, "set", name), content);
  const set = { name: "set", summary: "", licence: "", mirrors: [], files: [file] };
  const [verified] = await verifyFolder(folder, [set]);
  if (verified === undefined) throw new Error("nothing was verified");
  return [verified.state, brokenFileError(verified)?.message.slice(path.join(folder, "set", name).length + 2)];
}

/** Rows with these labels; every pixel is 255. */
function rows(...labels: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(labels.flatMap((bytes) => [...bytes, ...new Array<number>(3072).fill(255)]));
}

const whole = rows([1, 7], [1, 99], [19, 0]);
const pictures: DataFile = {
  name: "train.bin",
  bytes: whole.length,
  checksum: { kind: "sha256", value: sha256(whole) },
  content: { kind: "cifar", classes: [20, 100], rows: 3 },
};

test("rows of pictures that are not the published ones are counted", async () => {
  expect(await verify(pictures, whole)).toEqual([{ kind: "whole" }, undefined]);
  for (const labels of [
    [[3, 5]],
    [
      [3, 5],
      [0, 0],
      [1, 1],
    ],
    Array.from({ length: 50 }, (_, k) => [k % 20, k]),
  ]) {
    const state = { kind: "variant", unit: "pictures", count: labels.length, published: 3 };
    expect(await verify(pictures, rows(...labels))).toEqual([state, undefined]);
  }
});

test.each([
  ["cut off", whole.subarray(0, 4000), "expected rows of 3074 bytes, got 1 and 926 bytes more: the file is cut off"],
  ["empty", new Uint8Array(0), "expected rows of 3074 bytes, got an empty file"],
  ["with a wrong label", rows([0, 0], [0, 100]), "expected labels from 0 to 99, got 100 in row 1"],
  ["with a wrong coarse label", rows([0, 0], [20, 1]), "expected labels from 0 to 19, got 20 in row 1"],
])("rows of pictures that are %s are an error", async (_what, content, message) => {
  expect((await verify(pictures, content))[1]).toBe(message);
});

test("a wrong label is found far into a file", async () => {
  const many = rows(...Array.from({ length: 200 }, (_, k) => [0, k === 171 ? 200 : k % 100]));
  expect((await verify(pictures, many))[1]).toBe("expected labels from 0 to 99, got 200 in row 171");
});

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const published = text("ein Hund\nzwei Katzen\n");
const lines = gzipText(
  2,
  "train.de.gz",
  [gzip(published).length, sha256(gzip(published))],
  [published.length, sha256(published)],
);

test("texts are compared packed and unpacked, and another edition with as many lines is told", async () => {
  expect(await verify(lines, gzip(published))).toEqual([{ kind: "whole" }, undefined]);
  expect(await verify(lines, published, "train.de")).toEqual([{ kind: "whole" }, undefined]);
  const state = { kind: "variant", unit: "lines", count: 2, published: 2 };
  expect(await verify(lines, gzip(text("Hund\nKatzen")))).toEqual([state, undefined]);
  expect(await verify(lines, text("Hund\nKatzen\n"), "train.de")).toEqual([state, undefined]);
});

test.each([
  ["one line", gzip(text("ein Hund\n")), "train.de.gz", "expected 2 lines, got 1"],
  ["one line, unpacked", published.subarray(0, 5), "train.de", "expected 2 lines, got 1"],
  ["three lines", text("a\nb\nc"), "train.de", "expected 2 lines, got 3"],
  [
    "half a gzip file",
    gzip(published).subarray(0, 20),
    "train.de.gz",
    "expected a whole gzip file, got one that is cut",
  ],
])("texts of %s are an error", async (_what, content, name, message) => {
  expect((await verify(lines, content, name))[1] ?? "").toContain(message);
});
