import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { processesFor, runPool } from "../../src/study/pool.ts";

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe("runPool", () => {
  it("runs every job once, in order, never more than the limit, and keeps the results' order", async () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.integer({ min: 1, max: 4 }), async (jobs, limit) => {
        let [running, most] = [0, 0];
        const begun: number[] = [];
        const results = await runPool([...jobs.entries()], limit, async ([index, length]) => {
          begun.push(index);
          most = Math.max(most, ++running);
          await turns(length);
          running--;
          return index * 10;
        });
        expect(results).toEqual(jobs.map((_, i) => i * 10));
        expect(begun).toEqual(jobs.map((_, i) => i));
        expect(most).toBe(Math.min(limit, jobs.length));
      }),
    );
  });

  it("stops the others when one fails, waits for them and throws the first error", async () => {
    const log: string[] = [];
    const run = async (job: string, signal: AbortSignal): Promise<void> => {
      if (job === "fails") throw new Error("no luck");
      while (!signal.aborted) await turns(1);
      log.push(`${job} stopped`);
    };
    await expect(runPool(["long", "fails", "never"], 2, run)).rejects.toThrow("no luck");
    expect(log).toEqual(["long stopped"]);
  });

  it("begins nothing more once it is told to stop", async () => {
    const stop = new AbortController();
    const results = await runPool(
      [1, 2, 3],
      1,
      async (job) => {
        if (job === 2) stop.abort();
        await turns(1);
        return job;
      },
      stop.signal,
    );
    expect(results).toEqual([1, 2, null]);
    expect(await runPool([1], 1, (job) => Promise.resolve(job), stop.signal)).toEqual([null]);
  });
});

describe("processesFor", () => {
  it("fills the cores and is at least one", () => {
    expect([processesFor(8, 1), processesFor(8, 3), processesFor(2, 4)]).toEqual([8, 2, 1]);
  });
});
