/** Processes that a machine has room for when each runs on `threads` threads. */
export function processesFor(cores: number, threads: number): number {
  return Math.max(1, Math.floor(cores / threads));
}

/**
 * Runs every job, at most `limit` at the same time, each begun in the order given. Results stand in that order. When
 * one fails, no other is begun, the running ones are told to stop through their signal and waited for, and the first
 * error is thrown. When `signal` is aborted, jobs that were not begun have the result null.
 */
export async function runPool<Job, Result>(
  jobs: readonly Job[],
  limit: number,
  run: (job: Job, signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): Promise<(Result | null)[]> {
  const results = new Array<Result | null>(jobs.length).fill(null);
  const stop = new AbortController();
  if (signal?.aborted === true) stop.abort();
  signal?.addEventListener("abort", () => stop.abort(), { once: true });
  const errors: unknown[] = [];
  const waiting = jobs.entries();

  async function work(): Promise<void> {
    for (const [index, job] of waiting) {
      if (stop.signal.aborted) return;
      try {
        results[index] = await run(job, stop.signal);
      } catch (error) {
        errors.push(error);
        stop.abort();
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(limit, jobs.length) }, work));
  if (errors.length > 0) throw errors[0];
  return results;
}
