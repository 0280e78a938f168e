import os from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { KvtError } from "../errors.ts";
import type { CellEngine, CellOutcome, EngineRequest } from "./cell-engine.ts";
import type { Cell } from "./cell.ts";
import { memoryRoom } from "./memory-room.ts";
import { processesFor, runPool } from "./pool.ts";
import { trainCell } from "./train-cell.ts";

export interface LocalEngineOptions {
  /** runs at the same time; without it, as many as the cores have room for */
  readonly processes?: number | undefined;
  /** the file that a training process runs; tests have their own */
  readonly worker?: URL;
}

const MEMORY_CHECK_MS = 500;

/** Runs that a machine has room for: runs on one accelerator would only wait for each other. */
export function processesOf(cells: readonly Cell[], asked: number | undefined): number {
  if (asked !== undefined) return asked;
  const { device = "cpu", threads = 1 } = cells[0]?.configuration ?? {};
  return device === "webgpu" || device === "cuda" ? 1 : processesFor(os.availableParallelism(), threads);
}

/**
 * Runs cells on this machine, each in a process of its own, so that a native crash ends one cell alone. While others run,
 * one is begun only where the memory that is available exceeds the most that a run has needed so far. A full disk
 * concerns all: no other cell is begun, and it is thrown once the running ones have stopped.
 */
export function localEngine({ processes, worker }: LocalEngineOptions = {}): CellEngine {
  return {
    async run({ cells, folderOf, data, onEvent, onOutcome, signal }: EngineRequest) {
      let running = 0;
      const memory = memoryRoom();
      const train = async (cell: Cell, stop: AbortSignal): Promise<CellOutcome> => {
        const fits = (): boolean => running === 0 || memory.isEnough();
        while (!fits() && !stop.aborted) await wait(MEMORY_CHECK_MS);
        if (stop.aborted) return { kind: "left" };
        running++;
        memory.begun();
        try {
          return await trainCell(
            {
              configuration: cell.configuration,
              folder: folderOf(cell),
              data,
              onEvent: (event) => onEvent(cell, event),
            },
            {
              signal: stop,
              onPeak: memory.saw,
              ...(worker === undefined ? {} : { worker }),
            },
          );
        } finally {
          running--;
        }
      };
      await runPool(
        cells,
        processesOf(cells, processes),
        async (cell, stop) => {
          const outcome = await train(cell, stop);
          if (outcome.kind === "failed" && outcome.failure.kind === "disk") {
            const { message, hint } = outcome.failure;
            throw new KvtError("disk", message, hint === undefined ? {} : { hint });
          }
          onOutcome(cell, outcome);
        },
        signal,
      );
    },
  };
}
