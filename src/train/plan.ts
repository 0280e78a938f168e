import { KvtError } from "../errors.ts";
import type { TrainOptions } from "../tasks/task.ts";

/** Which updates belong to which epoch, and after which of them something else is due. */
export interface Plan {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  /** a validation is due once `step` updates are made; always at the end, so that a result has one */
  validatesAt(step: number): boolean;
  /** a checkpoint is due once `step` updates are made; always at the end, so that a test can be repeated */
  keepsAt(step: number): boolean;
}

/**
 * An epoch has ⌊examples / batch⌋ steps: the last, smaller batch is dropped. Its k-th of E evaluations follows step
 * round(k · steps / E), so the last one ends the epoch. Throws a `usage` error when no batch can be filled.
 */
export function planSteps(examples: number, train: TrainOptions): Plan {
  const stepsPerEpoch = Math.floor(examples / train.batch);
  if (stepsPerEpoch < 1) {
    throw new KvtError(
      "usage",
      `train.batch: expected at most ${examples} (the training examples), got ${train.batch}`,
      {
        hint: "Make the batch smaller or the training data larger with --set.",
      },
    );
  }
  const totalSteps = train.steps > 0 ? train.steps : Math.floor(train.epochs * stepsPerEpoch);
  const due = new Set<number>();
  for (let k = 1; k <= train.evaluations; k++) due.add(Math.round((k * stepsPerEpoch) / train.evaluations));
  const validatesAt = (step: number): boolean =>
    step === totalSteps || (step > 0 && due.has(((step - 1) % stepsPerEpoch) + 1));
  const keepsAt = (step: number): boolean => {
    if (step === totalSteps) return true;
    return train.checkpoint > 0 ? step > 0 && step % train.checkpoint === 0 : validatesAt(step);
  };
  return { stepsPerEpoch, totalSteps, validatesAt, keepsAt };
}
