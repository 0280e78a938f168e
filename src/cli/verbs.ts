import type { Verb } from "./verb.ts";

interface Entry {
  readonly name: string;
  /** one line for lists; it stands here so that `kvt --help` reads no verb's file */
  readonly summary: string;
  load(): Promise<Verb>;
}

/** Every command of `kvt`, in the order of its help. */
export const verbs: readonly Entry[] = [
  {
    name: "compare",
    summary: "train several formulations on the same data and compare them",
    load: async () => (await import("./verbs/compare.ts")).compareVerb,
  },
  {
    name: "study",
    summary: "run many comparisons from one file, on one machine or many, and report them",
    load: async () => (await import("./verbs/study.ts")).studyVerb,
  },
  {
    name: "reproduce",
    summary: "repeat the published tables and show ours beside the author's",
    load: async () => (await import("./verbs/reproduce.ts")).reproduceVerb,
  },
  {
    name: "worker",
    summary: "train cells of studies that come through a queue",
    load: async () => (await import("./verbs/worker.ts")).workerVerb,
  },
  {
    name: "train",
    summary: "train one model and keep it in a folder",
    load: async () => (await import("./verbs/train.ts")).trainVerb,
  },
  {
    name: "resume",
    summary: "continue a run that was interrupted",
    load: async () => (await import("./verbs/resume.ts")).resumeVerb,
  },
  {
    name: "evaluate",
    summary: "measure a finished run's weights again",
    load: async () => (await import("./verbs/evaluate.ts")).evaluateVerb,
  },
  {
    name: "runs",
    summary: "list the runs in a folder, or export them",
    load: async () => (await import("./verbs/runs.ts")).runsVerb,
  },
  {
    name: "sql",
    summary: "query runs, their metrics and the cells of studies with SQL",
    load: async () => (await import("./verbs/sql.ts")).sqlVerb,
  },
  {
    name: "inspect",
    summary: "show what every formulation costs at given sizes, without training",
    load: async () => (await import("./verbs/inspect.ts")).inspectVerb,
  },
  {
    name: "generate",
    summary: "write text with a trained model",
    load: async () => (await import("./verbs/generate.ts")).generateVerb,
  },
  {
    name: "translate",
    summary: "translate sentences with a trained model",
    load: async () => (await import("./verbs/translate.ts")).translateVerb,
  },
  {
    name: "classify",
    summary: "name what pictures show with a trained model",
    load: async () => (await import("./verbs/classify.ts")).classifyVerb,
  },
  {
    name: "attention",
    summary: "draw the attention maps of a run for one example",
    load: async () => (await import("./verbs/attention.ts")).attentionVerb,
  },
  {
    name: "data",
    summary: "list, download and check data sets",
    load: async () => (await import("./verbs/data.ts")).dataVerb,
  },
];
