import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openNode } from "../../src/runtime/node.ts";
import { hasChromium } from "./chromium.ts";
import { expectConformity, expectSameCourse, expectSameSteps } from "./expectations.ts";
import { openWorker, type BrowserWorker } from "./open-worker.ts";
import { modelSteps } from "./page/model-steps.ts";
import type { Placements } from "./page/placements.ts";
import { takeCourse, type Numbers } from "./page/train.ts";

const [STEPS, RESUME_AT] = [6, 3];

/** The nodes of each graph that WebGPU does not run, without the graphs that have none. */
const fallenIn = (placements: Readonly<Record<string, Placements>>) =>
  Object.fromEntries(
    Object.entries(placements).flatMap(([name, { fallen }]) => (fallen.length === 0 ? [] : [[name, fallen]])),
  );

describe.skipIf(!hasChromium())("WebGPU on a software adapter, in a worker of headless Chromium", () => {
  let worker: BrowserWorker;
  beforeAll(async () => void (worker = await openWorker("webgpu")));
  afterAll(() => worker.close());
  afterEach(() => expect(worker.complaints).toEqual([]));

  it("trains KV+Pos on reverse as Node's CPU does, and goes on from a state that was read", async () => {
    const course = await worker.call("course", "webgpu", STEPS, RESUME_AT);
    expectSameCourse(course, await takeCourse(await openNode("cpu", 1), STEPS, RESUME_AT), RESUME_AT);
  });

  it("trains every model as Node's CPU does", async () => {
    const actual = await worker.call("modelSteps", "webgpu");
    const expected = await modelSteps(await openNode("cpu", 1));
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    for (const [name, steps] of Object.entries(expected)) expectSameSteps(actual[name] as Numbers[], steps);
  });

  it("runs every node of every model's training step: none falls back to the CPU", async () => {
    const placements = await worker.call("placements", "training");
    expect(fallenIn(placements)).toEqual({});
    for (const [name, { onGpu }] of Object.entries(placements)) expect(onGpu, name).toBeGreaterThan(100);
  });

  it("would list a node that falls back, and the copies that it needs", async () => {
    const placements = await worker.call("placements", "falling");
    expect(fallenIn(placements)).toEqual({
      "OneHot and int64": [
        "MemcpyToHost before t1",
        "OneHot (OneHot.0) on CPUExecutionProvider",
        "Add (Add.2) on CPUExecutionProvider",
        "Cast (Cast.3) on CPUExecutionProvider",
      ],
    });
  });

  it("runs every node of an evaluation of any batch size", async () => {
    expect(fallenIn(await worker.call("placements", "evaluation"))).toEqual({});
  });

  it("computes every op and its gradient as the float64 oracle does, and nowhere else", async () => {
    const conformity = await worker.call("conformance", "webgpu");
    expectConformity(conformity);
    expect(conformity.filter(({ fallen }) => fallen.length > 0)).toEqual([]);
  });

  it("keeps the state on the GPU between steps, and no more memory after 200 steps than after 10", async () => {
    const [early, late] = [10, 200];
    const { stateBytes, before, counts, after } = await worker.call("traffic", [early, late], "device");
    const [first, last] = counts;
    const perStep = (name: "uploaded" | "downloaded") =>
      ((last?.[name] ?? NaN) - (first?.[name] ?? NaN)) / (late - early);
    // Loss and gradient norm come back; the batch and the dropout factors go there.
    expect(perStep("downloaded")).toBeLessThanOrEqual(32);
    expect(perStep("uploaded")).toBeLessThan(stateBytes / 10);
    expect({ buffers: last?.buffers, bytes: last?.bytes }).toEqual({ buffers: first?.buffers, bytes: first?.bytes });
    expect({ buffers: after.buffers, bytes: after.bytes }).toEqual({ buffers: before.buffers, bytes: before.bytes });
  });

  it("would notice a state that travels to the host and back", async () => {
    const { stateBytes, counts } = await worker.call("traffic", [1, 3], "host");
    const [first, last] = counts;
    expect((last?.downloaded ?? 0) - (first?.downloaded ?? 0)).toBeGreaterThanOrEqual(2 * stateBytes);
    expect((last?.uploaded ?? 0) - (first?.uploaded ?? 0)).toBeGreaterThanOrEqual(2 * stateBytes);
  });

  it("takes WebAssembly for auto where the adapter is software, and has no CUDA", async () => {
    expect(await worker.call("device", "auto")).toEqual({
      device: "cpu",
      reason: "auto: the WebGPU adapter here is software",
    });
    expect(await worker.call("device", "cuda")).toEqual({
      device: "none",
      reason: 'device "cuda" is not available in a browser',
      hint: "Use webgpu or cpu.",
    });
  });
});
