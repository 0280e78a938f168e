import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

/** A clone with a package "a", and an npm and a compiler that only note that they were called; "exec" is npx. */
let clone = "";
const at = (...parts: string[]): string => path.join(clone, ...parts);

function write(file: string, text: string): void {
  mkdirSync(path.dirname(at(file)), { recursive: true });
  writeFileSync(at(file), text);
}

const lock = (version: string): string =>
  JSON.stringify({
    packages: { "": {}, "node_modules/a": { version }, "node_modules/other": { version: "1", optional: true } },
  });

const fakeNpm = `
const fs = require("node:fs");
const [word] = process.argv.slice(2);
fs.appendFileSync("calls", process.argv.slice(2).join(" ") + "\\n");
if (fs.existsSync("refuse-" + word)) process.exit(1);
if (word === "exec") process.exit(0);
const { packages } = JSON.parse(fs.readFileSync("package-lock.json", "utf8"));
fs.mkdirSync("node_modules", { recursive: true });
fs.writeFileSync("node_modules/.package-lock.json", JSON.stringify({ packages: { "node_modules/a": packages["node_modules/a"] } }));
`;

const fakeCompiler = `
const fs = require("node:fs");
const path = require("node:path");
const root = path.dirname(process.argv[3]);
fs.appendFileSync(path.join(root, "calls"), "tsc\\n");
fs.mkdirSync(path.join(root, "dist/cli"), { recursive: true });
fs.writeFileSync(path.join(root, "dist/cli/main.js"), "");
if (fs.existsSync(path.join(root, "src/wrong.ts"))) process.exit(2);
`;

beforeEach(() => {
  clone = mkdtempSync(path.join(os.tmpdir(), "kvt-setup-"));
  mkdirSync(at("scripts"));
  copyFileSync(fileURLToPath(new URL("../../scripts/setup.js", import.meta.url)), at("scripts", "setup.js"));
  write("package.json", '{"type":"module"}');
  write("package-lock.json", lock("1.0.0"));
  for (const file of ["tsconfig.json", "tsconfig.build.json", "src/a.ts"]) write(file, "{}");
  write("npm.cjs", fakeNpm);
  write("node_modules/typescript/package.json", "{}");
  write("node_modules/typescript/bin/tsc", fakeCompiler);
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

/** Runs the script; gives what it called since the last time. */
function setup(): { calls: string[]; code: number | null; err: string } {
  rmSync(at("calls"), { force: true });
  const env = { ...process.env, npm_execpath: at("npm.cjs") };
  const { status, stderr } = spawnSync(process.execPath, [at("scripts", "setup.js")], { env, encoding: "utf8" });
  const calls = existsSync(at("calls")) ? readFileSync(at("calls"), "utf8").trim().split("\n") : [];
  return { calls: calls.map((call) => call.split(" ")[0] ?? ""), code: status, err: stderr };
}

test("a fresh clone is installed and built, once", () => {
  const first = setup();
  expect(first).toMatchObject({ code: 0, calls: ["ci", "tsc", "exec"] });
  expect(first.err).toBe("setup: installing the packages (npm ci)\nsetup: building dist (tsc)\n");
  expect(setup()).toEqual({ code: 0, calls: [], err: "setup: packages and build are up to date\n" });
});

test("a newer source is built again, another lock file installed again", () => {
  setup();
  const later = new Date(Date.now() + 60_000);
  utimesSync(at("src", "a.ts"), later, later);
  expect(setup().calls).toEqual(["tsc", "exec"]);
  const earlier = new Date(Date.now() - 60_000);
  utimesSync(at("src", "a.ts"), earlier, earlier);
  write("package-lock.json", lock("2.0.0"));
  expect(setup().calls[0]).toBe("ci");
});

test("where npm ci refuses the lock file, npm install is tried", () => {
  write("refuse-ci", "");
  expect(setup()).toMatchObject({ code: 0, calls: ["ci", "install", "tsc", "exec"] });
});

test("a failed installation or build is an error, and is not taken for done the next time", () => {
  write("refuse-ci", "");
  write("refuse-install", "");
  const refused = setup();
  expect(refused).toMatchObject({ code: 1, calls: ["ci", "install"] });
  expect(refused.err).toContain("error: the packages could not be installed");
  rmSync(at("refuse-ci"));
  write("src/wrong.ts", "");
  expect(setup()).toMatchObject({ code: 1, calls: ["ci", "tsc"] });
  expect(setup()).toMatchObject({ code: 1, calls: ["tsc"] });
});
