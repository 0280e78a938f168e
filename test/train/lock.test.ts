import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { acquireLock, isLocked } from "../../src/train/lock.ts";
import { temporaryFolder } from "./folder.ts";

const write = (folder: string, owner: object): void => writeFileSync(path.join(folder, "lock"), JSON.stringify(owner));

describe("the lock of a run's folder", () => {
  it("is held by one at a time and leaves nothing behind", () => {
    const folder = temporaryFolder();
    const lock = acquireLock(folder);
    expect(isLocked(folder)).toBe(true);
    expect(() => acquireLock(folder)).toThrow(
      `the run ${folder} is in use by process ${process.pid} on ${os.hostname()}`,
    );
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
    acquireLock(folder).release();
    // A second release must not take the lock of the next holder.
    const next = acquireLock(folder);
    lock.release();
    expect(isLocked(folder)).toBe(true);
    next.release();
  });

  it("is respected while its process lives", async () => {
    const folder = temporaryFolder();
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child, "spawn");
    const started = startOf(child.pid ?? 0);
    write(folder, { pid: child.pid, host: os.hostname(), started });
    expect(() => acquireLock(folder)).toThrow(`in use by process ${child.pid}`);
    child.kill("SIGKILL");
    await once(child, "exit");
    acquireLock(folder).release();
  });

  it("is taken over from a dead process, from a broken file and from a number that was used again", () => {
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const folder = temporaryFolder();
    write(folder, { pid: dead, host: os.hostname(), started: "" });
    expect(isLocked(folder)).toBe(false);
    acquireLock(folder).release();
    writeFileSync(path.join(folder, "lock"), "{");
    acquireLock(folder).release();
    if (process.platform !== "linux") return;
    write(folder, { pid: process.pid, host: os.hostname(), started: "another boot/1" });
    acquireLock(folder).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("of another host counts as long as it is touched, for nobody here can know more", () => {
    const folder = temporaryFolder();
    write(folder, { pid: 1, host: "elsewhere", started: "" });
    expect(() => acquireLock(folder)).toThrow(`the run ${folder} is in use by process 1 on elsewhere`);
    const sixMinutesAgo = new Date(Date.now() - 360_000);
    utimesSync(path.join(folder, "lock"), sixMinutesAgo, sixMinutesAgo);
    acquireLock(folder).release();
    expect(readdirSync(folder)).toEqual([]);
  });
});

function startOf(pid: number): string {
  if (process.platform !== "linux") return "";
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ");
  return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}/${fields?.[19] ?? ""}`;
}
