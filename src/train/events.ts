import type { Split } from "../tasks/task.ts";
import type { TrainingProgram } from "./program.ts";

/** What happens in a run, in order. `step` counts optimizer updates made; `seconds` is wall-clock time. */
export type RunEvent =
  /** the run's folder exists; everything the run makes will lie in it */
  | { readonly kind: "created"; readonly folder: string }
  | {
      readonly kind: "started";
      /** 0, or the step of the checkpoint that the run continues from */
      readonly step: number;
      readonly totalSteps: number;
      readonly stepsPerEpoch: number;
      /** trainable numbers in the model */
      readonly parameters: number;
      readonly device: TrainingProgram["device"];
    }
  | {
      readonly kind: "step";
      readonly step: number;
      readonly epoch: number;
      /** mean loss of the batch before the update */
      readonly loss: number;
      /** global norm before clipping */
      readonly gradientNorm: number;
      readonly rate: number;
      readonly seconds: number;
    }
  | {
      readonly kind: "evaluated";
      readonly split: Split;
      readonly step: number;
      readonly loss: number;
      readonly metric: number;
      /** better than every earlier evaluation on this split */
      readonly best: boolean;
      readonly seconds: number;
      /** in the split */
      readonly examples: number;
    }
  /** what the model writes at this point of training */
  | { readonly kind: "sample"; readonly step: number; readonly text: string }
  | { readonly kind: "checkpointed"; readonly step: number }
  | { readonly kind: "warning"; readonly message: string; readonly hint?: string }
  | { readonly kind: "interrupted"; readonly step: number }
  | { readonly kind: "finished"; readonly result: RunResult };

/** What a finished run found. Test and loss belong to the weights that the task keeps. */
export interface RunResult {
  /** the metric's name, such as "token accuracy" */
  readonly metric: string;
  readonly higherIsBetter: boolean;
  /** metric on the test split, measured once */
  readonly test: number;
  /** mean loss on the test split */
  readonly loss: number;
  /** metric on the validation split of the tested weights */
  readonly validation: number;
  readonly steps: number;
  /** wall-clock seconds of training, evaluation and test, without those lost to a crash */
  readonly seconds: number;
  /** median over the steps */
  readonly secondsPerStep: number;
  readonly weights: "last" | "best";
  /** updates behind the tested weights */
  readonly weightsStep: number;
  readonly device: TrainingProgram["device"]["name"];
}
