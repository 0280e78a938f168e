// Installs the packages and builds dist/ where either is missing or older than what it is made from, and then lets npx
// know kvt.
// Plain Node without packages, for it runs before there are any.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const at = (...parts) => path.join(root, ...parts);

/** Does what of this is needed and returns the lines that say what it was. Ends the process when something fails. */
export function setup() {
  const done = [];
  if (!isInstalled()) {
    say("installing the packages (npm ci)");
    install();
    done.push("packages installed");
  }
  if (!isBuilt()) {
    say("building dist (tsc)");
    build();
    done.push("dist built");
  }
  // The first "npx kvt" links this folder into a cache of npx, and a Ctrl-C meanwhile would break that for good.
  if (done.length > 0) npm(["exec", "--yes", "--ignore-scripts", "--", "kvt", "--version"], "ignore");
  return done;
}

const say = (text) => console.error(`setup: ${text}`);

/** Whether node_modules holds the versions of package-lock.json; optional packages may be those of another platform. */
function isInstalled() {
  const wanted = packagesOf("package-lock.json");
  const found = packagesOf(path.join("node_modules", ".package-lock.json"));
  if (wanted === undefined || found === undefined) return false;
  return Object.entries(wanted).every(([name, entry]) => {
    if (name === "") return true;
    const installed = found[name];
    return installed === undefined ? entry.optional === true : installed.version === entry.version;
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(at(file), "utf8")).packages;
  } catch {
    return undefined;
  }
}

function install() {
  // No package needs its install script here; one of them would download a CUDA library of several hundred megabytes.
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund"];
  if (npm(["ci", ...quiet])) return;
  // A lock file made where a registry lacks packages of other platforms is refused there by "ci" alone.
  say("npm ci failed, trying npm install");
  if (!npm(["install", "--no-save", ...quiet])) fail("the packages could not be installed");
}

function npm(words, says = "inherit") {
  // Under "npm run" this is the same npm; its name alone would need a shell on Windows.
  const script = process.env.npm_execpath;
  const own = script !== undefined && /\.c?js$/.test(script) && existsSync(script);
  const [command, args] = own ? [process.execPath, [script, ...words]] : ["npm", words];
  const stdio = ["ignore", says === "inherit" ? 2 : says, says];
  const options = { cwd: root, stdio, shell: !own && process.platform === "win32" };
  return spawnSync(command, args, options).status === 0;
}

/** Whether dist is newer than every source; the compiler writes all of its files each time. */
function isBuilt() {
  const built = at("dist", "cli", "main.js");
  if (!existsSync(built)) return false;
  const time = statSync(built).mtimeMs;
  return [at("src"), at("tsconfig.json"), at("tsconfig.build.json")].every((place) => newest(place) <= time);
}

function newest(place) {
  const entry = statSync(place);
  if (!entry.isDirectory()) return entry.mtimeMs;
  return Math.max(entry.mtimeMs, ...readdirSync(place).map((name) => newest(path.join(place, name))));
}

function build() {
  const compiler = at("node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", at("tsconfig.build.json")], {
    stdio: ["ignore", 2, "inherit"],
  });
  if (status === 0) return;
  // The compiler writes in spite of errors, and what it wrote would pass for a build the next time.
  rmSync(at("dist", "cli", "main.js"), { force: true });
  fail("dist could not be built");
}

function fail(text) {
  console.error(`error: ${text}: expected the command above to succeed`);
  process.exit(1);
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const done = setup();
  if (done.length === 0) say("packages and build are up to date");
}
