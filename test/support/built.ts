import { spawn, type ChildProcess } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { transformWithOxc } from "vite";
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

  beforeAll(async () => {
    for (const name of ["bin", "work"]) mkdirSync(path.join(folder, name));
    copyFileSync(path.join(root, "bin", "kvt.js"), script);
    copyFileSync(path.join(root, "package.json"), path.join(folder, "package.json"));
    symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"), "junction");
    const sources = readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" });
    await Promise.all(
      sources.filter((name) => /(?<!\.d)\.ts$/.test(name)).map((name) => strip(name, path.join(folder, "dist"))),
    );
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function start(...words: string[]): ChildProcess {
    const env = { ...process.env, KVT_CACHE: path.join(folder, "cache"), KVT_DATA: "", NO_COLOR: "1" };
    return spawn(process.execPath, [script, ...words], { cwd: work, env, stdio: ["ignore", "pipe", "pipe"] });
  }

  return { work, start, run: (...words: string[]): Promise<Ended> => ended(start(...words)) };
}

/**
 * Writes a source as JavaScript: its types are left out and nothing else is changed, as by the compiler, but in a tenth
 * of the time for all sources together. Types have a check of their own.
 */
async function strip(source: string, dist: string): Promise<void> {
  const { code } = await transformWithOxc(readFileSync(path.join(root, "src", source), "utf8"), source, {
    target: "es2022",
    sourcemap: false,
    tsconfig: false,
    typescript: { onlyRemoveTypeImports: true, rewriteImportExtensions: "rewrite" },
  });
  const file = path.join(dist, source.replace(/\.ts$/, ".js"));
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, code);
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
