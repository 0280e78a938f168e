import { gzipSync } from "node:zlib";
import { existsSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { recordingReader } from "../../src/train/data-record.ts";
import { jsonOf, temporaryFolder } from "./folder.ts";

const digits = new TextEncoder().encode("digits");
const clothes = new TextEncoder().encode("clothes");
const gives = (bytes: Uint8Array) => () => Promise.resolve(bytes);

it("holds a run to the data that it began with, packed or not", async () => {
  const folder = temporaryFolder();
  const first = recordingReader(folder, { read: gives(gzipSync(digits)) });
  expect(await first.read("mnist", "images.gz")).toEqual(gzipSync(digits));
  first.record();
  expect(Object.keys(jsonOf(folder, "data.json"))).toEqual(["mnist/images"]);

  await expect(recordingReader(folder, { read: gives(digits) }).read("mnist", "images")).resolves.toEqual(digits);
  const other = recordingReader(folder, { read: gives(clothes) }).read("mnist", "images.gz");
  await expect(other).rejects.toThrow(
    `mnist/images is not the file that the run ${folder} began with: expected SHA-256`,
  );
  await expect(other).rejects.toMatchObject({
    kind: "data",
    hint: "Name the folder that holds the first one with --data.",
  });
});

it("holds a run to a file that the user named", async () => {
  const folder = temporaryFolder();
  const none = gives(digits);
  const first = recordingReader(folder, { read: none, readPath: gives(digits) });
  await first.readPath?.("/texts/diary.txt");
  first.record();
  const changed = recordingReader(folder, { read: none, readPath: gives(clothes) }).readPath?.("/texts/diary.txt");
  await expect(changed).rejects.toThrow(`/texts/diary.txt is not the file that the run ${folder} began with`);
  await expect(changed).rejects.toMatchObject({ hint: "Put the first one back, or start a new run with this one." });
});

it("writes nothing for a task whose data are made", () => {
  const folder = temporaryFolder();
  recordingReader(folder, { read: gives(digits) }).record();
  expect(existsSync(path.join(folder, "data.json"))).toBe(false);
});
