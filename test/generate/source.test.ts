import { describe, expect, test } from "vitest";
import { formulations } from "../../src/attention/formulations/index.ts";
import { openDecoder } from "../../src/generate/decoder.ts";
import { input, type Tensor } from "../../src/graph/index.ts";
import {
  decode,
  encode,
  encoderDecoderOptions,
  keepTokens,
  type EncoderDecoder,
} from "../../src/models/encoder-decoder.ts";
import { Scope } from "../../src/nn/scope.ts";
import { wordLogits } from "../../src/nn/word-output.ts";
import { random } from "../../src/random.ts";
import { openNode } from "../../src/runtime/node.ts";
import { openSession, toTensors, toValues } from "../../src/runtime/session.ts";
import type { Values } from "../../src/runtime/values.ts";

const PADDING = 1;
const VOCABULARY = 9;
const backend = await openNode("cpu", 1);

function optionsOf(formulation: string, keyHeads: number, crossQuery: "own" | "shared-key"): EncoderDecoder {
  return {
    ...encoderDecoderOptions.parse({ width: 16, layers: 2, heads: 4, keyHeads, crossQuery }),
    formulation,
    sourceVocabulary: 7,
    targetVocabulary: VOCABULARY,
    length: 90,
    padding: PADDING,
  };
}

const logitsOf = (options: EncoderDecoder) => (scope: Scope, ids: Tensor, source: Tensor) => {
  const memory = encode(scope, source, options);
  const hidden = decode(scope, { target: ids, memory, keep: keepTokens(source, PADDING) }, options);
  return wordLogits(scope, hidden, VOCABULARY);
};

const symbols = (name: string, length: string): Tensor => input(name, ["B", length], "int32");

/** Weights large enough that attention matters. */
function weightsOf(options: EncoderDecoder): Map<string, Values> {
  const scope = new Scope({ training: false });
  logitsOf(options)(scope, symbols("ids", "T"), symbols("source", "M"));
  return new Map(
    scope.parameters.map(({ path, shape }): [string, Values] => {
      const stream = random(5, path);
      const size = shape.reduce((a, b) => a * b, 1);
      return [path, { data: Float32Array.from({ length: size }, () => 0.4 * stream.normal()), shape }];
    }),
  );
}

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));

/** Sources of different lengths in one batch. */
const SOURCES = [
  [2, 4, 5, 3],
  [2, 6, 3],
  [2, 5, 4, 6, 4, 3],
];

function padded(rows: readonly (readonly number[])[]): Values {
  const columns = Math.max(...rows.map(({ length }) => length));
  const data = new Int32Array(rows.length * columns).fill(PADDING);
  rows.forEach((ids, row) => data.set(ids, row * columns));
  return { data, shape: [rows.length, columns] };
}

describe("decoding from a source gives the logits of the full forward pass", () => {
  const cases = formulations.flatMap(({ name }) =>
    [0, 2, 1].flatMap((keyHeads) => (["own", "shared-key"] as const).map((query) => [name, keyHeads, query] as const)),
  );
  test.each(cases)("%s with %i key heads and %s cross-queries", async (name, keyHeads, crossQuery) => {
    const options = optionsOf(name, keyHeads, crossQuery);
    const parameters = weightsOf(options);
    const logits = logitsOf(options);
    const decoder = await openDecoder({ backend, parameters, logits });
    const scope = new Scope({ training: false });
    const whole = await openSession(backend, { logits: logits(scope, symbols("ids", "T"), symbols("source", "M")) });
    const draws = random(8, "tokens");

    await decoder.start(padded(SOURCES));
    let rows = SOURCES.map((source) => ({ source, ids: [] as number[] }));
    // Row counts and orders as beam search makes them; the second reading goes past the first 64 slots.
    for (const [counts, selected] of [
      [
        [1, 1, 1],
        [0, 1, 2],
      ],
      [
        [70, 3, 1],
        [2, 2, 0, 1, 0],
      ],
      [
        [1, 2, 1, 1, 1],
        [4, 0],
      ],
      [
        [1, 1],
        [0, 1],
      ],
    ] as const) {
      const tokens = counts.map((count) => Array.from(draws.integers(count, VOCABULARY - 2), (id) => id + 2));
      rows.forEach((row, i) => row.ids.push(...(tokens[i] ?? [])));
      const found = await decoder.read(tokens);
      for (const [i, { source, ids }] of rows.entries()) {
        const feeds = { ids: padded([ids]), source: padded([source]), ...Object.fromEntries(parameters) };
        const results = await whole.run(toTensors(backend, feeds));
        if (results["logits"] === undefined) throw new Error("no logits");
        const last = (await toValues(results["logits"])).data.slice(-VOCABULARY) as Float32Array;
        expect(largestDifference(found[i] as Float32Array, last)).toBeLessThan(2e-4);
      }
      decoder.select(selected);
      rows = selected.map((row) => ({ source: rows[row]?.source ?? [], ids: [...(rows[row]?.ids ?? [])] }));
    }
    await decoder.release();
    await whole.release();
  });
});

test("says what a model with a source begins from", async () => {
  const options = optionsOf("kv", 0, "own");
  const decoder = await openDecoder({ backend, parameters: weightsOf(options), logits: logitsOf(options) });
  await expect(decoder.start(2)).rejects.toThrow("decoder: expected sources to read, got a number of rows");
  await decoder.release();
});
