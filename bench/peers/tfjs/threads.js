/**
 * TensorFlow.js's WASM backend with threads in Node.js. The package switches threads off under Node because its
 * thread workers are started from Blob URLs, which Node's Worker does not take, and it halves the number of
 * logical cores. Here a Blob is a file whose path serves as its URL, and the core count is doubled, so that the
 * backend gets as many threads as it is asked for.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";

const require = createRequire(import.meta.url);

/** In a thread worker the Blob of the main script arrives as a plain object; its file is its URL. */
const WORKER_PRELUDE = "URL.createObjectURL = (blob) => blob.file; URL.revokeObjectURL = () => {};\n";

/** The Emscripten program itself; the Blob's own text is the bundled form, which only runs inside its bundle. */
const MAIN_SCRIPT = "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js";

function replaceBlobs() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "bench-tfjs-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  globalThis.Blob = class {
    constructor(parts, { type }) {
      if (type === "text/javascript") {
        this.file = require.resolve(MAIN_SCRIPT);
      } else {
        this.file = path.join(folder, "worker.cjs");
        writeFileSync(this.file, WORKER_PRELUDE + parts.join(""));
      }
    }
  };
  URL.createObjectURL = (blob) => blob.file;
}

/**
 * Starts the WASM backend with SIMD and `threads` threads.
 * @param {number} threads
 * @returns {Promise<typeof import("@tensorflow/tfjs")>}
 */
export async function startWasm(threads) {
  const tf = require("@tensorflow/tfjs");
  if (threads > 1) {
    replaceBlobs();
    const cores = os.cpus();
    os.cpus = () => [...cores, ...cores];
  }
  const { setThreadsCount, getThreadsCount } = require("@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.es2017.js");
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", threads > 1);
  setThreadsCount(threads);
  await tf.setBackend("wasm");
  if (threads > 1 && getThreadsCount() !== threads) {
    throw new Error(`tfjs-wasm: expected ${threads} threads, got ${getThreadsCount()}`);
  }
  return tf;
}
