/**
 * The browser's Worker, as far as jax-js needs it for threads of its WASM backend, on Node's worker threads. The
 * library looks for `navigator` and `Worker` when it is imported, so call this before.
 */
import { resolveObjectURL } from "node:buffer";
import { Worker as NodeWorker } from "node:worker_threads";

const PRELUDE = `
const { parentPort } = require("node:worker_threads");
globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on("message", (data) => self.onmessage({ data }));
`;

class WebWorker {
  #worker;
  #waiting = [];

  /** @param {string} url of a Blob; its text is read at once, for it may be revoked soon */
  constructor(url) {
    void resolveObjectURL(url)
      .text()
      .then((source) => {
        this.#worker = new NodeWorker(PRELUDE + source, { eval: true });
        this.#worker.on("message", (data) => this.onmessage?.({ data }));
        this.#worker.on("error", (error) => this.onerror?.({ message: error.message }));
        for (const message of this.#waiting) this.#worker.postMessage(message);
      });
  }

  postMessage(message) {
    if (this.#worker === undefined) this.#waiting.push(message);
    else this.#worker.postMessage(message);
  }
}

/** @param {number} threads 1: no worker at all, the library's form without threads */
export function installWebWorkers(threads) {
  const navigator = { hardwareConcurrency: threads, userAgent: "Node.js" };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  if (threads > 1) globalThis.Worker = WebWorker;
}
