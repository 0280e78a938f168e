import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/train/events.ts";
import { isLocked } from "../../src/train/lock.ts";
import type { RunRequest } from "../../src/train/messages.ts";
import { runInProcess } from "../../src/train/run-in-process.ts";
import { bundled } from "./bundle.ts";
import { fakeConfiguration, type FakeSettings } from "./fake.ts";
import { bytesOf, jsonOf, start, temporaryFolder } from "./folder.ts";

const workerFile = bundled("./fake-worker.ts");
const parentFile = bundled("./parent.ts");
let worker: URL;
let parent: URL;
beforeAll(() => {
  worker = workerFile();
  parent = parentFile();
});

const slow: FakeSettings = { model: { delay: 10 }, train: { epochs: 10 } };

const request = (folder: string, settings: FakeSettings = {}): Extract<RunRequest, { kind: "start" }> => {
  return { kind: "start", configuration: fakeConfiguration(settings), out: folder, runs: "unused" };
};

/** The process that holds the lock of a run's folder. */
const trainer = (folder: string): number => Number(jsonOf(folder, "lock")["pid"]);

async function expectUndisturbed(folder: string, settings: FakeSettings): Promise<void> {
  const whole = path.join(temporaryFolder(), "whole");
  await start(fakeConfiguration({ ...settings, model: {} }), whole);
  for (const name of ["weights.safetensors", "metrics.jsonl"])
    expect(bytesOf(folder, name)).toEqual(bytesOf(whole, name));
}

const resumeHere = (folder: string) => runInProcess({ kind: "resume", folder }, () => undefined, { worker });

describe("a run in a process of its own", () => {
  it("tells what happens and how it ended", async () => {
    const folder = path.join(temporaryFolder(), "run");
    const kinds: string[] = [];
    const outcome = await runInProcess(request(folder), ({ kind }) => kinds.push(kind), { worker });
    expect(outcome).toMatchObject({ kind: "finished", folder, already: false });
    expect(kinds.slice(0, 3)).toEqual(["created", "started", "step"]);
    expect(kinds.filter((kind) => kind === "step")).toHaveLength(18);
    expect(kinds.at(-1)).toBe("finished");
    await expectUndisturbed(folder, {});
    const again = await runInProcess({ kind: "evaluate", folder, split: "test" }, () => undefined, { worker });
    expect(again).toMatchObject({ kind: "evaluated" });
    expect(await resumeHere(folder)).toMatchObject({ kind: "finished", already: true });
  });

  it("passes its errors on", async () => {
    const folder = path.join(temporaryFolder(), "run");
    await expect(
      runInProcess(request(folder, { model: { nanAt: 4 } }), () => undefined, { worker }),
    ).rejects.toMatchObject({
      kind: "training",
      message: expect.stringContaining("the loss is not finite at step 4") as string,
      hint: expect.stringContaining("The last good checkpoint is of step 3.") as string,
    });
  });

  it("that dies is an error with its last words, and its run can be resumed", async () => {
    const folder = path.join(temporaryFolder(), "run");
    await expect(
      runInProcess(request(folder, { model: { dieAt: 8 } }), () => undefined, { worker }),
    ).rejects.toMatchObject({
      kind: "training",
      message: `the process that trains ${folder} ended with code 9: expected a result\nthe ground opened`,
      hint: `kvt resume ${folder} goes on from its last checkpoint.`,
    });
  });

  it("survives kill -9 at any moment, again and again", async () => {
    const folder = path.join(temporaryFolder(), "run");
    for (const steps of [1, 9, 20]) {
      let seen = 0;
      const kill = (event: RunEvent): void => {
        if (event.kind === "step" && ++seen === steps) process.kill(trainer(folder), "SIGKILL");
      };
      const next: RunRequest = existsSync(folder) ? { kind: "resume", folder } : request(folder, slow);
      await expect(runInProcess(next, kill, { worker })).rejects.toMatchObject({
        message: expect.stringContaining(`the process that trains ${folder} was killed by SIGKILL`) as string,
        hint: expect.stringContaining("may have run out of memory") as string,
      });
    }
    expect(await resumeHere(folder)).toMatchObject({ kind: "finished" });
    await expectUndisturbed(folder, slow);
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "finishes its step and keeps a checkpoint on %s, even twice",
    async (signal) => {
      const folder = path.join(temporaryFolder(), "run");
      let pid = 0;
      const interrupt = (event: RunEvent): void => {
        if (event.kind === "started") pid = trainer(folder);
        if (event.kind === "step" && event.step === 4) for (let i = 0; i < 2; i++) process.kill(pid, signal);
      };
      const outcome = await runInProcess(request(folder, slow), interrupt, { worker });
      expect(outcome).toMatchObject({ kind: "interrupted", folder });
      const { step } = outcome.kind === "interrupted" ? outcome : { step: -1 };
      expect(step).toBeGreaterThanOrEqual(4);
      expect(existsSync(path.join(folder, "checkpoints", String(step).padStart(8, "0")))).toBe(true);
      await resumeHere(folder);
      await expectUndisturbed(folder, slow);
    },
  );

  it("stops when it is told to, at its beginning too", async () => {
    const folder = path.join(temporaryFolder(), "run");
    const stop = new AbortController();
    const outcome = await runInProcess(request(folder, slow), ({ kind }) => void (kind === "step" && stop.abort()), {
      worker,
      signal: stop.signal,
    });
    expect(outcome).toMatchObject({ kind: "interrupted", folder });
    expect(await runInProcess(request(folder), () => undefined, { worker, signal: stop.signal })).toMatchObject({
      kind: "interrupted",
      folder: null,
    });
  });

  it("stops when the watcher fails, and passes that failure on", async () => {
    const folder = path.join(temporaryFolder(), "run");
    const fail = (event: RunEvent): void => {
      if (event.kind === "step") throw new Error("the screen broke");
    };
    await expect(runInProcess(request(folder, slow), fail, { worker })).rejects.toThrow("the screen broke");
    expect(isLocked(folder)).toBe(false);
    await resumeHere(folder);
    await expectUndisturbed(folder, slow);
  });
});

describe("a process that watches", () => {
  /** Starts it in a process group of its own and waits for the first step of the run. */
  async function watch(folder: string): Promise<{ child: ChildProcess; lines: AsyncIterableIterator<string> }> {
    const args = [fileURLToPath(parent), worker.href, JSON.stringify(request(folder, slow))];
    const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", "pipe", "inherit"] });
    const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    for (;;) {
      const next = await lines.next();
      if (next.done === true) throw new Error("the watcher ended before the first step");
      if (next.value.includes('"step"')) return { child, lines };
    }
  }

  async function untilUnlocked(folder: string): Promise<void> {
    while (isLocked(folder)) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  it("may be killed: the one that trains keeps a checkpoint and gives the run back", async () => {
    const folder = path.join(temporaryFolder(), "run");
    const { child } = await watch(folder);
    child.kill("SIGKILL");
    await once(child, "exit");
    await untilUnlocked(folder);
    expect(readFileSync(path.join(folder, "metrics.jsonl"), "utf8").trim().split("\n").length).toBeLessThan(60);
    await resumeHere(folder);
    await expectUndisturbed(folder, slow);
  });

  it("ends cleanly, once, when a terminal interrupts both", async () => {
    const folder = path.join(temporaryFolder(), "run");
    const { child, lines } = await watch(folder);
    process.kill(-(child.pid ?? 0), "SIGINT");
    const rest: string[] = [];
    for await (const line of lines) rest.push(line);
    const outcomes = rest.filter((line) => line.includes('"interrupted"')).map((line) => JSON.parse(line) as object);
    // The event of the run, then the outcome that the watcher prints.
    expect(outcomes).toMatchObject([{ kind: "interrupted" }, { kind: "interrupted", folder }]);
    await resumeHere(folder);
    await expectUndisturbed(folder, slow);
  });
});
