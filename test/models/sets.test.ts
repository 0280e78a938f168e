import { expect, it } from "vitest";
import { evaluate, input, ndarray, type NDArray } from "../../src/graph/index.ts";
import { sequenceEncoder, sequenceEncoderOptions } from "../../src/models/sequence-encoder.ts";
import { Scope } from "../../src/nn/scope.ts";
import { random } from "../../src/random.ts";
import { normals } from "../support/gradient-check.ts";

const [LENGTH, FEATURES] = [5, 3];

/** Logits of a set of feature vectors in the given order, put back into the first order. */
function logits(formulation: string, order: readonly number[]): number[] {
  const scope = new Scope({ training: false });
  const options = sequenceEncoderOptions.parse({ width: 8, layers: 1, heads: 2 });
  const x = input("x", [1, LENGTH, FEATURES]);
  const model = { ...options, formulation, classes: 1, length: LENGTH, positional: false };
  const y = sequenceEncoder(scope, x, model); // (1,LENGTH,1)
  const elements = normals(random(1, "x"), [LENGTH, FEATURES]).data;
  const values = order.flatMap((i) => Array.from(elements.subarray(i * FEATURES, (i + 1) * FEATURES)));
  const parameters = scope.parameters.map(({ path, shape }) => [path, normals(random(1, path), shape)] as const);
  const given = { x: ndarray([1, LENGTH, FEATURES], values), ...Object.fromEntries(parameters) };
  const [result] = evaluate([y], given) as [NDArray];
  return order.map((_, i) => result.data[order.indexOf(i)] as number);
}

const ORDER = [3, 0, 4, 2, 1];
const moved = (formulation: string): number => {
  const [first, other] = [logits(formulation, [0, 1, 2, 3, 4]), logits(formulation, ORDER)];
  return Math.max(...first.map((value, i) => Math.abs(value - (other[i] as number))));
};

it.each(["qkv", "kv", "q-kv", "k"])("without positions a set encoder with %s does not see the order", (formulation) => {
  expect(moved(formulation)).toBeLessThan(1e-12);
});

it.each(["kv+pos", "k+pos"])("%s sees the order even so: its position map tells keys apart", (formulation) => {
  expect(moved(formulation)).toBeGreaterThan(1e-3);
});
