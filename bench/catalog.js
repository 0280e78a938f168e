/** Who takes part: our step, its floor, and the peers that this machine has; and how to get the others. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { trainingEnvironment } from "../dist/train/process-environment.js";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const installHint = (peer) => `node bench/peers/install.js ${peer}`;

/**
 * @typedef {object} Task
 * @property {string} shape
 * @property {string} attention
 * @property {number} threads
 * @property {number} [batch]
 *
 * @typedef {object} Peer
 * @property {string} name
 * @property {(task: Task) => boolean} takes whether it has that model with that formulation
 * @property {(task: Task) => import("./child.js").Launch} launch its training step
 * @property {(kind: "cached" | "text", task: Task) => import("./child.js").Launch} [write] its decoding, if it has one
 *
 * @typedef {object} Absent
 * @property {string} name
 * @property {string} hint how to get it
 */

/** @param {Task} task */
function taskArguments({ shape, attention, threads, batch }) {
  const args = ["--shape", shape, "--attention", attention, "--threads", String(threads)];
  return batch === undefined ? args : [...args, "--batch", String(batch)];
}

/** @param {import("./subject-process.js").Kind} kind @param {Task} task @returns {import("./child.js").Launch} */
export function launchOwn(kind, task) {
  const args = [here("subject-process.js"), kind, ...taskArguments(task)];
  return { command: process.execPath, args, env: trainingEnvironment() };
}

/**
 * @param {(name: string) => boolean} wanted
 * @returns {Promise<{ present: Peer[], absent: Absent[] }>}
 */
export async function findPeers(wanted = () => true) {
  const found = [await findPyTorch(), findNodePeer("tfjs", "@tensorflow/tfjs"), findNodePeer("jax-js", "@jax-js/jax")];
  return {
    present: found.flatMap(({ present }) => present).filter(({ name }) => wanted(name)),
    absent: found.flatMap(({ absent }) => absent).filter(({ name }) => wanted(name)),
  };
}

/** @param {string} name @param {string} library */
function findNodePeer(name, library) {
  if (!existsSync(here(`peers/${name}/node_modules/${library}`))) {
    return { present: [], absent: [{ name, hint: installHint(name) }] };
  }
  const script = here(`peers/${name}/train-step.js`);
  const launch = (task) => ({ command: process.execPath, args: [script, ...taskArguments(task)] });
  const takes = ({ shape, attention }) => shape !== "translation" && (attention === "qkv" || attention === "kv");
  return { present: [{ name, takes, launch }], absent: [] };
}

/**
 * The Python that the user named or has, and the one of `bench/peers/pytorch/.venv` beside it. Both also do KV+Pos
 * as its author did. Where the environment holds an OpenBLAS build of PyTorch to other kernels than the
 * processor's, the same PyTorch without that limit takes part too.
 */
async function findPyTorch() {
  const usual = [process.env["KVT_BENCH_PYTHON"], "python3", "/usr/bin/python3"].filter((path) => path !== undefined);
  const system = await firstWithTorch(usual);
  const own = await firstWithTorch([here("peers/pytorch/.venv/bin/python")]);
  const main = system ?? own;
  if (main === undefined) return { present: [], absent: [{ name: "pytorch", hint: installHint("pytorch") }] };

  const present = [pyTorchPeer("pytorch", main.python), authorPeer("pytorch-author", main.python)];
  // a CI may hold OpenBLAS to kernels that it knows to be safe there
  const limited = OPENBLAS_LIMITS.some((name) => process.env[name] !== undefined) && process.env["CI"] === undefined;
  if (main.openBlas && limited) {
    present.push(pyTorchPeer("pytorch-native-blas", main.python, OPENBLAS_LIMITS));
  }
  if (system !== undefined && own !== undefined) present.push(pyTorchPeer("pytorch-pypi", own.python));
  return { present, absent: [] };
}

/** Environment variables that choose OpenBLAS's kernels. */
const OPENBLAS_LIMITS = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"];

/** @param {string} name @param {string} python @param {string[]} without environment variables to leave out */
function pyTorchPeer(name, python, without = []) {
  const launchScript = (script, args, task) => {
    const threads = String(task.threads);
    const env = {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: "1",
      OMP_NUM_THREADS: threads,
      OPENBLAS_NUM_THREADS: threads,
    };
    for (const variable of without) delete env[variable];
    return { command: python, args: [here(`peers/pytorch/${script}`), ...args, ...taskArguments(task)], env };
  };
  return {
    name,
    takes: ({ shape }) => shape !== "translation",
    launch: (task) => launchScript("train_step.py", [], task),
    write: (kind, task) => launchScript("generate.py", [kind], task),
  };
}

/** @param {string} name @param {string} python */
function authorPeer(name, python) {
  const { launch } = pyTorchPeer(name, python);
  return {
    name,
    takes: ({ shape, attention }) => shape !== "translation" && attention === "kv+pos",
    launch: (task) => launch({ ...task, attention: "kv+pos-author" }),
  };
}

const PROBE = "import json, torch; print(json.dumps({'openBlas': 'BLAS_INFO=mkl' not in torch.__config__.show()}))";

/** @param {string[]} pythons */
async function firstWithTorch(pythons) {
  for (const python of pythons) {
    try {
      const { stdout } = await promisify(execFile)(python, ["-c", PROBE]);
      return { python, openBlas: JSON.parse(stdout).openBlas };
    } catch {
      // no such Python, or no PyTorch in it: the next one may do
    }
  }
  return undefined;
}
