import type { PresetName } from "../tasks/task.ts";

/** Everything that a study found, as `report.json` has it and as the report shows it. Times stand under `timing`. */
export interface StudyDocument {
  readonly name: string;
  /** formulations; differences are to the first */
  readonly attention: readonly string[];
  readonly seeds: readonly number[];
  readonly counts: { readonly planned: number; readonly finished: number; readonly failed: number };
  readonly tasks: readonly TaskDocument[];
  readonly failures: readonly FailureDocument[];
  /** command lines that make it again */
  readonly commands: readonly string[];
  /** what of an experiment of the literature this study repeats; absent for a study of one's own */
  readonly published?: PublishedDocument;
}

export interface FailureDocument {
  readonly task: string;
  readonly attention: string;
  readonly seed: number;
  readonly varied: Readonly<Record<string, unknown>>;
  readonly message: string;
  readonly hint?: string;
}

export interface TaskDocument {
  readonly task: string;
  /** one line of the task's own */
  readonly summary: string;
  readonly preset: PresetName;
  /** the metric's name, such as "token accuracy" */
  readonly metric: string;
  readonly higherIsBetter: boolean;
  /** the answer in one sentence */
  readonly answer: string;
  readonly settings: readonly SettingDocument[];
  /** one a formulation, over all settings */
  readonly formulations: readonly FormulationDocument[];
  /** every formulation but the first against it, over all settings */
  readonly comparisons: readonly ComparisonDocument[];
}

export interface SettingDocument {
  readonly varied: Readonly<Record<string, unknown>>;
  readonly rows: readonly SettingRow[];
  /** within this setting: pairs are seeds */
  readonly comparisons: readonly ComparisonDocument[];
}

/** A formulation at one setting. */
export interface SettingRow {
  readonly attention: string;
  readonly parameters: number;
  /** multiply-accumulates of one example's forward pass */
  readonly macs: number;
  readonly cacheBytesPerToken: number;
  /** over seeds, on the test split */
  readonly mean: number;
  /** sample standard deviation over seeds; null with one seed */
  readonly std: number | null;
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
  readonly validation: number;
  readonly loss: number;
  readonly steps: number;
  readonly timing: { readonly seconds: number; readonly device: string };
}

/** A formulation over all settings of a task. */
export interface FormulationDocument {
  readonly attention: string;
  /** settings in which it finished at least one seed */
  readonly settings: number;
  readonly runs: number;
  /** of the means of the settings */
  readonly mean: number;
  /** sample standard deviation of the means of the settings: how far sizes matter; null with one setting */
  readonly deviationOverSettings: number | null;
  /** √ of the mean over settings of the variance over seeds: how far chance matters; null with one seed */
  readonly deviationOverSeeds: number | null;
  /** as Borji 2023 computes it: mean and population deviation of the settings' means */
  readonly author: { readonly mean: number; readonly deviation: number };
}

/**
 * Paired differences: a formulation minus the first, at the same setting and seed. Within a setting each seed is a unit
 * of its mean, interval and test; over several settings each setting is, by the mean of its pairs.
 */
export interface ComparisonDocument {
  readonly attention: string;
  readonly baseline: string;
  readonly pairs: number;
  /** null without a pair */
  readonly mean: number | null;
  /** ends of the 95 % interval of the mean; null where pairs are too few */
  readonly low: number | null;
  readonly high: number | null;
  /** how it was found: by the bootstrap, with fewer than 6 units (seeds, or settings) by Student's t; absent without it */
  readonly interval?: "bootstrap" | "student";
  /** of the paired test, before and after Holm's correction over all tests of the study; null where pairs are too few */
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
