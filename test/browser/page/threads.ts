/*
 * Counts the workers that ONNX Runtime starts from this worker: one for each thread but the first.
 */

let started = 0;

globalThis.Worker = class extends Worker {
  constructor(url: string | URL, options?: WorkerOptions) {
    super(url, options);
    started++;
  }
};

export const startedWorkers = (): number => started;
