import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { random } from "../../src/random.ts";
import { builtKvt, ended } from "../support/built.ts";

const kvt = builtKvt();
const settings = ["--attention", "kv+pos", "--seed", "5", "--threads", "1", "--set", "train.checkpoint=20"];

const digest = (run: string, file: string) =>
  createHash("sha256")
    .update(readFileSync(path.join(kvt.work, run, file)))
    .digest("hex");

/** Checkpoints written so far. */
const checkpoints = (run: string) => {
  const folder = path.join(kvt.work, run, "checkpoints");
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+$/.test(name)) : [];
};

/** Waits for a checkpoint later than those seen, or for the process to end. */
async function nextCheckpoint(run: string, alive: () => boolean): Promise<void> {
  const before = checkpoints(run).at(-1) ?? "";
  while (alive() && (checkpoints(run).at(-1) ?? "") <= before) await wait(20);
}

it("a run killed and interrupted many times ends with the weights and metrics of one that was not", async () => {
  const whole = await kvt.run("train", "reverse", "--out", "whole", ...settings);
  expect(whole.code, whole.err).toBe(0);

  const pause = random(9, "resume");
  let words = ["train", "reverse", "--out", "broken", ...settings];
  for (const signal of ["SIGKILL", "SIGINT", "SIGKILL", "SIGTERM"] as const) {
    const child = kvt.start(...words);
    const end = ended(child);
    // A trainer whose parent was killed may write one or two more checkpoints: the third is this process's.
    for (let i = 0; i < 3; i++) await nextCheckpoint("broken", () => child.exitCode === null);
    await wait(pause.integer(150));
    child.kill(signal);
    const { code } = await end;
    if (signal !== "SIGKILL") expect(code).toBe(130);
    words = ["resume", "broken"];
  }
  const last = await kvt.run("resume", "broken");
  expect(last.code, last.err).toBe(0);
  for (const file of ["weights.safetensors", "metrics.jsonl"])
    expect(digest("broken", file)).toBe(digest("whole", file));

  const again = await kvt.run("resume", "broken");
  expect(again.code).toBe(0);
  expect(again.err + again.out).toContain("finished");
});
