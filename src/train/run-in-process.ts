import { type ChildProcess, fork } from "node:child_process";
import { KvtError } from "../errors.ts";
import { resumeStep } from "./checkpoint-folder.ts";
import type { RunEvent } from "./events.ts";
import { type FromWorker, type RunOutcome, type RunRequest, type ToWorker, unpackError } from "./messages.ts";
import { trainingEnvironment } from "./process-environment.ts";

/** A process that trains ended without an answer: killed by the system, or by a fault in native code. */
export class ProcessDied extends KvtError {}

export interface ProcessOptions {
  /** told the most memory that the process used, in bytes, when it ends with an answer */
  readonly onPeak?: (bytes: number) => void;
  /** aborted: the process finishes its step, writes a checkpoint and ends as interrupted */
  readonly signal?: AbortSignal | undefined;
  /** the file that the process runs; tests have their own */
  readonly worker?: URL;
}

const STDERR_LINES = 20;

/**
 * Trains or evaluates in a process of its own, for a session on the CPU blocks the thread that runs it. Resolves with
 * how it ended, rejects with the process's error, and with a `training` error that quotes its last words when it died.
 */
export function runInProcess(
  request: RunRequest,
  onEvent: (event: RunEvent) => void,
  { signal, worker = ownWorker(), onPeak }: ProcessOptions = {},
): Promise<RunOutcome> {
  let folder = "folder" in request ? request.folder : null;
  if (signal?.aborted === true) return Promise.resolve({ kind: "interrupted", folder, step: resumeStep(folder) });
  return new Promise((resolve, reject) => {
    const child = fork(worker, {
      env: trainingEnvironment(),
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "advanced",
    });
    const words = lastLines(child);
    const stop = (): void => send(child, { kind: "stop" });
    let answer: FromWorker | undefined;
    let failure: Error | undefined;
    const tell = (event: RunEvent): void => {
      if (event.kind === "created") folder = event.folder;
      try {
        onEvent(event);
      } catch (error) {
        failure ??= error instanceof Error ? error : new Error(String(error));
        stop();
      }
    };
    signal?.addEventListener("abort", stop, { once: true });
    child.on("error", (error) => (failure ??= error));
    child.on("message", (message: FromWorker) => {
      if (message.kind !== "events") answer = message;
      else message.events.forEach(tell);
    });
    child.on("close", (code, killedBy) => {
      signal?.removeEventListener("abort", stop);
      if (answer?.kind === "done" && answer.peakBytes !== undefined) onPeak?.(answer.peakBytes);
      if (failure !== undefined) reject(failure);
      else if (answer?.kind === "done") resolve(answer.outcome);
      else if (answer?.kind === "error") reject(unpackError(answer.error));
      // An interrupt that arrives before the process has come to its first line ends it at once.
      else if (killedBy === "SIGINT") resolve({ kind: "interrupted", folder, step: resumeStep(folder) });
      else reject(died(folder, code, killedBy, words()));
    });
    send(child, { kind: "run", request });
  });
}

function ownWorker(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);
}

function send(child: ChildProcess, message: ToWorker): void {
  // The process may be gone; what became of it is told when it closes.
  if (child.connected) child.send(message, () => undefined);
}

/** What a process last said on its two outputs. */
function lastLines(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => (text = (text + chunk).slice(-20_000)));
  }
  return () => text.trim().split("\n").slice(-STDERR_LINES).join("\n");
}

function died(folder: string | null, code: number | null, signal: string | null, words: string): ProcessDied {
  const how = signal === null ? `ended with code ${code}` : `was killed by ${signal}`;
  const memory = signal === "SIGKILL" ? "The system may have run out of memory: try a smaller train.batch. " : "";
  const next = folder === null ? "" : `kvt resume ${folder} goes on from its last checkpoint.`;
  const said = words === "" ? "" : `\n${words}`;
  const hint = `${memory}${next}`;
  return new ProcessDied(
    "training",
    `the process that trains ${folder ?? "the run"} ${how}: expected a result${said}`,
    {
      ...(hint === "" ? {} : { hint: hint.trim() }),
    },
  );
}
