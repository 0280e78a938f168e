import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coresOf, type Demand, hasRoom } from "../../src/study/queue/room.ts";

const onCpu = (threads: number): Demand => ({ device: "cpu", threads });
const demands = fc.record({
  device: fc.constantFrom("cpu", "auto", "webgpu", "cuda"),
  threads: fc.integer({ min: 1, max: 12 }),
});

describe("a worker's room", () => {
  test("a cell takes a core a thread, at most all, and all on an accelerator", () => {
    expect([1, 2, 9].map((threads) => coresOf(onCpu(threads), 4))).toEqual([1, 2, 4]);
    expect(coresOf({ device: "webgpu", threads: 1 }, 4)).toBe(4);
    expect(coresOf({ device: "cuda", threads: 1 }, 4)).toBe(4);
  });

  test.each([
    [[onCpu(1), onCpu(2)], onCpu(1), true],
    [[onCpu(1), onCpu(2)], onCpu(2), false],
    [[onCpu(1)], { device: "cuda", threads: 1 }, false],
    [[{ device: "webgpu", threads: 1 }], onCpu(1), false],
    [[], onCpu(64), true],
  ] as const)("of four cores beside %j for %j: %s", (running, next, is) => {
    expect(hasRoom(running, next, { cores: 4, processes: undefined })).toBe(is);
  });

  test("is so many cells, whatever each takes, where --processes says so", () => {
    const wide = [onCpu(8), onCpu(8)];
    expect(hasRoom(wide, onCpu(8), { cores: 2, processes: 3 })).toBe(true);
    expect(hasRoom(wide, onCpu(1), { cores: 64, processes: 2 })).toBe(false);
  });

  test("never has more threads at work than cores, unless one cell alone has more", () => {
    fc.assert(
      fc.property(fc.array(demands, { maxLength: 20 }), fc.integer({ min: 1, max: 8 }), (queue, cores) => {
        const running: Demand[] = [];
        for (const next of queue) if (hasRoom(running, next, { cores, processes: undefined })) running.push(next);
        const taken = running.reduce((sum, demand) => sum + coresOf(demand, cores), 0);
        expect(taken).toBeLessThanOrEqual(cores);
        expect(running.length > 0).toBe(queue.length > 0);
      }),
    );
  });
});
