import { KvtError } from "../errors.ts";
import type { TrainOptions } from "../tasks/task.ts";

export interface Place {
  /** the update that gave the number, from 1 */
  readonly step: number;
  readonly rate: number;
  /** step of the newest checkpoint */
  readonly kept: number | null;
  readonly train: TrainOptions;
}

function advice(kept: number | null, train: TrainOptions): string {
  const good = kept === null ? "There is no checkpoint yet." : `The last good checkpoint is of step ${kept}.`;
  const lower = Number((train.rate / 10).toPrecision(3));
  const clip = train.clip > 0 ? `a train.clip below ${train.clip}` : "gradient clipping (--set train.clip=1)";
  return `${good} Start a new run with a lower rate (--set train.rate=${lower}), more warm-up steps or ${clip}.`;
}

/** The error of a loss or gradient norm that is NaN or infinite. */
export function notFinite(
  what: "loss" | "gradient norm" | "validation loss",
  value: number,
  { step, rate, kept, train }: Place,
): KvtError {
  const where = `at step ${step} with learning rate ${Number(rate.toPrecision(4))}`;
  return new KvtError("training", `the ${what} is not finite ${where}: expected a number, got ${value}`, {
    hint: advice(kept, train),
  });
}

/** The error of weights that are not finite although the loss that made them was. */
export function weightsNotFinite(path: string, step: number, kept: number | null, train: TrainOptions): KvtError {
  return new KvtError("training", `the weights of "${path}" are not finite after step ${step}: expected numbers`, {
    hint: advice(kept, train),
  });
}
