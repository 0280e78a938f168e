import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { fakeConfiguration } from "./fake.ts";
import { bytesOf, namesIn, resume, start, temporaryFolder } from "./folder.ts";

afterEach(() => vi.restoreAllMocks());

const failure = (code: string): Error => Object.assign(new Error(`${code}: told by the test`), { code });

/** A file system of 64 KiB, or null where this user may not mount one. */
function smallDisk(): string | null {
  const folder = temporaryFolder();
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
  if (mount.status !== 0) return null;
  onTestFinished(() => void spawnSync("umount", [folder]));
  return folder;
}

/** Lets `calls` writes pass whose file's path holds `part`, then fails with `code` after half of the bytes. */
function failWrites(part: string, code: string, calls: number): void {
  const paths = new Map<number, string>();
  const { openSync, writeSync } = fs;
  vi.spyOn(fs, "openSync").mockImplementation((file, ...rest) => {
    const descriptor = openSync(file, ...rest);
    paths.set(descriptor, String(file));
    return descriptor;
  });
  const write = (descriptor: number, bytes: Uint8Array, at: number, length: number): number => {
    if (paths.get(descriptor)?.includes(part) !== true || calls-- > 0) return writeSync(descriptor, bytes, at, length);
    if (length > 1) return writeSync(descriptor, bytes, at, length >> 1);
    throw failure(code);
  };
  vi.spyOn(fs, "writeSync").mockImplementation(write as typeof fs.writeSync);
}

/** The run that was never disturbed. */
async function whole(): Promise<string> {
  const folder = path.join(temporaryFolder(), "whole");
  await start(fakeConfiguration(), folder);
  return folder;
}

async function expectEqualAfterResume(folder: string): Promise<void> {
  vi.restoreAllMocks();
  await resume(folder);
  const undisturbed = await whole();
  for (const name of ["weights.safetensors", "metrics.jsonl"])
    expect(bytesOf(folder, name)).toEqual(bytesOf(undisturbed, name));
}

describe("a full disk", () => {
  it("stops the run with a named error and loses nothing (a real one)", async ({ skip }) => {
    const disk = smallDisk();
    if (disk === null) return skip("this user may not mount a file system");
    const folder = path.join(disk, "run");
    // Steps past the space that is left: the lines of metrics and times fill it.
    const settings = { train: { epochs: 100 } };
    await expect(start(fakeConfiguration(settings), folder)).rejects.toMatchObject({
      kind: "disk",
      message: expect.stringMatching(/^cannot write .*\/run\/.*: the disk is full \(ENOSPC\)$/) as string,
      hint: "Free some space, then repeat the command or resume the run: what was kept before is not lost.",
    });
    expect(namesIn(folder, "checkpoints").length).toBeGreaterThanOrEqual(1);
    expect(namesIn(folder).filter((name) => name === "lock" || name.endsWith(".part"))).toEqual([]);
    await expect(resume(folder)).rejects.toMatchObject({ kind: "disk" });
    spawnSync("mount", ["-o", "remount,size=10m", disk]);
    const undisturbed = path.join(temporaryFolder(), "whole");
    await start(fakeConfiguration(settings), undisturbed);
    expect(await resume(folder)).toMatchObject({ kind: "finished" });
    for (const name of ["weights.safetensors", "metrics.jsonl"])
      expect(bytesOf(folder, name)).toEqual(bytesOf(undisturbed, name));
  });

  it.each([
    ["a line of metrics", "metrics.jsonl", 10, "metrics.jsonl"],
    ["a checkpoint", "00000012.part/tensors", 0, "checkpoints/00000012.part/tensors.safetensors"],
    ["a checkpoint's state", "00000012.part/state", 0, "checkpoints/00000012.part/state.json"],
    ["the weights", "weights.safetensors", 0, "weights.safetensors.part"],
    ["the result", "result.json", 0, "result.json.part"],
  ])("while writing %s keeps the last checkpoint", async (_, part, calls, named) => {
    const folder = path.join(temporaryFolder(), "run");
    failWrites(part, "ENOSPC", calls);
    await expect(start(fakeConfiguration(), folder)).rejects.toMatchObject({
      kind: "disk",
      message: `cannot write ${path.join(folder, named)}: the disk is full (ENOSPC)`,
    });
    expect(namesIn(folder, "checkpoints").filter((name) => name.endsWith(".part"))).toEqual([]);
    await expectEqualAfterResume(folder);
  });
});

describe("a folder that cannot be written", () => {
  it.each(["EROFS", "EACCES", "EPERM"])("is a named error when a run is to begin there (%s)", async (code) => {
    const folder = path.join(temporaryFolder(), "run");
    vi.spyOn(fs, "mkdirSync").mockImplementation(() => {
      throw failure(code);
    });
    await expect(start(fakeConfiguration(), folder)).rejects.toMatchObject({
      kind: "disk",
      message: `cannot write ${folder}: its folder is read-only (${code})`,
      hint: "Name another folder (--out for runs, --data or KVT_CACHE for data sets), or make this one writable.",
    });
  });

  it("is a named error on a disk that is mounted read-only (a real one)", async ({ skip }) => {
    const disk = smallDisk();
    if (disk === null) return skip("this user may not mount a file system");
    const folder = path.join(disk, "run");
    await start(fakeConfiguration(), folder, 4);
    spawnSync("mount", ["-o", "remount,ro", disk]);
    const message = expect.stringMatching(/^cannot write .*: its folder is read-only \(EROFS\)$/) as string;
    await expect(resume(folder)).rejects.toMatchObject({ kind: "disk", message });
    await expect(start(fakeConfiguration(), path.join(disk, "new"))).rejects.toMatchObject({ kind: "disk", message });
  });

  it("is a named error when a run is to go on there, and the run is unchanged", async () => {
    const folder = path.join(temporaryFolder(), "run");
    await start(fakeConfiguration(), folder, 8);
    const before = namesIn(folder);
    const { openSync } = fs;
    vi.spyOn(fs, "openSync").mockImplementation((file, flags, mode) => {
      if (flags === "r" || flags === undefined) return openSync(file, flags, mode);
      throw failure("EROFS");
    });
    await expect(resume(folder)).rejects.toMatchObject({
      kind: "disk",
      message: expect.stringMatching(/^cannot write .*lock.*: its folder is read-only \(EROFS\)$/) as string,
    });
    expect(namesIn(folder)).toEqual(before);
    await expectEqualAfterResume(folder);
  });
});
