import { z } from "zod";
import { trainOptions } from "../../../src/tasks/train-options.ts";
import type { TrainOptions } from "../../../src/tasks/task.ts";

const number = z.number().nullish();

/** Optimizer and schedule under the names of the vector files. */
export const optimizerSchema = z.looseObject({
  kind: z.enum(["adam", "adamw"]).optional(),
  beta1: number,
  beta2: number,
  eps: number,
  weightDecay: number,
  clip: number,
  baseLr: number,
  schedule: z.enum(["cosineWarmup", "constant"]).nullish(),
  warmup: number,
  maxIters: number,
});
export type OptimizerSettings = z.output<typeof optimizerSchema>;

export function trainSettings(settings: OptimizerSettings, batch = 1): TrainOptions {
  const { kind = "adam", beta1, beta2, eps, weightDecay, clip, baseLr, schedule, warmup } = settings;
  if (kind === "adam" && (weightDecay ?? 0) > 0) throw new Error("adam with a weight decay is not built: use adamw");
  return trainOptions.parse({
    batch,
    optimizer: kind,
    ...(baseLr ? { rate: baseLr } : {}),
    beta1: beta1 ?? 0.9,
    beta2: beta2 ?? 0.999,
    epsilon: eps ?? 1e-8,
    decay: weightDecay ?? 0,
    clip: clip ?? 0,
    schedule: schedule === "cosineWarmup" ? "cosine-warm-up" : "constant",
    warmup: warmup ?? 0,
  });
}
