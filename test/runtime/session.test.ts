import { beforeAll, describe, expect, it } from "vitest";
import { add, input, mul, writeOnnx } from "../../src/graph/index.ts";
import type { Backend } from "../../src/runtime/backend.ts";
import { openNode } from "../../src/runtime/node.ts";
import { leavesUncopied } from "../../src/runtime/uncopied.ts";
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

  it("writes results into the tensors that the caller names", async () => {
    const session = await openSession(backend, outputs, { named: true });
    const [twice, square] = [floats(0, 0), floats(0, 0)];
    const named = toTensors(backend, { twice, square });
    for (const value of [1, 3]) {
      const results = await session.run(toTensors(backend, { x: floats(value, 2) }), named);
      expect(results["twice"]).toBe(named["twice"]);
      expect([...twice.data, ...square.data]).toEqual([2 * value, 4, value ** 2, 4]);
    }
    await session.release();
  });

  it("makes no copy of them", async () => {
    const size = 4_000_000;
    const big = input("x", [size]);
    const session = await openSession(backend, { twice: add(big, big) }, { named: true });
    const values = () => toTensor(backend, { data: new Float32Array(size).fill(1), shape: [size] });
    const [feeds, named] = [{ x: values() }, { twice: values() }];
    await session.run(feeds, named);
    const before = process.memoryUsage().arrayBuffers;
    await session.run(feeds, named);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(size);
    expect((named.twice.data as Float32Array).slice(0, 2)).toEqual(Float32Array.of(2, 2));
    await session.release();
  });

  it("tells an error of its own from the end that leaves results uncopied", async () => {
    const session = await openSession(backend, outputs, { named: true });
    const named = toTensors(backend, { twice: floats(0, 0), square: floats(0, 0) });
    await expect(session.run(toTensors(backend, { x: floats(1, 2, 3) }), named)).rejects.toThrow(
      "Got invalid dimensions",
    );
    await session.release();
  });

  it("takes the results that a runtime returns where it ends otherwise", async () => {
    const { InferenceSession, Tensor } = backend.ort;
    const create = (async (bytes: Uint8Array) => {
      const session = await InferenceSession.create(bytes);
      return Object.assign(session, { run: () => Promise.reject(new Error("no such luck")) });
    }) as unknown as typeof InferenceSession.create;
    const other: Backend = { ...backend, ort: { InferenceSession: { create }, Tensor } };
    expect(await leavesUncopied(backend)).toBe(true);
    expect(await leavesUncopied(other)).toBe(false);
    expect(await leavesUncopied({ ...backend, results: "host" })).toBe(false);
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
