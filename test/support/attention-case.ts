import fc from "fast-check";
import { attention, type AttentionOptions } from "../../src/attention/attend.ts";
import { formulations } from "../../src/attention/formulations/index.ts";
import { input, ndarray, type NDArray, type Tensor } from "../../src/graph/index.ts";
import { Scope } from "../../src/nn/scope.ts";
import { random } from "../../src/random.ts";
import { normals } from "./gradient-check.ts";

/** One attention module and the lengths on which it runs. */
export interface AttentionCase {
  readonly options: AttentionOptions;
  readonly batch: number;
  readonly width: number;
  readonly queries: number;
  /** length of the memory in cross-attention; undefined in self-attention */
  readonly memory: number | undefined;
  /** whether some keys are padding */
  readonly padding: boolean;
  readonly seed: number;
}

const divisors = (n: number) => Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);

/** Any formulation with any head sharing, masks, biases, position map and role. */
export const attentionCases: fc.Arbitrary<AttentionCase> = fc
  .record({
    formulation: fc.constantFrom(...formulations),
    heads: fc.constantFrom(1, 2, 4),
    headWidth: fc.integer({ min: 1, max: 3 }),
    lengths: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
    cross: fc.boolean(),
    channels: fc.integer({ min: 1, max: 12 }),
    more: fc.record({
      scale: fc.constantFrom("head" as const, "model" as const),
      causal: fc.boolean(),
      bias: fc.record({ input: fc.boolean(), output: fc.boolean() }),
      crossQuery: fc.constantFrom("own" as const, "shared-key" as const),
    }),
    sharing: fc.constantFrom("shared" as const, "per-head" as const),
    batch: fc.integer({ min: 1, max: 2 }),
    padding: fc.boolean(),
    seed: fc.nat(1e6),
  })
  .chain(({ heads, headWidth, formulation, lengths: [queries, keys], cross, channels, sharing, more, ...rest }) =>
    fc
      .record({ keyHeads: fc.constantFrom(...divisors(heads)), valueHeads: fc.constantFrom(...divisors(heads)) })
      .map(({ keyHeads, valueHeads }) => ({
        ...rest,
        width: heads * headWidth,
        queries,
        memory: cross ? keys : undefined,
        options: {
          ...more,
          formulation,
          heads,
          keyHeads,
          valueHeads: "value" in formulation.projections ? valueHeads : keyHeads,
          position: { channels, sharing, positions: 6 },
        },
      })),
  );

export interface BuiltAttention {
  readonly scope: Scope;
  readonly out: Tensor;
  readonly inputs: readonly Tensor[];
  /** random numbers for all inputs and parameters; the first key is never padding */
  readonly values: Readonly<Record<string, NDArray>>;
}

export function buildAttention(
  { options, batch, width, queries, memory, padding, seed }: AttentionCase,
  scope = new Scope({ training: false }),
): BuiltAttention {
  const keys = memory ?? queries;
  const x = input("x", [batch, queries, width]);
  const source = memory === undefined ? undefined : input("memory", [batch, keys, width]);
  const keep = padding ? input("keep", [batch, keys]) : undefined;
  const out = attention(scope, { queries: x, ...(source && { memory: source }), ...(keep && { keep }) }, options);
  const inputs = [x, ...(source === undefined ? [] : [source])];
  const named = [
    ...inputs.map(({ attributes, shape }) => [String(attributes["name"]), shape as number[]] as const),
    ...scope.parameters.map(({ path, shape }) => [path, shape] as const),
  ];
  const values = Object.fromEntries(named.map(([name, shape]) => [name, normals(random(seed, name), shape)]));
  const padded = random(seed, "keep");
  const kept = Array.from({ length: batch * keys }, (_, i) => (i % keys === 0 ? 1 : padded.integer(2)));
  return { scope, out, inputs, values: { ...values, keep: ndarray([batch, keys], kept) } };
}
