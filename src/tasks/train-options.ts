import { z } from "zod";
import type { TrainOptions } from "./task.ts";

/** How a run is trained; the same options for every task. Defaults are those of the synthetic tasks. */
export const trainOptions = z.strictObject({
  epochs: z.number().positive().default(2).describe("passes over the training data"),
  batch: z.int().min(1).default(128).describe("examples in one step"),
  steps: z.int().min(0).default(0).describe("updates instead of epochs; 0 = as the epochs say"),
  optimizer: z.enum(["adam", "adamw"]).default("adam").describe("adamw adds decoupled weight decay"),
  rate: z.number().positive().default(1e-3).describe("learning rate at its highest"),
  beta1: z.number().min(0).lt(1).default(0.9).describe("decay of the mean of the gradients"),
  beta2: z.number().min(0).lt(1).default(0.999).describe("decay of the mean of their squares"),
  epsilon: z.number().positive().default(1e-8).describe("added to the root of the mean of squares"),
  decay: z.number().min(0).default(0).describe("weight decay of adamw"),
  decayAll: z.boolean().default(true).describe("weight decay on biases and layer norms too"),
  clip: z.number().min(0).default(5).describe("largest global norm of the gradients; 0 = no clipping"),
  schedule: z
    .enum(["cosine-warm-up", "constant", "transformer", "one-cycle"])
    .default("cosine-warm-up")
    .describe("course of the learning rate"),
  warmup: z.int().min(0).default(5).describe("steps of linear warm-up in cosine-warm-up and transformer"),
  evaluations: z.int().min(0).default(4).describe("validations in one epoch; 0 = only at the end"),
  checkpoint: z.int().min(0).default(0).describe("steps between checkpoints; 0 = one at each validation"),
}) satisfies z.ZodType<TrainOptions>;
