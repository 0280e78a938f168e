import os from "node:os";
import { coloursFor, print, printJson, type Io } from "../io.ts";
import { exitCodes } from "../exit.ts";
import { addJson, integerFrom, number } from "../options.ts";
import { reportEnd } from "../outcome.ts";
import * as format from "../../report/format.ts";
import { queueAddress } from "../../study/queue/address.ts";
import type { TrainingEnd } from "../../study/queue/training.ts";
import { runWorker } from "../../study/queue/worker.ts";
import { defineVerb } from "../verb.ts";

interface WorkerOptions {
  readonly queue?: string;
  readonly processes?: number;
  readonly out: string;
  readonly data?: string;
  readonly lease: number;
  readonly idle?: number;
  readonly clean?: boolean;
  readonly json?: boolean;
}

export const workerVerb = defineVerb<WorkerOptions>({
  configure(command) {
    command
      .option("--queue <url>", "Redis or Valkey, such as redis://queue.example or rediss://… (default: KVT_QUEUE)")
      .option("--processes <n>", "cells at the same time (default: as many as the cores have room for)", integerFrom(1))
      .option("--out <folder>", "where this machine's run folders lie and stay, with their weights", "runs-worker")
      .option(
        "--clean",
        "remove a run here once its command has it; without --weights there, its weights are gone then",
      )
      .option("--data <folder>", "folder of data sets (default: KVT_DATA, then the cache)")
      .option("--lease <seconds>", "how long a worker that is not heard of keeps its cells", integerFrom(1, 86_400), 60)
      .option("--idle <seconds>", "leave when the queue was empty for so long (default: never)", number);
    addJson(command);
  },
  examples: [
    "kvt worker --queue redis://queue.example",
    "KVT_QUEUE=rediss://queue.example KVT_QUEUE_PASSWORD=… kvt worker --processes 4",
    "kvt worker --queue redis://queue.example --idle 60",
  ],
  async run({ options }, io) {
    const address = queueAddress(options.queue);
    const signal = io.interruptible();
    const ends = { finished: 0, failed: 0, returned: 0, passed: 0 };
    const { yellow } = coloursFor(io.err, io.env);
    const { out, data, idle = null, lease, processes, clean = false, json = false } = options;
    const room = `as many at a time as ${format.plural(os.availableParallelism(), "core")} can take`;
    const many = processes === undefined ? room : processes === 1 ? "one at a time" : `${processes} at a time`;
    await runWorker({
      address,
      out,
      data,
      processes,
      leaseSeconds: lease,
      idleSeconds: idle,
      clean,
      signal,
      warn: (message) => print(io.err, `${yellow("warning:")} ${message}`),
      onReady: () => print(io.err, `waiting for cells from ${address.shown}, ${many}`),
      onTaken: (name) => print(io.err, `${name}: begun`),
      onEnd(name, end) {
        ends[end.kind === "disk" ? "returned" : end.kind]++;
        tell(name, end, io);
      },
    }).finally(() => {
      if (json) printJson(io, { finished: ends.finished, failed: ends.failed, returned: ends.returned });
    });
    const done = `${format.plural(ends.finished, "cell")} finished, ${ends.failed} failed`;
    if (signal.aborted)
      return reportEnd(
        io,
        ends.returned > 0 ? `${done}, ${ends.returned} back in the queue; what they trained is kept` : done,
      );
    if (!json) print(io.err, done);
    return exitCodes.success;
  },
});

function tell(name: string, end: TrainingEnd, io: Io): void {
  const { red } = coloursFor(io.err, io.env);
  if (end.kind === "finished") {
    const { metric, test, seconds } = end.outcome.result;
    print(io.err, `${name}: ${metric} ${format.metric(test)} in ${format.duration(seconds)}`);
  } else if (end.kind === "returned") print(io.err, `${name}: back to the queue`);
  else if (end.kind !== "passed")
    print(io.err, `${name}: ${red(end.kind === "disk" ? "back to the queue" : "failed")}: ${end.failure.message}`);
}
