import { openTrainingProgram, random, type Backend, type Feeds } from "../../../src/index.ts";
import { smallModels, smallTask, type SmallModel } from "../../support/small-models.ts";
import { smallOptions } from "./graphs.ts";
import type { Numbers } from "./train.ts";

const UPDATES = 2;
const RATE = 1e-3;

/** Two updates of every small model on a backend, dropout on; by the model's name. */
export async function modelSteps(backend: Backend): Promise<Record<string, Numbers[]>> {
  const all: Record<string, Numbers[]> = {};
  for (const model of smallModels) all[model.name] = await stepsOf(model, backend);
  return all;
}

async function stepsOf(model: SmallModel, backend: Backend): Promise<Numbers[]> {
  const task = smallTask(model, "kv+pos");
  const program = await openTrainingProgram({ task, options: smallOptions, attention: "kv+pos", seed: 1 }, backend);
  const steps: Numbers[] = [];
  for (let i = 0; i < UPDATES; i++) {
    steps.push(
      await program.step(batch(task.inputs(smallOptions, smallOptions.train.batch, {}), model.classes, i), RATE),
    );
  }
  await program.release();
  return steps;
}

/** Random pictures, ids and targets. */
function batch(inputs: ReturnType<ReturnType<typeof smallTask>["inputs"]>, classes: number, step: number): Feeds {
  const entries = Object.entries(inputs).map(([name, { dtype, shape }]) => {
    const stream = random(1, name, step);
    const sizes = shape as readonly number[];
    const length = sizes.reduce((a, b) => a * b, 1);
    const data =
      dtype === "int32" ? stream.integers(length, classes) : Float32Array.from({ length }, () => stream.normal());
    return [name, { data, shape: sizes }];
  });
  return Object.fromEntries(entries) as Feeds;
}
