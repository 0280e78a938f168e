import { expect, it } from "vitest";
import { attention, type AttentionOptions } from "../../src/attention/attend.ts";
import { findFormulation } from "../../src/attention/formulations/index.ts";
import { inModule, input } from "../../src/graph/index.ts";
import { Scope } from "../../src/nn/scope.ts";

const options = (changes: Partial<AttentionOptions> & { readonly name?: string }): AttentionOptions => ({
  formulation: findFormulation(changes.name ?? "kv+pos"),
  heads: 4,
  scale: "head",
  causal: false,
  bias: { input: true, output: true },
  position: { channels: 10, sharing: "shared", positions: 8 },
  ...changes,
});

const build = (changes: Parameters<typeof options>[0], shape: readonly number[] = [2, 8, 16]) =>
  inModule("block.0.attention", () =>
    attention(new Scope({ training: false }), { queries: input("x", shape) }, options(changes)),
  );

it.each<[string, () => unknown, string]>([
  ["heads", () => build({ heads: 3 }), 'attention "block.0.attention": expected a width that 3 heads divide, got 16'],
  [
    "key heads",
    () => build({ keyHeads: 3 }),
    'attention "block.0.attention": expected key heads that divide 4 heads, got 3',
  ],
  [
    "value heads",
    () => build({ valueHeads: 8 }),
    'attention "block.0.attention": expected value heads that divide 4 heads, got 8',
  ],
  [
    "values that are the keys",
    () => build({ name: "q-kv", keyHeads: 4, valueHeads: 2 }),
    'attention "block.0.attention": expected as many value heads as key heads, for values of q-kv are its keys, got 2 and 4.',
  ],
  [
    "positions",
    () => build({}, [2, 9, 16]),
    'position map "block.0.attention.position": expected at most 8 keys, got 9',
  ],
  [
    "formulation",
    () => findFormulation("kqv"),
    'unknown formulation "kqv": expected one of qkv, kv, kv+pos, q-kv, k, k+pos',
  ],
])("what does not fit is named: %s", (_what, act, message) => expect(act).toThrow(message));

it("the nearest formulation is suggested", () => {
  expect(() => findFormulation("kv-pos")).toThrow(expect.objectContaining({ hint: 'Did you mean "kv+pos"?' }));
});
