import type { Command } from "commander";
import { KvtError } from "../../errors.ts";
import type { CellEngine } from "../../study/cell-engine.ts";
import { localEngine } from "../../study/local-engine.ts";
import type { Shard } from "../../study/shard.ts";
import { coloursFor, print, type Io } from "../io.ts";
import { integerFrom } from "../options.ts";

/** Options that say where cells are run. */
export interface EngineOptions {
  readonly processes?: number;
  readonly queue?: string | true;
  readonly weights?: boolean;
}

export const addEngineOptions = (command: Command): Command =>
  command
    .option("--processes <n>", "runs at the same time (default: as many as the cores have room for)", integerFrom(1))
    .option("--queue [url]", "let workers on other machines run the cells, through Redis (default: KVT_QUEUE)")
    .option("--weights", "with --queue: bring the trained weights back too");

/** Processes here, or a queue. Throws a `usage` error for options that exclude each other. */
export async function engineOf(
  { queue, processes, weights }: EngineOptions,
  shard: Shard | undefined,
  io: Io,
): Promise<CellEngine> {
  if (queue === undefined) {
    if (weights === true) throw new KvtError("usage", "--weights: expected --queue too; runs here keep their weights");
    return localEngine({ processes });
  }
  if (shard !== undefined) throw new KvtError("usage", "--shard and --queue: expected one of them, got both");
  if (processes !== undefined) {
    throw new KvtError("usage", "--processes and --queue: expected one of them, got both", {
      hint: "Each worker says how many cells it takes at the same time: kvt worker --processes N.",
    });
  }
  const [{ queueAddress }, { queueEngine }] = await Promise.all([
    import("../../study/queue/address.ts"),
    import("../../study/queue/queue-engine.ts"),
  ]);
  const { yellow } = coloursFor(io.err, io.env);
  return queueEngine({
    address: queueAddress(queue === true ? undefined : queue),
    weights,
    warn: (message) => print(io.err, `${yellow("warning:")} ${message}`),
  });
}
