/** A column of a table that `kvt sql` queries. */
export interface StoreColumn {
  readonly name: string;
  readonly type: "VARCHAR" | "BIGINT" | "DOUBLE" | "BOOLEAN" | "JSON" | "TIMESTAMP";
  /** what it holds, with its unit */
  readonly meaning: string;
}

/** A value of a row, in the order of the table's columns; a TIMESTAMP is milliseconds since 1970, UTC. */
export type StoreValue = string | number | boolean | null;

const column = (name: string, type: StoreColumn["type"], meaning: string): StoreColumn => ({ name, type, meaning });

const configuration: readonly StoreColumn[] = [
  column("task", "VARCHAR", "what is learned, such as copy"),
  column("preset", "VARCHAR", "quick or paper"),
  column("attention", "VARCHAR", "formulation, such as kv"),
  column("seed", "BIGINT", "what weights, data and order follow from"),
];
const options = column("options", "JSON", "resolved options by their paths: options->>'model.width'");

export const runColumns: readonly StoreColumn[] = [
  column("run", "VARCHAR", "path of the run's folder below the folder of runs: the key that tables are joined by"),
  column("status", "VARCHAR", "finished, running, unfinished or unreadable"),
  ...configuration,
  options,
  column("width", "BIGINT", "model.width"),
  column("layers", "BIGINT", "model.layers"),
  column("heads", "BIGINT", "model.heads"),
  column("length", "BIGINT", "data.length"),
  column("batch", "BIGINT", "train.batch, examples"),
  column("rate", "DOUBLE", "train.rate"),
  column("device", "VARCHAR", "that was used; of an unfinished run, that was asked for"),
  column("threads", "BIGINT", "of the run"),
  column("step", "BIGINT", "optimizer updates that are kept"),
  column("metric", "VARCHAR", "name of the metric that judges the run"),
  column("higher_is_better", "BOOLEAN", "of that metric"),
  column("test", "DOUBLE", "metric on the test split"),
  column("validation", "DOUBLE", "metric of the tested weights on the validation split"),
  column("loss", "DOUBLE", "mean loss on the test split, nats"),
  column("steps", "BIGINT", "optimizer updates of the finished run"),
  column("seconds", "DOUBLE", "training, evaluation and test, wall-clock seconds"),
  column("seconds_per_step", "DOUBLE", "median over the steps, seconds"),
  column("weights", "VARCHAR", "tested weights: last or best"),
  column("weights_step", "BIGINT", "updates behind the tested weights"),
  column("started", "TIMESTAMP", "when run.json was written, UTC"),
  column("finished", "TIMESTAMP", "when result.json was written, UTC"),
  column("cpu", "VARCHAR", "processor of the machine that began it"),
  column("version", "VARCHAR", "of kvt"),
  column("problem", "VARCHAR", "what of its files cannot be read"),
];

export const metricColumns: readonly StoreColumn[] = [
  column("run", "VARCHAR", "the run, as in runs"),
  column("kind", "VARCHAR", "step, evaluated or sample"),
  column("split", "VARCHAR", "of an evaluation: validation or test"),
  column("step", "BIGINT", "optimizer updates made"),
  column("epoch", "BIGINT", "of a step, from 0"),
  column("loss", "DOUBLE", "mean over the batch before the update, or over the split, nats"),
  column("gradient_norm", "DOUBLE", "global norm before clipping"),
  column("rate", "DOUBLE", "learning rate used"),
  column("metric", "DOUBLE", "of an evaluation"),
  column("best", "BOOLEAN", "better than every earlier evaluation on this split"),
  column("seconds", "DOUBLE", "that the step or evaluation took"),
  column("examples", "BIGINT", "in the split that was evaluated"),
  column("text", "VARCHAR", "what the model wrote"),
];

export const cellColumns: readonly StoreColumn[] = [
  column("study", "VARCHAR", "name of the study"),
  column("id", "VARCHAR", "hash of the resolved configuration"),
  column("run", "VARCHAR", "its run, as in runs; several studies may share it"),
  column("status", "VARCHAR", "finished, running, unfinished, unreadable, failed or waiting"),
  ...configuration,
  column("varied", "JSON", "what differs between the settings of the task: varied->>'model.width'"),
  options,
  column("test", "DOUBLE", "metric on the test split, once it is finished"),
  column("problem", "VARCHAR", "why it failed or cannot be read"),
];

/** The same files may be reached by another path tomorrow, so it is not kept in the compacted copy. */
const folder = column("folder", "VARCHAR", "path of the run's folder");

/** Every table of the store, as queries see it. */
export const storeTables = {
  runs: [...runColumns.slice(0, 1), folder, ...runColumns.slice(1)],
  metrics: metricColumns,
  cells: cellColumns,
} as const satisfies Record<string, readonly StoreColumn[]>;

export type StoreTable = keyof typeof storeTables;
