import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../src/data/checksum.ts";
import type { DataSet } from "../../src/data/data-set.ts";
import { fetchDataSet } from "../../src/data/fetch.ts";
import { verifyFolder } from "../../src/data/verify.ts";
import { temporaryFolder } from "./folder.ts";
import { sendRange, serve } from "./server.ts";
import { tarGz } from "./tar.ts";

const noise = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, k) => ((k + seed) * (k + seed) * 31) >>> 5);
const one = noise(150_000, 1);
const two = noise(70_000, 2);
const names = new TextEncoder().encode("cat\ndog\n");
const packed = tarGz({ "readme.html": names, "names.txt": names, "one.bin": one, "two.bin": two });

const file = (name: string, bytes: Uint8Array) => ({
  name,
  bytes: bytes.length,
  checksum: { kind: "sha256", value: sha256(bytes) } as const,
});

/** A set whose archive is `archive`, at `mirror`. */
function dataSet(archive: Uint8Array, mirror = "http://127.0.0.1:1/"): DataSet {
  const md5 = createHash("md5").update(archive).digest("hex");
  return {
    name: "pets",
    summary: "",
    licence: "",
    mirrors: [mirror],
    archive: {
      name: "pets.tar.gz",
      bytes: archive.length,
      checksum: { kind: "md5", value: md5 },
      extras: ["names.txt"],
    },
    files: [file("one.bin", one), file("two.bin", two)],
  };
}

const serveArchive = (content: Uint8Array) => serve((request, response) => sendRange(content, request, response));

describe("a set that is published as an archive", () => {
  test("is downloaded, checked by MD5, unpacked, and its archive removed", async () => {
    const server = await serveArchive(packed);
    const folder = temporaryFolder();
    const set = dataSet(packed, server.address);
    expect(await fetchDataSet(set, folder)).toEqual([
      { set: "pets", file: "one.bin", path: path.join(folder, "pets", "one.bin"), downloaded: true },
      { set: "pets", file: "two.bin", path: path.join(folder, "pets", "two.bin"), downloaded: true },
    ]);
    expect(readdirSync(path.join(folder, "pets")).sort()).toEqual(["names.txt", "one.bin", "two.bin"]);
    expect(readFileSync(path.join(folder, "pets", "two.bin")).equals(two)).toBe(true);
    expect((await fetchDataSet(set, folder)).map(({ downloaded }) => downloaded)).toEqual([false, false]);
    expect(server.requests.map(({ path }) => path)).toEqual(["/pets.tar.gz"]);
  });

  test("goes on from where an earlier download ended", async () => {
    const server = await serveArchive(packed);
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, "pets"));
    writeFileSync(path.join(folder, "pets", "pets.tar.gz.part"), packed.subarray(0, 1000));
    await fetchDataSet(dataSet(packed, server.address), folder);
    expect(server.requests.map(({ range }) => range)).toEqual(["bytes=1000-"]);
    expect(readFileSync(path.join(folder, "pets", "one.bin")).equals(one)).toBe(true);
  });

  test("is unpacked from the archive that lies there already, which stays", async () => {
    const folder = temporaryFolder();
    const archive = path.join(folder, "pets", "pets.tar.gz");
    mkdirSync(path.dirname(archive));
    writeFileSync(archive, packed);
    const states = await verifyFolder(folder, [dataSet(packed)]);
    expect(states.map(({ file, state }) => [file, state.kind])).toEqual([
      ["one.bin", "absent"],
      ["two.bin", "absent"],
      ["pets.tar.gz", "whole"],
    ]);
    await fetchDataSet(dataSet(packed), folder);
    expect(readdirSync(path.dirname(archive)).sort()).toEqual(["names.txt", "one.bin", "pets.tar.gz", "two.bin"]);
  });

  test("with another checksum is an error that names both, and nothing of it stays", async () => {
    const wrong = packed.map((byte, at) => (at === 500 ? byte ^ 1 : byte));
    const server = await serveArchive(wrong);
    const folder = temporaryFolder();
    const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
    await expect(fetchDataSet(dataSet(packed, server.address), folder)).rejects.toMatchObject({
      kind: "data",
      message:
        `cannot download pets/pets.tar.gz: ${server.address}pets.tar.gz: ` +
        `expected MD5 ${md5(packed)}, got ${md5(wrong)}`,
    });
    expect(readdirSync(path.join(folder, "pets"))).toEqual([]);
  });

  test.each([
    [
      "is cut off",
      packed.subarray(0, packed.length / 2),
      /pets\.tar\.gz\.part: expected a whole tar\.gz file, got one that is cut/,
    ],
    ["is no archive", noise(5000, 3), /pets\.tar\.gz\.part: expected a whole tar\.gz file, got one that is cut off or/],
    [
      "lacks a file",
      tarGz({ "one.bin": one, "names.txt": names }),
      /pets\.tar\.gz\.part: expected two\.bin in it, got one\.bin, names\.txt$/,
    ],
    [
      "has another file",
      tarGz({ "one.bin": one, "two.bin": one, "names.txt": names }),
      /pets\.tar\.gz\.part: two\.bin: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}$/,
    ],
  ])("that %s is an error, and nothing is unpacked", async (_what, archive, message) => {
    const server = await serveArchive(archive);
    const folder = temporaryFolder();
    await expect(fetchDataSet(dataSet(archive, server.address), folder)).rejects.toMatchObject({
      kind: "data",
      message: expect.stringMatching(message) as string,
    });
    for (const name of ["one.bin", "two.bin", "names.txt", "one.bin.part", "two.bin.part"])
      expect(existsSync(path.join(folder, "pets", name))).toBe(false);
  });

  test("is not unpacked once Ctrl-C was pressed", async () => {
    const server = await serveArchive(packed);
    const folder = temporaryFolder();
    const control = new AbortController();
    const onProgress = ({ received, total }: { received: number; total: number }): void => {
      if (received === total) control.abort(new Error("interrupted"));
    };
    const fetching = fetchDataSet(dataSet(packed, server.address), folder, { signal: control.signal, onProgress });
    await expect(fetching).rejects.toThrow("interrupted");
    expect(readdirSync(path.join(folder, "pets"))).toEqual(["pets.tar.gz.part"]);
  });
});

test("a set without a published home says so and what to do", async () => {
  const folder = temporaryFolder();
  const set: DataSet = {
    name: "pets",
    summary: "",
    licence: "",
    mirrors: [],
    origin: "Make it.",
    files: [file("one.bin", one)],
  };
  await expect(fetchDataSet(set, folder)).rejects.toMatchObject({
    kind: "data",
    message: `pets has no published home to download it from, and ${path.join(folder, "pets")} does not hold the whole one.bin`,
    hint: "Make it.",
  });
  mkdirSync(path.join(folder, "pets"));
  writeFileSync(path.join(folder, "pets", "one.bin"), one);
  expect(await fetchDataSet(set, folder)).toMatchObject([{ file: "one.bin", downloaded: false }]);
});
