import fc from "fast-check";
import { expect, it } from "vitest";
import { findFormulation } from "../../src/attention/formulations/index.ts";
import { evaluate, gradient, sum, mul, type NDArray, type Tensor } from "../../src/graph/index.ts";
import { attentionCases, buildAttention, type AttentionCase } from "../support/attention-case.ts";

/** Channel c of P[i,j]: the row's sines and cosines, then the column's (Borji 2023: 2⌈m/4⌉ channels an axis). */
function encoding(m: number, i: number, j: number, c: number): number {
  const perAxis = 2 * Math.ceil(m / 4);
  const [position, channel] = c < perAxis ? [i, c] : [j, c - perAxis];
  const angle = position / 10000 ** ((2 * Math.floor(channel / 2)) / perAxis);
  return channel % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
}

type Values = Readonly<Record<string, NDArray>>;

/** row (C) of x times W (C,out) + b */
function project(x: NDArray, position: number, values: Values, name: string): number[] {
  const [weight, bias] = [values[`${name}.weight`] as NDArray, values[`${name}.bias`]];
  const [width = 0, columns = 0] = weight.shape;
  return Array.from({ length: columns }, (_, column) => {
    let y = bias?.data[column] ?? 0;
    for (let k = 0; k < width; k++) {
      y += (x.data[position * width + k] as number) * (weight.data[k * columns + column] as number);
    }
    return y;
  });
}

/**
 * The published form, number by number: scores over m channels, plus P, collapsed by the map's weights and bias, then
 * masked and normalised. Self-attention; one map, or one for each head.
 */
function published({ options, batch, width, queries: length, padding }: AttentionCase, values: Values): number[] {
  const { heads, keyHeads = heads, valueHeads = keyHeads, formulation, causal, scale, position } = options;
  const m = position.channels;
  const headWidth = width / heads;
  const x = values["x"] as NDArray;
  const a = 1 / Math.sqrt(scale === "head" ? headWidth : width);
  const [w, b] = [values["position.weight"] as NDArray, values["position.bias"] as NDArray];
  const result: number[] = [];
  for (let n = 0; n < batch; n++) {
    const rows = Array.from({ length }, (_, t) => n * length + t);
    const keys = rows.map((row) => project(x, row, values, "key"));
    const valueRows = "value" in formulation.projections ? rows.map((row) => project(x, row, values, "value")) : keys;
    for (let i = 0; i < length; i++) {
      const context: number[] = [];
      for (let h = 0; h < heads; h++) {
        const map = position.sharing === "shared" ? 0 : h;
        const keyAt = Math.floor((h * keyHeads) / heads) * headWidth;
        const valueAt = Math.floor((h * valueHeads) / heads) * headWidth;
        const scores = rows.map((row, j) => {
          if ((causal && j > i) || (padding && values["keep"]?.data[row] === 0)) return -Infinity;
          let s = 0;
          for (let d = 0; d < headWidth; d++) {
            s += a * (keys[i]?.[keyAt + d] as number) * (keys[j]?.[keyAt + d] as number);
          }
          let mapped = b.data[map] as number;
          for (let c = 0; c < m; c++) mapped += (w.data[map * m + c] as number) * (s + encoding(m, i, j, c));
          return mapped;
        });
        const top = Math.max(...scores);
        const weights = scores.map((s) => Math.exp(s - top));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let d = 0; d < headWidth; d++) {
          const mixed = weights.reduce((sum, weight, j) => sum + weight * (valueRows[j]?.[valueAt + d] as number), 0);
          context.push(mixed / total);
        }
      }
      const whole = { shape: [1, width], data: Float64Array.from(context) };
      result.push(...project(whole, 0, values, "output"));
    }
  }
  return result;
}

const mapped = fc.tuple(attentionCases, fc.constantFrom("kv+pos", "k+pos")).map(([drawn, name]): AttentionCase => {
  const { keyHeads, valueHeads } = drawn.options;
  const shared = name === "kv+pos" ? valueHeads : keyHeads;
  const options = { ...drawn.options, formulation: findFormulation(name), ...(shared && { valueHeads: shared }) };
  return { ...drawn, memory: undefined, options };
});

it("the reduced form gives what the published form over m channels gives", () => {
  fc.assert(
    fc.property(mapped, (drawn) => {
      const { out, values } = buildAttention(drawn);
      const [reduced] = evaluate([out], values) as [NDArray];
      published(drawn, values).forEach((expected, i) =>
        expect(Math.abs((reduced.data[i] as number) - expected)).toBeLessThan(1e-9 * (1 + Math.abs(expected))),
      );
    }),
    { seed: 1, numRuns: 200 },
  );
});

it("row channels share one gradient and the map's bias has none, because the softmax ignores both", () => {
  fc.assert(
    fc.property(mapped, (drawn) => {
      const { scope, out, values } = buildAttention(drawn);
      const of = (path: string) => scope.parameters.find((parameter) => parameter.path === path)?.tensor as Tensor;
      const wanted = [of("position.weight"), of("position.bias")];
      const [weight, bias] = evaluate(gradient(sum(mul(out, out)), wanted), values) as [NDArray, NDArray];
      expect(Math.max(...bias.data.map(Math.abs))).toBe(0);
      const m = drawn.options.position.channels;
      const rowChannels = Math.min(m, 2 * Math.ceil(m / 4));
      for (let map = 0; map < weight.data.length / m; map++) {
        const first = weight.data[map * m] as number;
        for (let c = 1; c < rowChannels; c++) expect(weight.data[map * m + c]).toBeCloseTo(first, 9);
      }
    }),
    { seed: 1, numRuns: 50 },
  );
});

it("no tensor of m channels by T by S exists", () => {
  const m = 50;
  const [T, batch, width] = [7, 2, 4];
  const { out, scope } = buildAttention({
    options: {
      formulation: findFormulation("kv+pos"),
      heads: 2,
      scale: "head",
      causal: false,
      bias: { input: true, output: true },
      position: { channels: m, sharing: "shared", positions: T },
    },
    batch,
    width,
    queries: T,
    memory: undefined,
    padding: false,
    seed: 1,
  });
  const gradients = gradient(
    sum(out),
    scope.parameters.map(({ tensor }) => tensor),
  );
  const seen = new Set<Tensor>();
  const waiting: Tensor[] = [out, ...gradients];
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    waiting.push(...tensor.inputs);
    const size = (tensor.shape as number[]).reduce((a, b) => a * b, 1);
    expect(size).toBeLessThan(T * T * m);
  }
});
