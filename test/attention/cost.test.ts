import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attentionCost, type AttentionSize } from "../../src/attention/cost.ts";
import { findFormulation } from "../../src/attention/formulations/index.ts";
import { matmulMacs } from "../../src/tasks/cost.ts";
import { attentionCases, buildAttention, type AttentionCase } from "../support/attention-case.ts";

const sizeOf = ({ options, width, queries, memory }: AttentionCase): AttentionSize => ({
  ...options,
  width,
  positionChannels: options.position.channels,
  positionMap: options.position.sharing,
  queries,
  keys: memory ?? queries,
  cross: memory !== undefined,
});

it("parameters are those of the built module, whatever its formulation, sharing, biases, map and role", () => {
  fc.assert(
    fc.property(attentionCases, (drawn) => {
      expect(attentionCost(sizeOf(drawn)).parameters).toBe(buildAttention(drawn).scope.size);
    }),
    { seed: 1, numRuns: 300 },
  );
});

it("multiply-accumulates are those of the built module's matrix products", () => {
  fc.assert(
    fc.property(attentionCases, (drawn) => {
      const one = { ...drawn, batch: 1 };
      const { macs, map } = attentionCost(sizeOf(one));
      // The scale of a position map meets every number of the queries, outside the matrix products.
      const scaled = map.reduced > 0 ? one.queries * one.width : 0;
      const total = Object.values(macs).reduce((a, b) => a + b, 0);
      expect(matmulMacs([buildAttention(one).out])).toBe(total - scaled);
    }),
    { seed: 1, numRuns: 300 },
  );
});

const module = (name: string, more: Partial<AttentionSize> = {}): AttentionSize => ({
  formulation: findFormulation(name),
  width: 64,
  heads: 4,
  bias: { input: true, output: true },
  positionChannels: 10,
  queries: 16,
  keys: 16,
  ...more,
});

describe("from the definition", () => {
  const d = 64;
  it.each([
    ["qkv", 3 * d * d + 3 * d, 3],
    ["kv", 2 * d * d + 2 * d, 2],
    ["q-kv", 2 * d * d + 2 * d, 2],
    ["k", d * d + d, 1],
    ["kv+pos", 2 * d * d + 2 * d + 11, 2],
    ["k+pos", d * d + d + 11, 1],
  ])("%s has its projections and no others", (name, inputs, projections) => {
    const { parameters, macs } = attentionCost(module(name));
    expect(parameters).toBe(inputs + d * d + d);
    expect(macs).toMatchObject({
      projections: projections * 16 * d * d,
      scores: 16 * 16 * d,
      values: 16 * 16 * d,
      output: 16 * d * d,
    });
  });

  it("grouped key and value heads shrink their projections and the cache", () => {
    const { parameters, cacheBytesPerToken } = attentionCost(module("qkv", { keyHeads: 1, valueHeads: 2 }));
    expect(parameters).toBe(d * d + d + (16 + 32) * (d + 1) + d * d + d);
    expect(cacheBytesPerToken(2)).toBe(2 * (16 + 32));
  });

  it.each([
    ["qkv", 128],
    ["kv", 128],
    ["kv+pos", 128],
    ["q-kv", 64],
    ["k", 64],
    ["k+pos", 64],
  ])("the cache of %s holds keys, and values where they are another projection", (name, numbers) => {
    expect(attentionCost(module(name)).cacheBytesPerToken(4)).toBe(4 * numbers);
  });

  it("the position map costs H·T·S·m as published, less when factored, and next to nothing when reduced", () => {
    // m = 10 has 6 channels of the row and 4 of the column.
    expect(attentionCost(module("kv+pos")).map).toEqual({
      author: 4 * 16 * 16 * 10,
      factored: 16 * 16 * 10 + 4 * 16 * 16,
      reduced: 4 * 16 + 16 * 64,
    });
    expect(attentionCost(module("kv+pos", { positionMap: "per-head" })).map.reduced).toBe(4 * 4 * 16 + 16 * 64);
    expect(attentionCost(module("kv")).map).toEqual({ author: 0, factored: 0, reduced: 0 });
  });

  it("cross-attention has queries of its own unless the key projection makes them", () => {
    const cross = { cross: true, queries: 5, keys: 7 } as const;
    const own = attentionCost(module("kv", cross));
    const shared = attentionCost(module("kv", { ...cross, crossQuery: "shared-key" }));
    expect(own.parameters - shared.parameters).toBe(d * d + d);
    expect(own.macs.projections).toBe((5 + 7 + 7) * d * d);
    expect(shared.macs.projections).toBe((5 + 7 + 7) * d * d);
    expect(own.macs.scores).toBe(5 * 7 * d);
  });
});
