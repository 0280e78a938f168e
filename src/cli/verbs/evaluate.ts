import { KvtError } from "../../errors.ts";
import * as format from "../../report/format.ts";
import { runInProcess } from "../../train/run-in-process.ts";
import { exitCodes } from "../exit.ts";
import { print, printJson } from "../io.ts";
import { addDeviceOptions, addJson, oneOf, type DeviceOptions } from "../options.ts";
import { reportInterruption } from "../outcome.ts";
import { expectOneRun } from "../run-folder.ts";
import { defineVerb } from "../verb.ts";

interface EvaluateOptions extends DeviceOptions {
  readonly split: "test" | "validation";
  readonly json?: boolean;
}

export const evaluateVerb = defineVerb<EvaluateOptions>({
  configure(command) {
    command
      .argument("<run>", "folder of a finished run")
      .option("--split <name>", "test or validation", oneOf("split", ["test", "validation"]), "test");
    addDeviceOptions(command, { device: "the run's", threads: "the run's" });
    addJson(command);
  },
  examples: ["kvt evaluate runs/reverse-kv-seed7-1", "kvt evaluate runs/reverse-kv-seed7-1 --split validation --json"],
  async run({ words, options, line }, io) {
    const { split, device, threads, data, json } = options;
    const folder = words[0] ?? "";
    expectOneRun(folder);
    const signal = io.interruptible();
    const outcome = await runInProcess({ kind: "evaluate", folder, split, device, threads, data }, () => undefined, {
      signal,
    });
    if (outcome.kind === "interrupted") {
      return reportInterruption(io, "an evaluation keeps nothing, the run is as it was", line);
    }
    if (outcome.kind !== "evaluated") throw new KvtError("run", "internal: asked to evaluate, trained");
    const { evaluation } = outcome;
    if (json === true) printJson(io, { folder, ...evaluation });
    else {
      const { metric, value, loss, weights, device: used } = evaluation;
      const rest = metric === "loss" ? `${format.bits(loss)} bits` : `loss ${format.loss(loss)}`;
      print(io.out, `${split} ${metric} ${format.metric(value)}, ${rest} (${weights} weights, on ${used})`);
    }
    return exitCodes.success;
  },
});
