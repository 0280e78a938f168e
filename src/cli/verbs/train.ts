import os from "node:os";
import { findFormulation } from "../../attention/formulations/index.ts";
import { findTask } from "../../tasks/index.ts";
import { resolveOptions } from "../../tasks/options.ts";
import { exitCodes } from "../exit.ts";
import { fittingCost } from "../../study/fitting-cost.ts";
import { taskHelp } from "../help.ts";
import {
  addDeviceOptions,
  addJson,
  addTaskOptions,
  addTensorBoard,
  integerFrom,
  runsFolder,
  settingsOf,
  type DeviceOptions,
  type TaskOptions,
} from "../options.ts";
import { modelDimensions } from "../../train/model-dimensions.ts";
import { reportRunInterruption } from "../outcome.ts";
import { printResult, watchRun } from "../single-run.ts";
import { defineVerb } from "../verb.ts";

interface TrainOptions extends DeviceOptions, TaskOptions {
  readonly attention: string;
  readonly seed: number;
  readonly out?: string;
  readonly tensorboard?: boolean;
  readonly json?: boolean;
}

export const trainVerb = defineVerb<TrainOptions>({
  configure(command) {
    command
      .argument("<task>", "what to learn, such as reverse or mnist")
      .option("--attention <name>", "formulation", "kv")
      .option("--seed <n>", "what weights, data and order follow from", integerFrom(0), 1);
    addTaskOptions(command);
    addDeviceOptions(command, { device: "cpu", threads: "the cores of this machine" }).option(
      "--out <folder>",
      `the run's folder, new or empty (default: a new one under ${runsFolder}/)`,
    );
    addTensorBoard(command);
    addJson(command);
  },
  examples: [
    "kvt train reverse --attention kv --seed 7",
    "kvt train mnist --preset paper --out runs/digits --data ~/data",
  ],
  help: taskHelp,
  async run({ words, options, line }, io) {
    const task = findTask(words[0] ?? "");
    const attention = findFormulation(options.attention).name;
    const { preset, seed, device = "cpu", threads = os.availableParallelism() } = options;
    const { json = false, tensorboard = false } = options;
    const resolved = resolveOptions(task, preset, settingsOf(options));
    // Sizes that do not fit are told here, before a folder is made for them.
    fittingCost(task, resolved, attention, await modelDimensions(task, resolved, seed, options.data));
    const configuration = { task: task.name, preset, attention, seed, options: resolved, device, threads };
    const outcome = await watchRun(
      { kind: "start", configuration, out: options.out, runs: runsFolder, data: options.data },
      { attention, seed, metric: task.metric.name, json, tensorboard },
      io,
    );
    if (outcome.kind === "interrupted") return reportRunInterruption(io, outcome, line);
    await printResult(outcome, json, io);
    return exitCodes.success;
  },
});
