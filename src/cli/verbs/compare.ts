import { Option } from "commander";
import { comparisonNote, comparisonTable, comparisonTitle } from "../../report/comparison.ts";
import { plural, wrap } from "../../report/format.ts";
import { compare, type CompareEvent, type CompareRequest } from "../../study/compare.ts";
import { exitCodes } from "../exit.ts";
import { fittingCost } from "../../study/fitting-cost.ts";
import { taskHelp } from "../help.ts";
import { coloursFor, print, printJson, type Io } from "../io.ts";
import {
  addDeviceOptions,
  addJson,
  addTaskOptions,
  addTensorBoard,
  commaList,
  integerFrom,
  runsFolder,
  settingsOf,
  type DeviceOptions,
  type TaskOptions,
} from "../options.ts";
import { reportInterruption } from "../outcome.ts";
import { openProgress, type ProgressView } from "../progress/view.ts";
import { productStudy } from "../../study/product-study.ts";
import { openTensorBoard } from "../../train/tensorboard/tensorboard.ts";
import { defineVerb } from "../verb.ts";

interface CompareOptions extends DeviceOptions, TaskOptions {
  readonly attention: readonly string[];
  readonly seeds: number;
  readonly seed: number;
  readonly processes?: number;
  readonly out?: string;
  readonly tensorboard?: boolean;
  readonly json?: boolean;
}

const attention = new Option("--attention <names>", "formulations between commas; the first is the one compared to")
  .argParser(commaList)
  .default(["qkv", "kv", "kv+pos"], "qkv,kv,kv+pos");

export const compareVerb = defineVerb<CompareOptions>({
  configure(command) {
    command
      .argument("<task>", "what to learn, such as reverse or mnist")
      .addOption(attention)
      .option(
        "--seeds <n>",
        "runs of each formulation; data and order are the same for all of them",
        integerFrom(1, 1_000),
        3,
      )
      .option("--seed <n>", "the first seed", integerFrom(0), 1);
    addTaskOptions(command);
    addDeviceOptions(command, { device: "cpu", threads: "1, and as many runs at once as there are cores" })
      .option("--processes <n>", "runs at the same time", integerFrom(1))
      .option(
        "--out <folder>",
        `folder of the runs (default: one under ${runsFolder}/, the same for the same settings)`,
      );
    addTensorBoard(command);
    addJson(command);
  },
  examples: [
    "kvt compare reverse",
    "kvt compare mnist --attention qkv,kv --seeds 5",
    "kvt compare sort --set model.width=256 --set train.epochs=4 --json > sort.json",
  ],
  help: taskHelp,
  async run({ words, options, line }, io) {
    const { device = "cpu", threads = 1, seeds, seed, json } = options;
    const request: CompareRequest = {
      task: words[0] ?? "",
      preset: options.preset,
      settings: settingsOf(options),
      attention: options.attention,
      seeds: Array.from({ length: seeds }, (_, i) => seed + i),
      device,
      threads,
      processes: options.processes,
      data: options.data,
      runs: runsFolder,
      out: options.out,
    };
    const signal = io.interruptible();
    const metric = productStudy.findTask(request.task).metric.name;
    const show = progressOf((planned) => {
      tellReused(planned, io);
      return openProgress(io, { runs: planned.runs, metric, parallel: planned.processes, signal });
    });
    const study = { ...productStudy, taskCost: fittingCost };
    const board = options.tensorboard === true ? openTensorBoard() : undefined;
    const onEvent = (event: CompareEvent): void => {
      show.update(event);
      const warning = event.kind === "run" ? board?.record(event.run.folder, event.event) : undefined;
      if (event.kind === "run" && warning !== undefined) show.update({ ...event, event: warning });
    };
    const outcome = await compare(request, onEvent, study, signal).finally(() => {
      board?.close();
      return show.close();
    });
    if (outcome.kind === "interrupted") {
      const kept = `${outcome.finished} of ${outcome.total} runs are finished, all that was trained is kept in ${outcome.out}`;
      return reportInterruption(io, kept, line);
    }
    if (json === true) printJson(io, outcome.document);
    else {
      const { bold, dim } = coloursFor(io.out, io.env);
      print(io.out, `\n${bold(comparisonTitle(outcome.document))}\n`);
      print(io.out, await comparisonTable(outcome.document));
      const width = Math.min(io.out.columns ?? Number.POSITIVE_INFINITY, 110);
      print(io.out, `\n${dim(wrap(comparisonNote, width).join("\n"))}`);
      print(io.out, `\n${wrap(outcome.conclusion, width).join("\n")}\n`);
    }
    print(io.err, `runs: ${outcome.out}`);
    return exitCodes.success;
  },
});

type Planned = Extract<CompareEvent, { kind: "planned" }>;

/** Says once that runs are not trained again, and how to have them trained. */
function tellReused({ out, runs }: Planned, io: Io): void {
  const reused = runs.filter(({ state }) => state === "finished").length;
  if (reused === 0) return;
  const count = `${reused} of ${plural(runs.length, "run")}`;
  print(io.err, `${count} finished before, used again; to train all again, delete ${out}`);
}

/** A view that opens when the plan is known; events that come while it opens wait for it. */
function progressOf(open: (planned: Planned) => Promise<ProgressView>): {
  readonly update: (event: CompareEvent) => void;
  readonly close: () => Promise<void>;
} {
  let view: Promise<ProgressView> | undefined;
  return {
    update(event) {
      if (event.kind === "planned") view = open(event);
      else void view?.then((opened) => opened.update(event.run, event.event));
    },
    async close() {
      (await view)?.close();
    },
  };
}
