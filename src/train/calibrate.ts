import { random } from "../random.ts";
import { checkOptions } from "../tasks/options.ts";
import type { RunConfiguration } from "./configuration.ts";
import type { Engine } from "./engine.ts";
import type { Calibration } from "./messages.ts";
import { median } from "./metrics.ts";
import { planSteps } from "./plan.ts";
import { learningRate, momentum } from "./schedule.ts";

/** Seconds of training steps that are timed, and the fewest and most of them. */
const BUDGET = { seconds: 1, least: 3, most: 30 } as const;

/** Times a run's parts on a few batches, without a folder. Throws what starting the run would throw. */
export async function calibrate(
  { task: name, options: given, attention, seed, device, threads }: RunConfiguration,
  data: string | undefined,
  engine: Engine,
): Promise<Calibration> {
  const began = performance.now();
  const task = engine.findTask(name);
  const options = checkOptions(task, given);
  const loaded = await task.load(options, { ...engine.dataEnvironment(data), seed });
  const { stepsPerEpoch, totalSteps } = planSteps(loaded.sizes.train, options.train);
  const { dimensions } = loaded;
  const program = await engine.createTrainingProgram({ task, options, attention, dimensions, seed, device, threads });
  try {
    const { batch } = options.train;
    const order = loaded.order?.(0, batch) ?? random(seed, "order", 0).permutation(loaded.sizes.train);
    const rate = learningRate(options.train, Math.floor(totalSteps / 2), totalSteps);
    const betas = momentum(options.train, 0, totalSteps);
    const step = async (i: number): Promise<number> => {
      const from = performance.now();
      const start = (i % stepsPerEpoch) * batch;
      await program.step(loaded.batch("train", order.subarray(start, start + batch), 0), rate, betas);
      return (performance.now() - from) / 1000;
    };
    // The first step builds what later ones use again.
    await step(0);
    const setupSeconds = (performance.now() - began) / 1000;
    const seconds: number[] = [];
    for (let [i, spent] = [1, 0]; i <= BUDGET.most && (i <= BUDGET.least || spent < BUDGET.seconds); i++) {
      const time = await step(i);
      seconds.push(time);
      spent += time;
    }
    const size = Math.min(batch, loaded.sizes.validation);
    const examples = loaded.batch(
      "validation",
      Int32Array.from({ length: size }, (_, i) => i),
      0,
    );
    await program.evaluate(examples);
    const from = performance.now();
    await program.evaluate(examples);
    const secondsPerExample = (performance.now() - from) / 1000 / size;
    return { setupSeconds, secondsPerStep: median(seconds), secondsPerExample, sizes: loaded.sizes };
  } finally {
    await program.release();
  }
}
