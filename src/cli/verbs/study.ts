import type { Command } from "commander";
import { KvtError, unknownWord } from "../../errors.ts";
import { parseShard, type Shard } from "../../study/shard.ts";
import { exitCodes, type ExitCode } from "../exit.ts";
import { coloursFor, print, printJson, type Io } from "../io.ts";
import { addJson, addTensorBoard, runsFolder } from "../options.ts";
import { addEngineOptions, engineOf, type EngineOptions, parallelOf, viewOf } from "../study/engine.ts";
import { openStudyAt, type OpenedStudy } from "../study/open.ts";
import { defineVerb } from "../verb.ts";

interface StudyOptions extends EngineOptions {
  readonly out: string;
  readonly data?: string;
  readonly shard?: Shard;
  readonly retry?: boolean;
  readonly tensorboard?: boolean;
  readonly calibrate: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const actions = ["plan", "run", "status", "report", "schema"] as const;

export const studyVerb = defineVerb<StudyOptions>({
  configure(command: Command) {
    command
      .argument(
        "<action>",
        "plan: cells, cost and time; run: run what is missing and report; status: what is done; report: write it again; schema: for editors",
      )
      .argument("[file]", "the study, YAML or JSON")
      .option("--out <folder>", "where runs and reports lie; studies with the same folder share runs", runsFolder)
      .option("--data <folder>", "folder of data sets (default: KVT_DATA, then the cache)")
      .option("--shard <i/n>", "run part i of n, counted from 1, such as 3/16: for batch schedulers", parseShard)
      .option("--retry", "run failed and damaged cells again")
      .option("--no-calibrate", "plan without trying some steps for the time that runs take")
      .option("--yes", "go on without asking when there are very many cells");
    addEngineOptions(command);
    addTensorBoard(command);
    addJson(command);
  },
  examples: [
    "kvt study plan study.yaml",
    "kvt study run study.yaml",
    "kvt study run study.yaml --shard 3/16 --out /shared/runs",
    "kvt study run study.yaml --queue redis://queue.example",
    "kvt study status study.yaml --json",
    "kvt study status study.yaml --queue redis://queue.example",
    "kvt study schema > study.schema.json",
  ],
  async run({ words: [action = "", file], options, line }, io) {
    if (!actions.some((name) => name === action)) throw unknownWord("usage", "action", action, actions);
    if (action === "schema") {
      const { studyJsonSchema } = await import("../../study/study-json-schema.ts");
      print(io.out, JSON.stringify(studyJsonSchema(), null, 2));
      return exitCodes.success;
    }
    if (file === undefined) {
      throw new KvtError("usage", `kvt study ${action}: expected a study's file, got none`, {
        hint: "The smallest is: { tasks: [copy], attention: [qkv, kv], seeds: 2, preset: quick }",
      });
    }
    const { out, data, yes = false } = options;
    return act(action, await openStudyAt(file, { out, data, yes }, io), options, line, io);
  },
});

async function act(
  action: string,
  opened: OpenedStudy,
  options: StudyOptions,
  line: string,
  io: Io,
): Promise<ExitCode> {
  const { data, processes, shard, retry = false, tensorboard = false, json = false, calibrate } = options;
  if (action === "plan") {
    const { showPlan } = await import("../study/plan.ts");
    return showPlan(opened, { data, processes, calibrate, json }, io);
  }
  if (action === "status") {
    const { showStatus } = await import("../study/status.ts");
    const { yellow } = coloursFor(io.err, io.env);
    const queue = await viewOf(options, opened.plan.cells, (message) =>
      print(io.err, `${yellow("warning:")} ${message}`),
    );
    return showStatus(opened, { json, queue }, io);
  }
  if (action === "run") {
    if (tensorboard && options.queue !== undefined) {
      throw new KvtError("usage", "--tensorboard and --queue: expected one of them, got both", {
        hint: "Event files are written where a run's folder is while it trains, which is on the workers.",
      });
    }
    const { runStudyHere } = await import("../study/run.ts");
    const engine = (warn: (message: string) => void) => engineOf(options, shard, warn);
    const parallel = parallelOf(opened.plan.cells, options);
    return runStudyHere(opened, { engine, parallel, data, shard, retry, tensorboard, json, line }, io);
  }
  const { answersOf, makeReport } = await import("../study/report.ts");
  const made = await makeReport(opened, { data, partial: true }, io);
  if (made === null) {
    throw new KvtError(
      "run",
      `${opened.plan.study.name} has no finished cell in ${opened.store.root}: expected one to report`,
      {
        hint: `kvt study run ${opened.plan.study.file} runs them.`,
      },
    );
  }
  if (json) printJson(io, { report: made.file });
  else {
    for (const answer of answersOf(made.document, io)) print(io.out, `${answer}\n`);
    print(io.out, `report: ${made.file}`);
  }
  return exitCodes.success;
}
