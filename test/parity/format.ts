import { z } from "zod";
import { ndarray } from "../../src/graph/index.ts";
import { elements } from "../../src/graph/shape.ts";

/** Numbers with a shape, row-major; a bare number is a scalar. */
export const tensorSchema = z
  .union([
    z.object({ shape: z.array(z.int().min(0)), data: z.array(z.number()) }),
    z.number().transform((value) => ({ shape: [], data: [value] })),
  ])
  .refine(({ shape, data }) => data.length === elements(shape), "data does not fill the shape")
  .transform(({ shape, data }) => ndarray(shape, data));

const tensors = z.record(z.string(), tensorSchema).default({});

/** What a case says of its model; sizes that the weights show need not be said. */
const configSchema = z.looseObject({
  formulation: z.string().nullish(),
  heads: z.int().min(1).nullish(),
  kHeads: z.int().min(1).nullish(),
  vHeads: z.int().min(1).nullish(),
  posDim: z.int().min(1).nullish(),
  posMap: z.enum(["shared", "perHead"]).nullish(),
  scale: z.enum(["headDim", "modelDim"]).nullish(),
  biasIn: z.boolean().nullish(),
  biasOut: z.boolean().nullish(),
  causal: z.boolean().nullish(),
  crossQuery: z.enum(["own", "sharedKey"]).nullish(),
  positional: z.boolean().nullish(),
  eps: z.number().nullish(),
  pad: z.int().nullish(),
  smoothing: z.number().nullish(),
  ignoreIndex: z.int().nullish(),
  vit_patch: z.int().min(1).nullish(),
});
export type Config = z.output<typeof configSchema>;

export const caseSchema = z.looseObject({
  name: z.string().default("unnamed"),
  config: configSchema.default({}),
  inputs: tensors,
  weights: tensors,
  outputs: tensors,
  /** the loss is Σ outputs.out ⊙ cotangent; without it, outputs.loss */
  cotangent: tensorSchema.optional(),
  grads: tensors,
});
export type VectorCase = z.output<typeof caseSchema>;

export const FORMAT = "kvt-parity-1";

export const fileSchema = z.looseObject({
  format: z.literal(FORMAT),
  kind: z.string(),
});
export type VectorFile = z.output<typeof fileSchema>;

/** The first thing that is wrong, on one line. */
export function explain(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    return issue === undefined ? "invalid" : `${issue.path.join(".") || "the document"}: ${issue.message}`;
  }
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0] ?? "";
}
