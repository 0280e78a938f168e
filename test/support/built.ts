import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * kvt built from the sources as they are, in a folder of its own, for tests that need whole processes. Called at the
 * top of a test file; what it returns works inside the tests. Runs and their data lie in `work`.
 */
export function builtKvt() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "kvt-cli-"));
  const work = path.join(folder, "work");
  const script = path.join(folder, "bin", "kvt.js");

  beforeAll(() => {
    for (const name of ["bin", "work"]) mkdirSync(path.join(folder, name));
    copyFileSync(path.join(root, "bin", "kvt.js"), script);
    copyFileSync(path.join(root, "package.json"), path.join(folder, "package.json"));
    symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"), "junction");
    const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc");
    const project = path.join(root, "tsconfig.build.json");
    // Types have a check of their own.
    const options = [
      "--noCheck",
      "--declaration",
      "false",
      "--sourceMap",
      "false",
      "--outDir",
      path.join(folder, "dist"),
    ];
    const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", project, ...options], { encoding: "utf8" });
    if (status !== 0) throw new Error(stdout);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function start(...words: string[]): ChildProcess {
    const env = { ...process.env, KVT_CACHE: path.join(folder, "cache"), KVT_DATA: "", NO_COLOR: "1" };
    return spawn(process.execPath, [script, ...words], { cwd: work, env, stdio: ["ignore", "pipe", "pipe"] });
  }

  return { work, start, run: (...words: string[]): Promise<Ended> => ended(start(...words)) };
}

/** Everything that a process wrote, once it has ended. */
export function ended(child: ChildProcess): Promise<Ended> {
  const texts = { out: "", err: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (texts.out += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (texts.err += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code) => resolve({ code, ...texts }));
  });
}
