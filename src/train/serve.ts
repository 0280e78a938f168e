import type { Engine } from "./engine.ts";
import type { RunEvent } from "./events.ts";
import { type FromWorker, packError, type RunRequest, type ToWorker } from "./messages.ts";
import { run } from "./run.ts";

/**
 * Turns this forked process into one that trains: it waits for a request, sends events and ends with the outcome.
 * An interrupt (from the terminal, which tells both processes), a termination, a `stop` message and the end of the
 * parent all mean the same, once: finish the step, write a checkpoint, leave.
 */
export function serve(loadEngine: () => Promise<Engine>): void {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  process.on("SIGINT", abort).on("SIGTERM", abort).on("SIGHUP", abort).on("disconnect", abort);
  process.on("message", (message: ToWorker) => {
    if (message.kind === "stop") abort();
    else
      void answer(message.request, loadEngine, stop.signal)
        .then(send)
        .then(() => process.exit(0));
  });
}

async function answer(
  request: RunRequest,
  loadEngine: () => Promise<Engine>,
  signal: AbortSignal,
): Promise<FromWorker> {
  const events = inGroups((group) => void send({ kind: "events", events: group }));
  try {
    const outcome = await run(request, await loadEngine(), { emit: events.emit, signal });
    return { kind: "done", outcome, peakBytes: process.resourceUsage().maxRSS * 1024 };
  } catch (error) {
    return { kind: "error", error: packError(error) };
  } finally {
    events.flush();
  }
}

const GROUP_MS = 100;

/** Tells of steps that follow each other quickly together: a message a step costs the core of another run. */
function inGroups(tell: (events: readonly RunEvent[]) => void) {
  let [held, last]: [RunEvent[], number] = [[], 0];
  const flush = (): void => {
    if (held.length === 0) return;
    tell(held);
    [held, last] = [[], performance.now()];
  };
  const emit = (event: RunEvent): void => {
    held.push(event);
    if (event.kind !== "step" || performance.now() - last >= GROUP_MS) flush();
  };
  return { emit, flush };
}

/** Resolves when the message is handed over, or when there is nobody left to hand it to. */
function send(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send !== undefined) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
