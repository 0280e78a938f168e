import { describe, expect, it } from "vitest";
import { formulations } from "../../src/attention/formulations/index.ts";
import { evaluate, input, ndarray, type NDArray } from "../../src/graph/index.ts";
import {
  decode,
  encode,
  encoderDecoder,
  encoderDecoderOptions,
  keepTokens,
  type EncoderDecoder,
} from "../../src/models/encoder-decoder.ts";
import { Scope } from "../../src/nn/scope.ts";
import { random } from "../../src/random.ts";
import { distance, normals } from "../support/gradient-check.ts";
import { runOnCpu } from "../support/onnx.ts";

const PADDING = 1;

function optionsOf(formulation: string, changes: Partial<EncoderDecoder> = {}): EncoderDecoder {
  const defaults = encoderDecoderOptions.parse({ width: 8, layers: 2, heads: 4 });
  const sizes = { sourceVocabulary: 7, targetVocabulary: 9, length: 6, padding: PADDING };
  return { ...defaults, ...sizes, formulation, ...changes };
}

function valuesOf(scope: Scope): Record<string, NDArray> {
  return Object.fromEntries(scope.parameters.map(({ path, shape }) => [path, normals(random(1, path), shape)]));
}

const source = ndarray([2, 4], [2, 4, 5, 3, 2, 6, 3, PADDING]);
const target = ndarray([2, 3], [2, 7, 8, 2, 5, PADDING]);

function build(options: EncoderDecoder, [batch, s, t]: readonly [number | string, number | string, number | string]) {
  const scope = new Scope({ training: false });
  const ids = { source: input("source", [batch, s], "int32"), target: input("target", [batch, t], "int32") };
  return { scope, hidden: encoderDecoder(scope, ids, options) };
}

const hiddenOf = (options: EncoderDecoder, from = source, to = target): NDArray => {
  const { scope, hidden } = build(options, [2, from.shape[1] as number, to.shape[1] as number]);
  return evaluate([hidden], { ...valuesOf(scope), source: from, target: to })[0] as NDArray;
};

describe("an encoder-decoder", () => {
  it.each(formulations.map(({ name }) => name))("with %s runs at any lengths as a fixed one does", async (name) => {
    const options = optionsOf(name);
    const { scope, hidden } = build(options, ["B", "S", "T"]);
    const expected = hiddenOf(options);
    const values = { ...valuesOf(scope), source, target };
    expect(distance(evaluate([hidden], values)[0], expected)).toBeLessThan(1e-12);
    expect(distance((await runOnCpu([hidden], values))[0], expected)).toBeLessThan(1e-4);
  });

  it.each(formulations.map(({ name }) => name))("with %s has the same encoder and decoder apart", (name) => {
    const options = optionsOf(name);
    const encoder = new Scope({ training: false });
    const memory = encode(encoder, input("source", [2, 4], "int32"), options);
    const [remembered] = evaluate([memory], { ...valuesOf(encoder), source }) as [NDArray];
    const decoder = new Scope({ training: false });
    const keep = keepTokens(input("source", [2, 4], "int32"), PADDING);
    const inputs = { target: input("target", [2, 3], "int32"), memory: input("memory", [2, 4, 8]), keep };
    const hidden = decode(decoder, inputs, options);
    const values = { ...valuesOf(decoder), source, target, memory: remembered };
    expect(distance(evaluate([hidden], values)[0], hiddenOf(options))).toBeLessThan(1e-12);
  });

  it("does not see padding of the source", () => {
    const longer = ndarray([2, 5], [2, 4, 5, 3, PADDING, 2, 6, 3, PADDING, PADDING]);
    expect(distance(hiddenOf(optionsOf("kv+pos"), longer), hiddenOf(optionsOf("kv+pos")))).toBeLessThan(1e-12);
  });

  it("does not see later words", () => {
    const other = ndarray([2, 3], [2, 7, 4, 2, 5, 6]);
    const [a, b] = [hiddenOf(optionsOf("kv")), hiddenOf(optionsOf("kv"), source, other)];
    const rows = ({ data }: NDArray, from: number, to: number) => [...data.subarray(from * 8, to * 8)];
    expect(rows(b, 0, 2)).toEqual(rows(a, 0, 2));
    expect(rows(b, 2, 3)).not.toEqual(rows(a, 2, 3));
  });

  it("reads the target also where both lengths are equal", () => {
    const equal = ndarray([2, 4], [2, 7, 8, 4, 2, 5, 6, 4]);
    const other = ndarray([2, 4], [2, 3, 8, 4, 2, 6, 6, 4]);
    expect(
      distance(hiddenOf(optionsOf("kv"), source, equal), hiddenOf(optionsOf("kv"), source, other)),
    ).toBeGreaterThan(0.01);
  });

  it("has two projections in self-attention of kv, and as asked in cross-attention", () => {
    const projections = (options: EncoderDecoder, module: string) =>
      build(options, [2, 4, 3]).scope.parameters.flatMap(({ path }) =>
        path.startsWith(`${module}.`) && path.endsWith(".weight") ? [path.slice(module.length + 1)] : [],
      );
    const kv = ["key.weight", "value.weight", "output.weight"];
    expect(projections(optionsOf("kv"), "encoder.0.attention")).toEqual(kv);
    expect(projections(optionsOf("kv"), "decoder.1.attention")).toEqual(kv);
    expect(projections(optionsOf("kv"), "decoder.1.cross")).toEqual(["query.weight", ...kv]);
    expect(projections(optionsOf("kv", { crossQuery: "shared-key" }), "decoder.1.cross")).toEqual(kv);
  });
});
