import { describe, expect, it } from "vitest";
import { formulations } from "../../src/attention/formulations/index.ts";
import { openDecoder } from "../../src/generate/decoder.ts";
import { evaluate, input, ndarray, type Tensor } from "../../src/graph/index.ts";
import { tiedDecoder, tiedDecoderOptions, type TiedDecoder } from "../../src/models/tied-decoder.ts";
import { Scope } from "../../src/nn/scope.ts";
import { random } from "../../src/random.ts";
import { openNode } from "../../src/runtime/node.ts";

const VOCABULARY = 7;
const WIDTH = 16;
const TOKENS = [3, 1, 4, 1, 5, 0, 2, 6];
const backend = await openNode("cpu", 1);

const optionsOf = (formulation: string, changes: object = {}): TiedDecoder => ({
  ...tiedDecoderOptions.parse({ width: WIDTH, layers: 2, heads: 4, ...changes }),
  formulation,
  vocabulary: VOCABULARY,
  length: TOKENS.length,
});

/** Initial values of all parameters by their paths. */
function initial(options: TiedDecoder) {
  const scope = new Scope({ training: false });
  tiedDecoder(scope, input("ids", ["B", "T"], "int32"), options);
  return new Map(
    scope.parameters.map(({ path, shape, initialise }) => [path, { data: initialise(random(2, path), shape), shape }]),
  );
}

/** Logits of the whole sequence at once, a row for each token. */
function full(options: TiedDecoder, tokens = TOKENS): number[][] {
  const values = [...initial(options)].map(([path, { data, shape }]) => [path, ndarray(shape, data)] as const);
  const logits = tiedDecoder(new Scope({ training: false }), input("ids", [1, tokens.length], "int32"), options);
  const [result] = evaluate([logits], { ...Object.fromEntries(values), ids: ndarray([1, tokens.length], tokens) });
  const all = Array.from(result?.data ?? []);
  return tokens.map((_, i) => all.slice(i * VOCABULARY, (i + 1) * VOCABULARY));
}

describe.each(formulations)("$name", ({ name }) => {
  it.each([{}, { keyHeads: 2 }, { keyHeads: 1 }, { residual: "input", positionMap: "per-head" }])(
    "reads token by token what it reads at once: %j",
    async (changes) => {
      const options = optionsOf(name, changes);
      const logits = (scope: Scope, ids: Tensor): Tensor => tiedDecoder(scope, ids, options);
      const decoder = await openDecoder({ backend, parameters: initial(options), logits });
      await decoder.start(1);
      for (const [i, expected] of full(options).entries()) {
        const [found] = await decoder.read([[TOKENS[i] as number]]);
        expected.forEach((value, c) => {
          expect(Math.abs((found?.[c] ?? NaN) - value)).toBeLessThan(2e-4);
        });
      }
      await decoder.release();
    },
  );

  it("does not look ahead", () => {
    const changed = [...TOKENS.slice(0, 5), 6, 6, 6];
    const [one, other] = [full(optionsOf(name)), full(optionsOf(name), changed)];
    expect(other.slice(0, 5)).toEqual(one.slice(0, 5));
    expect(other[5]).not.toEqual(one[5]);
  });
});

it("adds to the normalised input or to the input", () => {
  expect(full(optionsOf("qkv", { residual: "input" }))).not.toEqual(full(optionsOf("qkv")));
});

it("starts with an embedding that ends at two deviations and with Xavier's bounds for each matrix", () => {
  const values = initial(optionsOf("qkv", { width: 64 }));
  const largest = (path: string) => Math.max(...Array.from(values.get(path)?.data ?? [], Math.abs));
  const near = (path: string, bound: number) => {
    expect(largest(path)).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(largest(path)).toBeGreaterThan(0.95 * bound);
  };
  near("token.weight", 2 / 8);
  near("block.0.attention.key.weight", Math.sqrt(6 / 128));
  near("block.1.attention.output.weight", Math.sqrt(6 / 128));
  near("block.0.ffn.up.weight", Math.sqrt(6 / 320));
});
