import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openNode } from "../../src/runtime/node.ts";
import { hasChromium } from "./chromium.ts";
import { expectConformity, expectSameCourse } from "./expectations.ts";
import { openWorker, type BrowserWorker } from "./open-worker.ts";
import { takeCourse } from "./page/train.ts";

const [STEPS, RESUME_AT] = [6, 3];

describe.skipIf(!hasChromium())("WebAssembly with two threads, in a worker of headless Chromium", () => {
  let worker: BrowserWorker;
  beforeAll(async () => void (worker = await openWorker("cpu")));
  afterAll(() => worker.close());
  afterEach(() => expect(worker.complaints).toEqual([]));

  it("builds the core without a module of Node", () => {
    expect(worker.warnings).toEqual([]);
  });

  it("trains KV+Pos on reverse as Node does, and goes on from a state that was read", async () => {
    const course = await worker.call("course", "cpu", STEPS, RESUME_AT);
    expectSameCourse(course, await takeCourse(await openNode("cpu", 1), STEPS, RESUME_AT), RESUME_AT);
    // One thread is the worker itself.
    expect(await worker.call("startedWorkers")).toBe(1);
  });

  it("computes every op and its gradient as the float64 oracle does", async () => {
    expectConformity(await worker.call("conformance", "cpu"));
  });

  it("says that a GPU is not there, and takes WebAssembly for auto", async () => {
    expect(await worker.call("device", "webgpu")).toEqual({
      device: "none",
      reason: 'device "webgpu" is not available: this browser has no WebGPU adapter',
      hint: "Use cpu.",
    });
    expect(await worker.call("device", "auto")).toEqual({
      device: "cpu",
      reason: "auto: this browser has no WebGPU adapter",
    });
  });
});
