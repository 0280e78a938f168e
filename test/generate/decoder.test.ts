import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attentionCost } from "../../src/attention/cost.ts";
import { findFormulation, formulations } from "../../src/attention/formulations/index.ts";
import { openDecoder } from "../../src/generate/decoder.ts";
import { input, type Tensor } from "../../src/graph/index.ts";
import { gpt, gptOptions } from "../../src/models/gpt.ts";
import { Scope } from "../../src/nn/scope.ts";
import { random } from "../../src/random.ts";
import { openNode } from "../../src/runtime/node.ts";
import { openSession, toTensors, toValues } from "../../src/runtime/session.ts";
import type { Values } from "../../src/runtime/values.ts";

const VOCABULARY = 7;
const LENGTH = 150;
const backend = await openNode("cpu", 1);

interface Model {
  readonly logits: (scope: Scope, ids: Tensor) => Tensor;
  readonly parameters: ReadonlyMap<string, Values>;
}

/** A small GPT with weights large enough that attention matters. */
function model(formulation: string, keyHeads: number, positionMap: "shared" | "per-head"): Model {
  const options = {
    ...gptOptions.parse({ width: 16, layers: 2, heads: 4, keyHeads, positionMap, positionChannels: 10 }),
    formulation,
    vocabulary: VOCABULARY,
    length: LENGTH,
  };
  const logits = (scope: Scope, ids: Tensor): Tensor => gpt(scope, ids, options);
  const scope = new Scope({ training: false });
  logits(scope, input("ids", ["B", "T"], "int32"));
  const parameters = scope.parameters.map(({ path, shape }): [string, Values] => {
    const stream = random(5, path);
    const size = shape.reduce((a, b) => a * b, 1);
    return [path, { data: Float32Array.from({ length: size }, () => 0.6 * stream.normal()), shape }];
  });
  return { logits, parameters: new Map(parameters) };
}

/** Logits (V) after the last token of one sequence, by the full forward pass. */
async function full({ logits, parameters }: Model) {
  const scope = new Scope({ training: false });
  const session = await openSession(backend, { logits: logits(scope, input("ids", ["B", "T"], "int32")) });
  return async (tokens: readonly number[]): Promise<Float32Array> => {
    const ids = { data: Int32Array.from(tokens), shape: [1, tokens.length] };
    const { logits } = await session.run(toTensors(backend, { ids, ...Object.fromEntries(parameters) }));
    if (logits === undefined) throw new Error("no logits");
    return (await toValues(logits)).data.slice(-VOCABULARY) as Float32Array;
  };
}

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));

describe("reading with a cache gives the logits of the full forward pass", () => {
  const shared = (name: string): (readonly [string, number])[] => [
    [name, 0],
    [name, 2],
    [name, 1],
  ];
  test.each(formulations.flatMap(({ name }) => shared(name)))("%s with %i key heads", async (name, keyHeads) => {
    // Fewer key than query heads need a query of their own or copies of the keys; both are read here.
    for (const positionMap of ["shared", "per-head"] as const) {
      if (positionMap === "per-head" && !findFormulation(name).positionMap) continue;
      const small = model(name, keyHeads, positionMap);
      const whole = await full(small);
      const reading = fc.record({
        // Rows that begin with different lengths, some past the first 64 slots.
        prompts: fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 3 }),
        chunks: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
        seed: fc.nat(1000),
      });
      await fc.assert(
        fc.asyncProperty(reading, async ({ prompts, chunks, seed }) => {
          const rows = prompts.length;
          const draws = random(seed, "tokens");
          const decoder = await openDecoder({ backend, ...small });
          await decoder.start(rows);
          const held = prompts.map((): number[] => []);
          for (const lengths of [prompts, ...chunks.map((count) => prompts.map((_, row) => count + (row % 2)))]) {
            const tokens = lengths.map((count) => [...draws.integers(count, VOCABULARY)]);
            tokens.forEach((more, row) => held[row]?.push(...more));
            const found = await decoder.read(tokens);
            for (const [row, logits] of found.entries()) {
              expect(largestDifference(logits, await whole(held[row] ?? []))).toBeLessThan(2e-4);
            }
          }
          expect(decoder.lengths).toEqual(held.map(({ length }) => length));
          await decoder.release();
        }),
        { numRuns: 3, seed: 11 },
      );
    }
  });
});

test.each(formulations.map(({ name }) => [name]))("%s keeps the bytes that its cost says", async (name) => {
  for (const keyHeads of [4, 2, 1]) {
    const decoder = await openDecoder({ backend, ...model(name, keyHeads, "shared") });
    const sizes = { width: 16, heads: 4, keyHeads, bias: { input: false, output: true }, queries: 1, keys: 1 };
    const cost = attentionCost({ formulation: findFormulation(name), ...sizes });
    expect(decoder.bytesPerToken).toBe(2 * cost.cacheBytesPerToken(4));
    await decoder.release();
  }
});

test("a row is not read past its place because another one reads more", async () => {
  const small = model("kv+pos", 0, "shared");
  const whole = await full(small);
  const decoder = await openDecoder({ backend, ...small });
  await decoder.start(2);
  const tokens = Array.from(random(4, "tokens").integers(LENGTH, VOCABULARY));
  // The first row is one short of the context, and the second reads many.
  await decoder.read([tokens.slice(0, LENGTH - 1), tokens.slice(0, 1)]);
  const [first, second] = await decoder.read([tokens.slice(LENGTH - 1), tokens.slice(1, 20)]);
  expect(largestDifference(first as Float32Array, await whole(tokens))).toBeLessThan(2e-4);
  expect(largestDifference(second as Float32Array, await whole(tokens.slice(0, 20)))).toBeLessThan(2e-4);
  await decoder.release();
});

test("a decoder that forgot reads as a new one", async () => {
  const small = model("kv+pos", 0, "per-head");
  const decoder = await openDecoder({ backend, ...small });
  await decoder.start(1);
  const [first] = await decoder.read([[1, 2, 3]]);
  await decoder.start(1);
  const [again] = await decoder.read([[1, 2, 3]]);
  expect(again).toEqual(first);
  await decoder.release();
});
