import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KvtError } from "../../src/errors.ts";
import { readNewestCheckpoint } from "../../src/train/checkpoint-folder.ts";
import { readState } from "../../src/train/checkpoint-tensors.ts";
import { fakeConfiguration } from "./fake.ts";
import { bytesOf, resume, start, temporaryFolder } from "./folder.ts";

/** A run that was stopped at step 8, with checkpoints of steps 6 and 8, and the same run undisturbed. */
async function stopped(): Promise<{ folder: string; whole: string; newest: string; older: string }> {
  const root = temporaryFolder();
  const [folder, whole] = [path.join(root, "run"), path.join(root, "whole")];
  await start(fakeConfiguration(), whole);
  await start(fakeConfiguration(), folder, 8);
  const [newest, older] = [8, 6].map((step) => path.join(folder, "checkpoints", `0000000${step}`));
  return { folder, whole, newest: newest ?? "", older: older ?? "" };
}

describe("a broken checkpoint", () => {
  it("that was cut in half is named, and the run goes on from the older one once it is deleted", async () => {
    const { folder, whole, newest } = await stopped();
    const file = path.join(newest, "tensors.safetensors");
    const { length } = readFileSync(file);
    truncateSync(file, length / 2);
    await expect(resume(folder)).rejects.toMatchObject({
      kind: "checkpoint",
      message: `${file} is cut off: expected ${length} bytes, got ${length / 2}`,
      hint: `Delete ${newest} and resume: the run goes on from step 6.`,
    });
    rmSync(newest, { recursive: true });
    const { events } = await resume(folder);
    expect(events.find(({ kind }) => kind === "started")).toMatchObject({ step: 6 });
    for (const name of ["weights.safetensors", "metrics.jsonl"])
      expect(bytesOf(folder, name)).toEqual(bytesOf(whole, name));
  });

  it("is found whichever byte of it was flipped", async () => {
    const { folder, newest } = await stopped();
    fc.assert(
      fc.property(
        fc.constantFrom("tensors.safetensors", "state.json"),
        fc.nat(),
        fc.integer({ min: 0, max: 7 }),
        (name, at, bit) => {
          const file = path.join(newest, name);
          const bytes = readFileSync(file);
          const damaged = Buffer.from(bytes);
          damaged[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << bit);
          writeFileSync(file, damaged);
          try {
            const checkpoint = readNewestCheckpoint(folder);
            // White space of the JSON carries nothing, so it may change into other white space.
            expect(name).toBe("state.json");
            expect(checkpoint?.progress.step).toBe(8);
          } catch (error) {
            expect(error).toMatchObject({ kind: "checkpoint", message: expect.stringContaining(file) as string });
          } finally {
            writeFileSync(file, bytes);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("without an older one means starting again, and that is said", async () => {
    const { folder, newest, older } = await stopped();
    for (const checkpoint of [newest, older]) writeFileSync(path.join(checkpoint, "state.json"), "not JSON");
    await expect(resume(folder)).rejects.toMatchObject({
      message: `${newest}/state.json is broken: expected JSON, got 8 bytes of something else`,
      hint: `Delete ${newest} and ${older} and resume: the run starts again from step 0.`,
    });
    rmSync(path.join(newest, "tensors.safetensors"));
    rmSync(path.join(newest, "state.json"));
    await expect(resume(folder)).rejects.toThrow(`${newest}/state.json is missing: expected a file`);
  });

  it("is named when metrics that it counts on are gone", async () => {
    const { folder } = await stopped();
    const file = path.join(folder, "metrics.jsonl");
    const { length } = readFileSync(file);
    truncateSync(file, 10);
    await expect(resume(folder)).rejects.toMatchObject({
      kind: "run",
      message: `${file} is cut off: expected at least ${length} bytes, got 10`,
    });
  });

  it("leaves the run unlocked, so that it can be mended", async () => {
    const { folder, newest } = await stopped();
    writeFileSync(path.join(newest, "state.json"), "");
    await expect(resume(folder)).rejects.toThrow(KvtError);
    expect(existsSync(path.join(folder, "lock"))).toBe(false);
  });

  it("of another model is named by its tensor", async () => {
    const { folder } = await stopped();
    const stored = readNewestCheckpoint(folder);
    if (stored === null) throw new Error("no checkpoint");
    const read = (path: string, shape: number[]): unknown =>
      readState(
        stored.tensors,
        [
          { path, shape },
          { path: "line.bias", shape: [1] },
        ],
        8,
        "state",
      );
    expect(() => read("line.weight", [4, 1])).toThrow(
      'state: tensor "parameters/line.weight": expected (4,1), got (3,1)',
    );
    expect(() => read("curve", [3, 1])).toThrow(
      'state: tensor "parameters/line.weight": expected no such tensor, got (3,1)',
    );
  });
});
