import type { RunConfiguration } from "../../train/configuration.ts";

/** What a cell asks of the machine that trains it. */
export type Demand = Pick<RunConfiguration, "device" | "threads">;

/** How much a worker takes on. */
export interface Capacity {
  readonly cores: number;
  /** the most cells at the same time, whatever each takes; without it, as many as the cores have room for */
  readonly processes: number | undefined;
}

/** Cores that a cell takes: one a thread, never more than there are; all on an accelerator, which cells would only share. */
export function coresOf({ device, threads }: Demand, cores: number): number {
  return device === "webgpu" || device === "cuda" ? cores : Math.min(cores, Math.max(1, threads));
}

/** Whether a worker that trains `running` begins `next` too. One cell alone always has room. */
export function hasRoom(running: readonly Demand[], next: Demand, { cores, processes }: Capacity): boolean {
  if (running.length === 0) return true;
  if (processes !== undefined) return running.length < processes;
  return [...running, next].reduce((sum, demand) => sum + coresOf(demand, cores), 0) <= cores;
}
