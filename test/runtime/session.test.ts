import { beforeAll, describe, expect, it } from "vitest";
import { add, input, mul, writeOnnx } from "../../src/graph/index.ts";
import type { Backend } from "../../src/runtime/backend.ts";
import { openNode } from "../../src/runtime/node.ts";
import { openSession, toTensor, toTensors, toValues } from "../../src/runtime/session.ts";

const floats = (...values: number[]) => ({ data: Float32Array.from(values), shape: [values.length] });

describe("a session", () => {
  let backend: Backend;
  beforeAll(async () => void (backend = await openNode("cpu", 1)));

  const x = input("x", [2]);
  const outputs = { twice: add(x, x), square: mul(x, x) };

  it("counts the nodes of its model", async () => {
    const session = await openSession(backend, outputs);
    expect(session.nodes).toBe(writeOnnx(outputs).nodes);
    await session.release();
  });

  it("gives every output by its name", async () => {
    const session = await openSession(backend, outputs);
    const results = await session.run(toTensors(backend, { x: floats(1, 3) }));
    expect(Object.keys(results).sort()).toEqual(["square", "twice"]);
    await session.release();
  });

  it("leaves out feeds that the graph does not read", async () => {
    const session = await openSession(backend, outputs);
    const results = await session.run(toTensors(backend, { x: floats(1, 3), unused: floats(7) }));
    expect(Array.from(results["twice"]?.data as Float32Array)).toEqual([2, 6]);
    await session.release();
  });

  it("writes a result into the tensor that the caller names, and makes one where it names none", async () => {
    const session = await openSession(backend, outputs);
    const mine = floats(0, 0);
    const fetches = { twice: toTensor(backend, mine), square: null };
    const results = await session.run(toTensors(backend, { x: floats(1, 3) }), fetches);
    expect(Array.from(mine.data)).toEqual([2, 6]);
    expect(results["twice"]).toBe(fetches.twice);
    expect(Array.from(results["square"]?.data as Float32Array)).toEqual([1, 9]);
    await session.release();
  });

  it("leaves no copy of a named result behind for the garbage collector", async () => {
    const size = 4_000_000;
    const big = input("x", [size]);
    const session = await openSession(backend, { twice: add(big, big) });
    const values = () => toTensor(backend, { data: new Float32Array(size).fill(1), shape: [size] });
    const [feeds, fetches] = [{ x: values() }, { twice: values() }];
    const before = process.memoryUsage().arrayBuffers;
    await session.run(feeds, fetches);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(size);
    expect((fetches.twice.data as Float32Array).slice(0, 2)).toEqual(Float32Array.of(2, 2));
    await session.release();
  });

  it("cannot run once it is released", async () => {
    const session = await openSession(backend, outputs);
    await session.release();
    await expect((async () => session.run(toTensors(backend, { x: floats(1, 3) })))()).rejects.toThrow("dispose");
  });
});

describe("values", () => {
  it("go into a tensor without a copy and come back", async () => {
    const backend = await openNode("cpu", 1);
    for (const data of [Float32Array.of(1.5, -2), Int32Array.of(3, -4)]) {
      const tensor = toTensor(backend, { data, shape: [2, 1] });
      const values = await toValues(tensor);
      expect(values.data).toBe(data);
      expect(values.shape).toEqual([2, 1]);
    }
  });
});
