import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { fileReader, locateFile } from "../../src/data/files.ts";
import { cacheFolder, dataFolders } from "../../src/data/folders.ts";
import { temporaryFolder } from "./folder.ts";

const host = { env: {}, platform: "linux", home: "/home/me" };

test("the cache folder is KVT_CACHE, else the operating system's", () => {
  expect(cacheFolder(host)).toBe("/home/me/.cache/kv-transformer");
  expect(cacheFolder({ ...host, env: { XDG_CACHE_HOME: "/x" } })).toBe("/x/kv-transformer");
  expect(cacheFolder({ ...host, env: { XDG_CACHE_HOME: "/x", KVT_CACHE: "/y" } })).toBe("/y");
  expect(cacheFolder({ ...host, env: { XDG_CACHE_HOME: "", KVT_CACHE: "" } })).toBe("/home/me/.cache/kv-transformer");
  expect(cacheFolder({ ...host, platform: "darwin" })).toBe("/home/me/Library/Caches/kv-transformer");
  expect(cacheFolder({ ...host, platform: "win32", env: { LOCALAPPDATA: "/local" } })).toBe(
    "/local/kv-transformer/Cache",
  );
});

test("data is looked for in --data, then KVT_DATA, then the cache", () => {
  const data = temporaryFolder();
  expect(dataFolders(data, { ...host, env: { KVT_DATA: "/shelf", KVT_CACHE: "/cache" } })).toEqual([
    data,
    "/shelf",
    "/cache",
  ]);
  expect(dataFolders(undefined, { ...host, env: { KVT_DATA: "", KVT_CACHE: "/cache" } })).toEqual(["/cache"]);
});

test("a misspelt --data is an error, not passed over", () => {
  expect(() => dataFolders("/no/such/folder", host)).toThrow('--data: expected a folder, got "/no/such/folder"');
});

const file = "train-labels-idx1-ubyte.gz";

function write(folder: string, name: string, text: string): void {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
}

test("a file is found below its set's name or directly, packed or not, in the first folder that has it", async () => {
  const [first, second] = [temporaryFolder(), temporaryFolder()];
  const read = async (): Promise<string> => new TextDecoder().decode(await fileReader([first, second])("mnist", file));
  write(second, `mnist/${file}`, "second");
  expect(await read()).toBe("second");
  write(first, "train-labels-idx1-ubyte", "direct, unpacked");
  expect(await read()).toBe("direct, unpacked");
  write(first, file, "direct");
  expect(await read()).toBe("direct");
  write(first, "mnist/train-labels-idx1-ubyte", "unpacked");
  expect(await read()).toBe("unpacked");
  write(first, `mnist/${file}`, "packed");
  expect(await read()).toBe("packed");
});

test("a file that is nowhere is an error that says where it was looked for and how to get it", async () => {
  await expect(fileReader(["/a", "/b"])("mnist", file)).rejects.toMatchObject({
    kind: "data",
    message: `mnist/${file} is not here: looked in /a, /b`,
    hint: 'Download it with "kvt data fetch mnist", or name a folder that holds it with --data DIR or KVT_DATA.',
  });
});

test("the folder of another set is never taken for this one", async () => {
  const mnist = path.join(temporaryFolder(), "mnist");
  write(mnist, file, "digits");
  expect(await locateFile([mnist], "mnist", file)).toMatchObject({ direct: true });
  expect(await locateFile([mnist], "fashion-mnist", file)).toBeUndefined();
});
