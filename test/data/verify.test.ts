import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { dataSets, findDataSet } from "../../src/data/catalogue.ts";
import { sha256 } from "../../src/data/checksum.ts";
import { gzipFile, type DataSet } from "../../src/data/data-set.ts";
import { brokenFileError, verifyFolder } from "../../src/data/verify.ts";
import { temporaryFolder } from "./folder.ts";
import { gzip } from "./idx-bytes.ts";

const plain = new TextEncoder().encode("3 1 4 1 5 9 2 6");
const packed = gzip(plain);
const set: DataSet = {
  name: "numbers",
  summary: "",
  licence: "",
  mirrors: [],
  files: [gzipFile("pi.gz", [packed.length, sha256(packed)], [plain.length, sha256(plain)])],
};

async function verify(content?: Uint8Array, name = "pi.gz") {
  const folder = temporaryFolder();
  const place = path.join(folder, "numbers", name);
  mkdirSync(path.dirname(place));
  if (content !== undefined) writeFileSync(place, content);
  const [verified] = await verifyFolder(folder, [set]);
  if (verified === undefined) throw new Error("nothing was verified");
  return { place, verified, error: brokenFileError(verified) };
}

test("a whole file is known by its checksum, packed and unpacked", async () => {
  for (const [content, name] of [
    [packed, "pi.gz"],
    [plain, "pi"],
  ] as const) {
    const { place, verified, error } = await verify(content, name);
    expect(verified).toEqual({ set: "numbers", file: "pi.gz", path: place, state: { kind: "whole" } });
    expect(error).toBeUndefined();
  }
});

test("an absent file is no error", async () => {
  const { verified, error } = await verify();
  expect(verified).toEqual({ set: "numbers", file: "pi.gz", path: undefined, state: { kind: "absent" } });
  expect(error).toBeUndefined();
});

test("a file that is cut off is named with its bytes", async () => {
  const { place, verified, error } = await verify(packed.subarray(0, 12));
  expect(verified.state).toEqual({ kind: "truncated", bytes: 12, expected: packed.length });
  expect(error?.message).toBe(`${place}: expected ${packed.length} bytes, got 12: the file is cut off`);
  expect(error?.hint).toBe('Download it again with "kvt data fetch numbers".');
});

test("a file with one wrong byte, or one too many, is named with both checksums", async () => {
  for (const wrong of [packed.with(11, packed[11] === 0 ? 1 : 0), Uint8Array.from([...packed, 0])]) {
    const { place, verified, error } = await verify(wrong);
    expect(verified.state).toEqual({
      kind: "mismatch",
      checksum: "sha256",
      got: sha256(wrong),
      expected: sha256(packed),
    });
    expect(error?.message).toBe(`${place}: expected SHA-256 ${sha256(packed)}, got ${sha256(wrong)}`);
  }
});

test("the catalogue is complete: mirrors or the reason why there are none, sizes and checksums", () => {
  const digits = { sha256: 64, sha1: 40, md5: 32 };
  for (const { files, mirrors, archive, origin } of dataSets) {
    expect(mirrors.every((mirror) => /^https?:\/\/.*\/$/.test(mirror))).toBe(true);
    expect(mirrors.length > 0).toBe(origin === undefined);
    for (const { bytes, checksum } of [
      ...files,
      ...files.flatMap(({ unpacked = [] }) => unpacked),
      archive ?? [],
    ].flat()) {
      expect(checksum.value).toMatch(/^[0-9a-f]+$/);
      expect(checksum.value.length).toBe(digits[checksum.kind]);
      expect(bytes).toBeGreaterThan(0);
    }
    for (const { bytes, unpacked } of files) expect(unpacked?.bytes ?? Infinity).toBeGreaterThan(bytes);
  }
  expect(findDataSet("fashion-mnist").files.length).toBe(4);
  expect(() => findDataSet("fashion-mnits")).toThrow(
    `unknown data set "fashion-mnits": expected one of ${dataSets.map(({ name }) => name).join(", ")}`,
  );
});

test("a folder with nothing in it has every known file absent", async () => {
  const states = await verifyFolder(temporaryFolder());
  expect(states.length).toBeGreaterThan(20);
  expect(states.filter(({ state }) => state.kind !== "absent")).toEqual([]);
});

test("a folder that holds files without a set's name reports what is wrong with them", async () => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, "pi.gz"), packed);
  truncateSync(path.join(folder, "pi.gz"), 5);
  expect((await verifyFolder(folder, [set]))[0]?.state).toMatchObject({ kind: "truncated", bytes: 5 });
});
