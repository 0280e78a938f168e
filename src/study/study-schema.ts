import { z } from "zod";
import { DEVICES } from "../runtime/backend.ts";

const value = z.union([z.number(), z.boolean(), z.string()]);
const wholeFrom = (least: number) => z.int().min(least).max(Number.MAX_SAFE_INTEGER);

const setting = z.record(z.string(), value).describe("options by their paths, such as model.width: 64");
const grid = z
  .record(z.string(), z.array(value).min(1))
  .describe("options with several values each, such as model.width: [32, 64]; every combination is a setting");
const preset = z.enum(["quick", "paper"]).describe("quick: minutes on a laptop; paper: the sizes of the publication");

const taskEntry = z
  .strictObject({
    task: z.string().describe("the task's name, such as copy"),
    preset: preset.optional(),
    set: setting.optional(),
    grid: grid.optional(),
  })
  .describe("a task with options of its own, which win over those of the whole study");

const seedList = z.array(wholeFrom(0)).min(1).describe("the seeds themselves");
const seedCount = wholeFrom(1).max(10_000).describe("how many, from 1");

const budget = z.strictObject({
  steps: wholeFrom(1).optional().describe("updates of every cell, instead of its epochs"),
  macs: z
    .number()
    .positive()
    .optional()
    .describe("multiply-accumulates of the forward passes of every cell's training: the same computation for all"),
  time: z
    .string()
    .regex(/^\d+(\.\d+)?\s*[smh]$/, "expected a time such as 30m or 2h")
    .optional()
    .describe("after it, a command stops as Ctrl-C does; the same command goes on"),
});

/** A study's file as it is written. */
export const studySchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.+-]+$/, "expected letters, digits and . _ + - alone")
    .optional()
    .describe("names the study's folder; without it, the file's name"),
  tasks: z
    .array(z.union([z.string(), taskEntry]))
    .min(1)
    .describe("what to learn"),
  attention: z
    .array(z.string())
    .min(1)
    .describe("formulations; the answer tells differences to the first, tables have every two"),
  seeds: z.union([seedCount, seedList]).optional().describe("runs of each formulation and setting; 3 without it"),
  preset: preset.optional(),
  set: setting.optional(),
  grid: grid.optional(),
  budget: budget.optional(),
  device: z
    .enum([...DEVICES, "auto"])
    .optional()
    .describe("cpu without it"),
  threads: wholeFrom(1).max(1024).optional().describe("of one run; 1 without it"),
});

export type StudyInput = z.infer<typeof studySchema>;
