import path from "node:path";
import { sha256 } from "../data/checksum.ts";
import { type Lines, openLines, readLines } from "./append.ts";
import { type FileLengths, pruneCheckpoints, readNewestCheckpoint, writeCheckpoint } from "./checkpoint-folder.ts";
import { checkpointTensors, readState, weightTensors } from "./checkpoint-tensors.ts";
import { jsonBytes, replaceFile } from "./durable.ts";
import type { RunEvent, RunResult } from "./events.ts";
import type { RunStore } from "./loop.ts";
import { metricsLine, timingLine } from "./metrics.ts";
import type { ParameterDescription, TrainingState } from "./program.ts";
import type { Checkpoint } from "./progress.ts";
import type { Run } from "./open-run.ts";
import { writeSafetensors } from "./safetensors.ts";
import type { WeightsFile } from "./weights.ts";

/** A run's folder as the loop writes to it. */
export interface FolderStore extends RunStore {
  /** appends the event's lines to `metrics.jsonl` and `timing.jsonl` */
  record(event: RunEvent): void;
  close(): void;
}

export interface OpenedStore {
  readonly store: FolderStore;
  /** where the run goes on, or undefined at its beginning */
  readonly resume: { readonly checkpoint: Checkpoint; readonly stepSeconds: readonly number[] } | undefined;
}

/**
 * Opens a run's folder for writing, after its newest checkpoint: lines written after it are cut off, for the run will
 * write them again. Throws `checkpoint`, `run` and `disk` errors.
 */
export function openStore(run: Run, parameters: readonly ParameterDescription[]): OpenedStore {
  const stored = readNewestCheckpoint(run.folder);
  const checkpoint = stored === null ? undefined : restore(stored, parameters);
  const timingFile = path.join(run.folder, "timing.jsonl");
  const metrics = openLines(path.join(run.folder, "metrics.jsonl"), stored?.lengths.metricsBytes ?? 0);
  const timing = openLines(timingFile, stored?.lengths.timingBytes ?? 0);
  const store = createStore(run, parameters, metrics, timing);
  if (checkpoint === undefined) return { store, resume: undefined };
  const stepSeconds = readLines(timingFile).flatMap(({ kind, seconds }) => (kind === "step" ? [Number(seconds)] : []));
  return { store, resume: { checkpoint, stepSeconds } };
}

function restore(
  { tensors, progress, file }: NonNullable<ReturnType<typeof readNewestCheckpoint>>,
  parameters: readonly ParameterDescription[],
): Checkpoint {
  const { state, best } = readState(tensors, parameters, progress.step, file);
  return { state, progress, best: best ?? (progress.best?.step === progress.step ? state.parameters : null) };
}

function createStore(
  run: Run,
  parameters: readonly ParameterDescription[],
  metrics: Lines,
  timing: Lines,
): FolderStore {
  const { task, attention, seed } = run.configuration;
  const metadata = (step: number): Record<string, string> => ({ task, attention, seed: `${seed}`, step: `${step}` });
  const checksums: Record<string, string> = {};
  const writeWeights = (name: WeightsFile, values: readonly Float32Array[], step: number): void => {
    const bytes = writeSafetensors({ tensors: weightTensors(values, parameters), metadata: metadata(step) });
    replaceFile(path.join(run.folder, name), bytes);
    checksums[name] = sha256(bytes);
  };
  return {
    record(event) {
      const [metricsText, timingText] = [metricsLine(event), timingLine(event)];
      if (metricsText !== null) metrics.append(metricsText);
      if (timingText !== null) timing.append(timingText);
    },
    checkpoint(checkpoint) {
      // The lines must be on the disk before a checkpoint that counts on them.
      metrics.sync();
      timing.sync();
      const lengths: FileLengths = { metricsBytes: metrics.length, timingBytes: timing.length };
      const tensors = checkpointTensors(checkpoint, parameters);
      writeCheckpoint(
        run.folder,
        checkpoint.progress,
        { tensors, metadata: metadata(checkpoint.progress.step) },
        lengths,
      );
    },
    best: (values, step) => writeWeights("best.safetensors", values, step),
    finish(result: RunResult, last: TrainingState) {
      metrics.sync();
      writeWeights("weights.safetensors", last.parameters, last.step);
      replaceFile(path.join(run.folder, "result.json"), jsonBytes({ ...result, checksums }));
      pruneCheckpoints(run.folder, 1);
    },
    close() {
      metrics.close();
      timing.close();
    },
  };
}
