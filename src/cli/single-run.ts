import path from "node:path";
import { KvtError } from "../errors.ts";
import * as format from "../report/format.ts";
import type { RunOutcome, RunRequest } from "../train/messages.ts";
import { runInProcess } from "../train/run-in-process.ts";
import { openTensorBoard } from "../train/tensorboard/tensorboard.ts";
import { print, printJson, type Io } from "./io.ts";
import { openProgress } from "./progress/view.ts";

type Trained = Extract<RunOutcome, { kind: "finished" | "interrupted" }>;

/** Trains one run in a process of its own with its progress on the error output; its folder is printed first. */
export async function watchRun(
  request: Extract<RunRequest, { kind: "start" | "resume" }>,
  {
    attention,
    seed,
    metric,
    json,
    tensorboard,
  }: { attention: string; seed: number; metric: string; json: boolean; tensorboard: boolean },
  io: Io,
): Promise<Trained> {
  const run = { attention, seed };
  const signal = io.interruptible();
  const view = await openProgress(io, { runs: [run], metric, parallel: 1, signal });
  const board = tensorboard ? openTensorBoard() : undefined;
  let folder = request.kind === "resume" ? request.folder : "";
  try {
    const outcome = await runInProcess(
      request,
      (event) => {
        if (event.kind === "created") {
          folder = event.folder;
          view.above(json ? io.err : io.out, folder);
        }
        view.update(run, event);
        const warning = board?.record(folder, event);
        if (warning !== undefined) view.update(run, warning);
      },
      { signal },
    );
    if (outcome.kind !== "finished" && outcome.kind !== "interrupted") {
      throw new KvtError("run", `internal: asked to train, ${outcome.kind}`);
    }
    return outcome;
  } finally {
    board?.close();
    view.close();
  }
}

/** What a finished run found, for people or as JSON. */
export async function printResult(
  { folder, result, already }: Extract<Trained, { kind: "finished" }>,
  json: boolean,
  io: Io,
): Promise<void> {
  if (json) {
    printJson(io, { folder, already, result });
    return;
  }
  if (already) print(io.err, `${folder} was finished before: nothing is left to do`);
  const weights = path.join(folder, result.weights === "best" ? "best.safetensors" : "weights.safetensors");
  const rows: [string, string][] = [
    [`test ${result.metric}`, format.metric(result.test)],
    [`validation ${result.metric}`, format.metric(result.validation)],
    // Where the loss itself is the metric, it stands above in nats.
    result.metric === "loss"
      ? ["test loss in bits", format.bits(result.loss)]
      : ["test loss", format.loss(result.loss)],
    ["time", `${format.duration(result.seconds)} for ${format.plural(result.steps, "step")} on ${result.device}`],
    ["median step", format.milliseconds(result.secondsPerStep)],
    ["tested weights", `${weights} (${result.weights}, step ${format.count(result.weightsStep)})`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) print(io.out, `${name.padEnd(width)}  ${value}`);
}
