import { findTask } from "../../tasks/index.ts";
import { openRun } from "../../train/open-run.ts";
import { exitCodes } from "../exit.ts";
import { addDeviceOptions, addJson, addTensorBoard, type DeviceOptions } from "../options.ts";
import { reportRunInterruption } from "../outcome.ts";
import { expectOneRun } from "../run-folder.ts";
import { printResult, watchRun } from "../single-run.ts";
import { defineVerb } from "../verb.ts";

interface ResumeOptions extends DeviceOptions {
  readonly tensorboard?: boolean;
  readonly json?: boolean;
}

export const resumeVerb = defineVerb<ResumeOptions>({
  configure(command) {
    command.argument("<run>", "folder of the run");
    addDeviceOptions(command, { device: "the run's", threads: "the run's" });
    addTensorBoard(command);
    addJson(command);
  },
  examples: ["kvt resume runs/reverse-kv-seed7-1"],
  async run({ words, options, line }, io) {
    const folder = words[0] ?? "";
    expectOneRun(folder);
    const { configuration, result } = openRun(folder);
    const { device, threads, data, json = false, tensorboard = false } = options;
    if (result !== null) {
      await printResult({ kind: "finished", folder, result, already: true }, json, io);
      return exitCodes.success;
    }
    const { attention, seed } = configuration;
    const metric = findTask(configuration.task).metric.name;
    const request = { kind: "resume", folder, device, threads, data } as const;
    const outcome = await watchRun(request, { attention, seed, metric, json, tensorboard }, io);
    if (outcome.kind === "interrupted") return reportRunInterruption(io, outcome, line);
    await printResult(outcome, json, io);
    return exitCodes.success;
  },
});
