import { z } from "zod";
import { attentionCost, type AttentionSize } from "../../../src/attention/cost.ts";
import { findFormulation } from "../../../src/attention/formulations/index.ts";
import { ndarray } from "../../../src/graph/index.ts";
import type { Check } from "../check.ts";
import { EXACT, type Quantity } from "../judge.ts";
import { modelSize } from "./model-size.ts";

const macs = z.object({
  projections: z.number(),
  scores: z.number(),
  values: z.number(),
  output: z.number(),
  posMapAuthor: z.number(),
  posMapFactored: z.number(),
});

const rowSchema = z.looseObject({
  name: z.string(),
  formulation: z.string(),
  n: z.int().min(1),
  dim: z.int().min(1),
  heads: z.int().min(1),
  layers: z.int().min(1),
  posDim: z.int().min(1).nullish(),
  params: z.number().optional(),
  attnMacsPerLayer: macs.partial().optional(),
});
export type ComplexityRow = z.output<typeof rowSchema>;

const cacheSchema = z.looseObject({
  model: z.string(),
  variant: z.string(),
  bytesPerTokenFp16: z.number(),
  reduction: z.number().optional(),
});

const fileSchema = z.looseObject({ rows: z.array(z.unknown()).default([]), kvCache: z.array(z.unknown()).default([]) });

export function complexityChecks(raw: unknown): Check[] {
  const { rows, kvCache } = fileSchema.parse(raw);
  const label = (given: unknown, keys: readonly string[]) =>
    keys.map((key) => (given as Record<string, string | number> | null)?.[key] ?? "?").join("/");
  return [
    ...rows.map((row) => ({
      name: label(row, ["name", "formulation", "n", "dim", "heads", "layers"]),
      run: () => Promise.resolve(rowCase(rowSchema.parse(row))),
    })),
    ...kvCache.map((row) => ({
      name: `cache ${label(row, ["model", "variant"])}`,
      run: () => Promise.resolve(cacheCase(cacheSchema.parse(row))),
    })),
  ];
}

const exact = (name: string, expected: number, actual: number): Quantity => ({
  name,
  expected: ndarray([], [expected]),
  float64: ndarray([], [actual]),
  tolerance: EXACT,
});

function rowCase(row: ComplexityRow): Quantity[] {
  const { n, dim, heads, posDim } = row;
  const cost = attentionCost({
    formulation: findFormulation(row.formulation),
    width: dim,
    heads,
    bias: { input: true, output: true },
    positionChannels: posDim ?? 0,
    queries: n,
    keys: n,
  });
  const counted = { ...cost.macs, posMapAuthor: cost.map.author, posMapFactored: cost.map.factored };
  return [
    ...(row.params === undefined ? [] : [exact("params", row.params, modelSize(row))]),
    ...Object.entries(row.attnMacsPerLayer ?? {}).map(([name, expected]) =>
      exact(name, Number(expected), counted[name as keyof z.output<typeof macs>]),
    ),
  ];
}

/** The follow-up's language models. */
const MODELS: Readonly<Record<string, { readonly layers: number; readonly width: number; readonly heads: number }>> = {
  "300M": { layers: 20, width: 1024, heads: 16 },
  "1.2B": { layers: 22, width: 2048, heads: 32 },
};

const BYTES_PER_FLOAT16 = 2;

function cacheCase({ model, variant, bytesPerTokenFp16, reduction }: z.output<typeof cacheSchema>): Quantity[] {
  const { [model]: sizes } = MODELS;
  if (sizes === undefined) throw new Error(`model "${model}" is not built`);
  const bytes = (name: string): number => {
    const module: AttentionSize = {
      ...sizes,
      ...parseVariant(name),
      bias: { input: true, output: true },
      queries: 1,
      keys: 1,
    };
    return sizes.layers * attentionCost(module).cacheBytesPerToken(BYTES_PER_FLOAT16);
  };
  return [
    exact("bytesPerTokenFp16", bytesPerTokenFp16, bytes(variant)),
    ...(reduction === undefined ? [] : [exact("reduction", reduction, 1 - bytes(variant) / bytes("QKV"))]),
  ];
}

const NAMES: Readonly<Record<string, string>> = { QKV: "qkv", "Q=K-V": "kv", "Q-K=V": "q-kv", "Q=K=V": "k" };

/** The follow-up's names: `GQA-4` shares heads of QKV, `Q-GQA-4` of Q-K=V; `MQA` and `Q-MQA` have one head. */
function parseVariant(variant: string): Pick<AttentionSize, "formulation" | "keyHeads"> {
  const shared = /^(Q-)?(?:MQA|GQA-(\d+))$/.exec(variant);
  if (shared !== null) {
    return { formulation: findFormulation(shared[1] === undefined ? "qkv" : "q-kv"), keyHeads: Number(shared[2] ?? 1) };
  }
  return { formulation: findFormulation(NAMES[variant] ?? variant) };
}
