import type { Answer } from "./worker.ts";

declare global {
  interface Window {
    /** Calls a function of `calls.ts` in the worker. */
    callWorker(name: string, values: readonly unknown[]): Promise<unknown>;
  }
}

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });

// One call at a time: the answer to a call is the next message, unless the worker fails before.
window.callWorker = (name, values) =>
  new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.ok) resolve(data.value);
      else reject(new Error(data.error));
    };
    worker.onerror = ({ message }) => reject(new Error(`worker: ${message}`));
    worker.postMessage({ name, values });
  });
