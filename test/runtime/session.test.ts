import { beforeAll, describe, expect, it } from "vitest";
import { add, input, mul, writeOnnx } from "../../src/graph/index.ts";
import type { Backend } from "../../src/runtime/backend.ts";
import { openNode } from "../../src/runtime/node.ts";
import { tryUncopied } from "../../src/runtime/uncopied.ts";
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
    const session = await openSession(backend, outputs, { into: true });
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
    const session = await openSession(backend, { twice: add(big, big) }, { into: true });
    const values = () => toTensor(backend, { data: new Float32Array(size).fill(1), shape: [size] });
    const [feeds, named] = [{ x: values() }, { twice: values() }];
    const growth: number[] = [];
    // The garbage collector may take a copy of an earlier run just then, but not each time.
    for (let i = 0; i < 5; i++) {
      const before = process.memoryUsage().arrayBuffers;
      await session.run(feeds, named);
      growth.push(process.memoryUsage().arrayBuffers - before);
    }
    expect(Math.max(...growth)).toBeLessThan(size);
    expect((named.twice.data as Float32Array).slice(0, 2)).toEqual(Float32Array.of(2, 2));
    await session.release();
  });

  it("tells an error of its own from the end that leaves results uncopied", async () => {
    const session = await openSession(backend, outputs, { into: true });
    const named = toTensors(backend, { twice: floats(0, 0), square: floats(0, 0) });
    await expect(session.run(toTensors(backend, { x: floats(1, 2, 3) }), named)).rejects.toThrow(
      "Got invalid dimensions",
    );
    await session.release();
  });

  it("writes into them too where a runtime refuses the model that leaves them uncopied", async () => {
    const { InferenceSession, Tensor } = backend.ort;
    let models = 0;
    const create = ((bytes: Uint8Array) => {
      if (models++ === 0) return Promise.reject(new Error("no sequences here"));
      return InferenceSession.create(bytes);
    }) as unknown as typeof InferenceSession.create;
    const other: Backend = { ...backend, device: "cuda", ort: { InferenceSession: { create }, Tensor } };
    const session = await openSession(other, outputs, { into: true });
    const named = toTensors(backend, { twice: floats(0, 0), square: floats(0, 0) });
    expect(await session.run(toTensors(backend, { x: floats(1, 3) }), named)).toBe(named);
    expect(Array.from(named["square"]?.data as Float32Array)).toEqual([1, 9]);
    await session.release();
  });

  it.each([
    ["returns a sequence", () => Promise.resolve({})],
    [
      "gives up before it has written",
      () => Promise.reject(new Error("Non tensor type is temporarily not supported.")),
    ],
    ["gives up for another reason", () => Promise.reject(new Error("no memory"))],
  ])("is told when a runtime %s", async (_, run) => {
    const { InferenceSession, Tensor } = backend.ort;
    const create = (async (bytes: Uint8Array) =>
      Object.assign(await InferenceSession.create(bytes), { run })) as unknown as typeof InferenceSession.create;
    expect(await tryUncopied(backend)).toBe(true);
    expect(await tryUncopied({ ...backend, ort: { InferenceSession: { create }, Tensor } })).toBe(false);
  });

  it("asks for a tensor for each result where it was opened so", async () => {
    const session = await openSession(backend, outputs, { into: true });
    const [feeds, twice] = [toTensors(backend, { x: floats(1, 3) }), toTensors(backend, { twice: floats(0, 0) })];
    await expect(session.run(feeds, twice)).rejects.toThrow('got none for "square"');
    await expect(session.run(feeds)).rejects.toThrow('got none for "twice"');
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
