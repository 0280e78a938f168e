import type { Command } from "commander";
import { KvtError } from "../../errors.ts";
import type { CellEngine } from "../../study/cell-engine.ts";
import type { Cell } from "../../study/cell.ts";
import { localEngine, processesOf } from "../../study/local-engine.ts";
import { queueAddress, type QueueAddress } from "../../study/queue/address.ts";
import type { QueueView } from "../../study/queue/ask-queue.ts";
import type { Shard } from "../../study/shard.ts";
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
    .option(
      "--queue [url]",
      "let workers on other machines run the cells, through Redis or Valkey (default: KVT_QUEUE)",
      checkedAddress,
    )
    .option("--weights", "with --queue: bring the trained weights back too");

/** The word after --queue, which is easily one that was meant for something else, such as the study's file. */
function checkedAddress(text: string): string {
  queueAddress(text, process.env, true);
  return text;
}

/** Runs at the same time, as far as they are known: with a queue its workers show. */
export const parallelOf = (cells: readonly Cell[], { queue, processes }: EngineOptions): number | null =>
  queue === undefined ? processesOf(cells, processes) : null;

/** How cells stand on workers elsewhere, where a queue is given. */
export async function viewOf(
  { queue }: EngineOptions,
  cells: readonly Cell[],
  warn: (message: string) => void,
): Promise<QueueView | undefined> {
  if (queue === undefined) return undefined;
  const { askQueue } = await import("../../study/queue/ask-queue.ts");
  return askQueue({ address: addressOf(queue), warn }, cells);
}

const addressOf = (queue: string | true): QueueAddress => queueAddress(queue === true ? undefined : queue);

/**
 * Processes here, or a queue, which tells `warn` what is no failure. Throws a `usage` error for options that exclude each
 * other.
 */
export async function engineOf(
  { queue, processes, weights }: EngineOptions,
  shard: Shard | undefined,
  warn: (message: string) => void,
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
  const { queueEngine } = await import("../../study/queue/queue-engine.ts");
  return queueEngine({ address: addressOf(queue), weights, warn });
}
