import type { Job } from "bullmq";
import type { RunEvent } from "../../train/events.ts";
import type { CellJob, CellProgress } from "./jobs.ts";

const REPORT_MS = 1_000;

/** Brings what happens in a run to the coordinator: the newest event of each kind, about once a second. */
export function createReporter(job: () => Job<CellJob>, numbered: { n: number }) {
  const newest = new Map<string, RunEvent>();
  let timer: NodeJS.Timeout | undefined;
  let last = -Infinity;
  const report = (): void => {
    timer = undefined;
    last = performance.now();
    const progress: CellProgress = { n: ++numbered.n, events: [...newest.values()] };
    // A coordinator that comes later must learn how long the run is.
    for (const kind of newest.keys()) if (kind !== "started") newest.delete(kind);
    // What is lost with a connection is only what was to be seen: the next report has newer numbers.
    job()
      .updateProgress(progress)
      .catch(() => undefined);
  };
  return {
    onEvent(event: RunEvent): void {
      // The folder is the worker's own affair, and the end comes with the result.
      if (event.kind === "created" || event.kind === "finished" || event.kind === "interrupted") return;
      newest.set(event.kind, event);
      timer ??= setTimeout(report, Math.max(0, last + REPORT_MS - performance.now()));
    },
    close: (): void => clearTimeout(timer),
  };
}
