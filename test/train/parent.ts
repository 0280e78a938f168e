import type { RunRequest } from "../../src/train/messages.ts";
import { runInProcess } from "../../src/train/run-in-process.ts";

/** A process that watches one that trains, as `kvt` does: its arguments are the worker's address and the request. */
const [worker, request] = process.argv.slice(2);
const stop = new AbortController();
process.on("SIGINT", () => stop.abort());
const outcome = await runInProcess(
  JSON.parse(request ?? "") as RunRequest,
  (event) => console.log(JSON.stringify(event)),
  { worker: new URL(worker ?? ""), signal: stop.signal },
);
console.log(JSON.stringify(outcome));
