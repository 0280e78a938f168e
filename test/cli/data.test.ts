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
  expect(err).toMatch(/^not here: mnist\/[^ ]+, mnist\/[^ ]+, mnist\/[^ ]+, fashion-mnist, tiny-shakespeare$/m);
});

test("list --json says of every set what it is and how much of it is here", async () => {
  const { code, out } = await kvt(`data list --json --data ${folder}`);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    folders: [folder],
    sets: [
      { name: "mnist", files: 4, here: 0, bytes: 11_594_722 },
      { name: "fashion-mnist", files: 4, here: 0 },
      { name: "tiny-shakespeare", files: 1, here: 0, bytes: 1_115_394 },
    ],
  });
});
