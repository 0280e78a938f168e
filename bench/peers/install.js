/**
 * Installs peers of the benchmark beside their scripts, where git ignores them; the product never uses them.
 *
 *   node bench/peers/install.js tfjs jax-js pytorch
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const INSTALLERS = { tfjs: installNodePeer, "jax-js": installNodePeer, pytorch: installPyTorch };

const peers = process.argv.slice(2);
const unknown = peers.find((peer) => !(peer in INSTALLERS));
if (peers.length === 0 || unknown !== undefined) {
  if (unknown !== undefined) console.error(`unknown peer "${unknown}"`);
  console.error(`usage: node bench/peers/install.js ${Object.keys(INSTALLERS).join(" ")} (one or more)`);
  process.exit(2);
}
for (const peer of peers) INSTALLERS[peer](fileURLToPath(new URL(`${peer}/`, import.meta.url)));

/** @param {string} folder */
function installNodePeer(folder) {
  run("npm", ["install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"], folder);
}

/** @param {string} folder */
function installPyTorch(folder) {
  run(process.env["KVT_BENCH_PYTHON"] ?? "python3", ["-m", "venv", ".venv"], folder);
  run(".venv/bin/python", ["-m", "pip", "install", "-r", "requirements.txt"], folder);
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit" });
  if (status === 0) return;
  console.error(`${command} ${args.join(" ")} failed in ${cwd}${error === undefined ? "" : `: ${error.message}`}`);
  process.exit(1);
}
