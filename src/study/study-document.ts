import type { PresetName } from "../tasks/task.ts";

/** Everything that a study found, as `report.json` has it and as the report shows it. Times stand under `timing`. */
export interface StudyDocument {
  readonly name: string;
  /** formulations; the answer is about differences to the first */
  readonly attention: readonly string[];
  readonly seeds: readonly number[];
  readonly counts: { readonly planned: number; readonly finished: number; readonly failed: number };
  /** how many tests Holm's correction takes together; differences of the metric and of the loss apart */
  readonly tests: { readonly metric: TestFamilies; readonly loss: TestFamilies };
  readonly tasks: readonly TaskDocument[];
  readonly failures: readonly FailureDocument[];
  /** command lines that make it again */
  readonly commands: readonly string[];
  /** what of an experiment of the literature this study repeats; absent for a study of one's own */
  readonly published?: PublishedDocument;
}

/** Tests that were corrected together. */
export interface TestFamilies {
  /** over settings, of all tasks; a task of one setting has its tests here */
  readonly overall: number;
  /** in single settings, of all tasks that have several */
  readonly settings: number;
}

export interface FailureDocument {
  readonly task: string;
  readonly attention: string;
  readonly seed: number;
  readonly varied: Readonly<Record<string, unknown>>;
  readonly message: string;
  readonly hint?: string;
}

export interface TaskDocument extends Compared {
  readonly task: string;
  /**
   * what sets it apart where the study asks several things of one task: the preset and options other than the model's
   * and its training's, such as { "anomaly.position": "last" }; a list where it varies them; empty where it is the only one
   */
  readonly entry: Readonly<Record<string, unknown>>;
  /** one line of the task's own */
  readonly summary: string;
  readonly preset: PresetName;
  /** the metric's name, such as "token accuracy" */
  readonly metric: string;
  readonly higherIsBetter: boolean;
  /** the metric is the loss itself, which then is not compared again */
  readonly metricIsLoss: boolean;
  /** the answer in one sentence */
  readonly answer: string;
  readonly settings: readonly SettingDocument[];
  /** one a formulation, over all settings */
  readonly formulations: readonly FormulationDocument[];
}

/** Every two formulations compared, the later in the study's order minus the earlier; those with the first come first. */
export interface Compared {
  /** by the metric on the test split */
  readonly comparisons: readonly ComparisonDocument[];
  /** by the loss on the test split, lower being better; none where the metric is that loss */
  readonly lossComparisons: readonly ComparisonDocument[];
}

/** One setting; its comparisons are within it: pairs are seeds. */
export interface SettingDocument extends Compared {
  readonly varied: Readonly<Record<string, unknown>>;
  /** the accuracy of guessing; null where the metric is none, or nobody would guess */
  readonly guessing: number | null;
  readonly rows: readonly SettingRow[];
}

/** Over the seeds of one setting. */
export interface OverSeeds {
  readonly mean: number;
  /** sample standard deviation; null with one seed */
  readonly std: number | null;
}

/** A formulation at one setting: its metric on the test split, and more. */
export interface SettingRow extends OverSeeds {
  readonly attention: string;
  readonly parameters: number;
  /** multiply-accumulates of one example's forward pass */
  readonly macs: number;
  readonly cacheBytesPerToken: number;
  /** loss on the test split */
  readonly loss: OverSeeds;
  /** metric on the validation split, by which the best weights are chosen where a task keeps those */
  readonly validation: OverSeeds;
  readonly runs: readonly StudyRun[];
  readonly timing: {
    /** median of a training step, then of the seeds */
    readonly secondsPerStep: number;
    /** forward pass of one example in a batch of the test, median of the seeds; null where it was not measured */
    readonly secondsPerExample: number | null;
  };
}

export interface StudyRun {
  readonly seed: number;
  readonly folder: string;
  /** metric on the test split */
  readonly test: number;
  /** metric on the validation split, of the same weights */
  readonly validation: number;
  /** what training lowers, on the test split, of the same weights: mean over its predictions, in nats */
  readonly loss: number;
  readonly steps: number;
  readonly timing: { readonly seconds: number; readonly device: string };
}

/** Over the settings of a task. */
export interface OverSettings {
  /** of the means of the settings */
  readonly mean: number;
  /** sample standard deviation of the means of the settings: how far sizes matter; null with one setting */
  readonly deviationOverSettings: number | null;
  /** √ of the mean over settings of the variance over seeds: how far chance matters; null with one seed */
  readonly deviationOverSeeds: number | null;
}

/** A formulation over all settings of a task: its metric on the test split, and more. */
export interface FormulationDocument extends OverSettings {
  readonly attention: string;
  /** settings in which it finished at least one seed */
  readonly settings: number;
  readonly runs: number;
  /** loss on the test split */
  readonly loss: OverSettings;
  /** metric on the validation split */
  readonly validation: OverSettings;
  /** as Borji 2023 computes it: mean and population deviation of the settings' means */
  readonly author: { readonly mean: number; readonly deviation: number };
}

/**
 * Paired differences: a formulation minus another, at the same setting and seed. Within a setting each seed is a unit
 * of its mean, interval and test; over several settings each setting is, by the mean of its pairs.
 */
export interface ComparisonDocument {
  readonly attention: string;
  /** what is subtracted: the earlier one in the study's order */
  readonly baseline: string;
  readonly pairs: number;
  /** null without a pair */
  readonly mean: number | null;
  /** ends of the 95 % interval of the mean; null where pairs are too few */
  readonly low: number | null;
  readonly high: number | null;
  /** how it was found: by the bootstrap, with fewer than 6 units (seeds, or settings) by Student's t; absent without it */
  readonly interval?: "bootstrap" | "student";
  /** of the paired test, before and after Holm's correction in its family of tests; null where pairs are too few */
  readonly p: number | null;
  readonly pHolm: number | null;
  /** pairs in which it is better, worse, or equal */
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
  /** what the numbers cannot say, such as that one seed has no spread */
  readonly caution: string | null;
}

/** What a publication reports beside ours. */
export interface PublishedDocument {
  readonly source: string;
  readonly rows: readonly {
    readonly task: string;
    readonly attention: string;
    /** what the figure is, such as "mean over 16 configurations" */
    readonly figure: string;
    readonly published: number;
    readonly ours: number | null;
    /** options of the settings that the figure is about; none for all settings of the task */
    readonly at: Readonly<Record<string, unknown>>;
    /** what was averaged; deviations are over the same, divided by n */
    readonly over: "settings" | "runs";
    readonly publishedDeviation: number | null;
    readonly ourDeviation: number | null;
    /** of ours */
    readonly settings: number;
    readonly runs: number;
  }[];
  /** differences in setting that remain */
  readonly differences: readonly string[];
}
