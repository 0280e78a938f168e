import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { kvt } from "./io.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "kvt-data-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("verify names a file that is cut off, says what is not here, and fails", async () => {
  const file = path.join(folder, "mnist", "t10k-labels-idx1-ubyte.gz");
  mkdirSync(path.dirname(file));
  writeFileSync(file, new Uint8Array(100));
  const { code, out, err } = await kvt(`data verify mnist --data ${folder}`);
  expect(code).toBe(1);
  expect(out).toBe(`BROKEN  ${file}\n`);
  expect(err).toContain(`error: ${file}: expected 4542 bytes, got 100: the file is cut off`);
  expect(err).toContain(
    "not here: mnist/train-images-idx3-ubyte.gz, mnist/train-labels-idx1-ubyte.gz, mnist/t10k-images-idx3-ubyte.gz",
  );
});

test("verify of a folder without any of the files fails, and says where it looked and how to get them", async () => {
  const { code, out, err } = await kvt(`data verify fashion-mnist --data ${folder}`);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toBe(
    `error: no file of fashion-mnist is in ${folder}\n` +
      `hint: Download with "kvt data fetch fashion-mnist --data ${folder}".\n`,
  );
});

test("verify names a set that is absent as a whole by its name alone", async () => {
  const { err } = await kvt(`data verify --data ${folder}`);
  expect(err).toMatch(
    /^not here: mnist\/[^ ]+, mnist\/[^ ]+, mnist\/[^ ]+, fashion-mnist, cifar-10, cifar-100, tiny-shakespeare, multi30k, bible-en-es$/m,
  );
});

test("list --json says of every set what it is and how much of it is here", async () => {
  const { code, out } = await kvt(`data list --json --data ${folder}`);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    folders: [folder],
    sets: [
      { name: "mnist", files: 4, here: 0, bytes: 11_594_722 },
      { name: "fashion-mnist", files: 4, here: 0 },
      { name: "cifar-10", files: 6, here: 0, usable: 0, bytes: 170_052_171 },
      { name: "cifar-100", files: 2, here: 0 },
      { name: "tiny-shakespeare", files: 1, here: 0, bytes: 1_115_394 },
      { name: "multi30k", files: 6, here: 0 },
      { name: "bible-en-es", files: 3, here: 0 },
    ],
  });
});

test("verify and list tell a part of a set from a broken file", async () => {
  const data = mkdtempSync(path.join(folder, "part-"));
  const file = path.join(data, "cifar-10", "test_batch.bin");
  mkdirSync(path.dirname(file));
  writeFileSync(file, new Uint8Array(2 * 3073));
  const verified = await kvt(`data verify cifar-10 --data ${data}`);
  expect(verified.code).toBe(0);
  expect(verified.out).toBe(`part    ${file}  a subset: 2 of 10,000 pictures, not the published file\n`);
  expect(verified.err).toContain("not here: cifar-10/data_batch_1.bin, ");
  const listed = await kvt(`data list cifar-10 --json --data ${data}`);
  expect(JSON.parse(listed.out)).toMatchObject({ sets: [{ here: 0, usable: 1 }] });
  expect((await kvt(`data list cifar-10 --data ${data}`)).out).toMatch(/ {2}a part {2}/);
});

test("fetch of a set that nobody publishes says what to do", async () => {
  const { code, err } = await kvt(`data fetch bible-en-es --data ${folder}`);
  expect(code).toBe(1);
  expect(err).toContain("error: bible-en-es has no published home to download it from, and ");
  expect(err).toContain("hint: It is made from the Debian packages sword-text-web and sword-text-sparv ");
});
