import { z } from "zod";
import type { Options, Task } from "../../src/tasks/task.ts";

interface Model {
  readonly inputs: (batch: number | string) => ReturnType<Task["inputs"]>;
  readonly graph: Task["graph"];
}

/** A model and its loss as a task without data, so that the product builds its training step. */
export const modelTask = ({ inputs, graph }: Model): Task => ({
  name: "model",
  summary: "a model without data",
  options: z.custom<Options>(),
  presets: { quick: {}, paper: {} },
  metric: { name: "accuracy", higherIsBetter: true, from: "correct" },
  keep: "last",
  inputs: (_options, batch) => inputs(batch),
  graph,
  load: () => Promise.reject(new Error("internal: a model without data has none to load")),
});
