import path from "node:path";
import { openNode } from "../../runtime/node.ts";
import type { Options, Task, TaskData } from "../../tasks/task.ts";
import { attentionMaps } from "../../train/attention-maps.ts";
import { dataEnvironment } from "../../train/data-environment.ts";
import { openModel } from "../../train/open-model.ts";
import { canonicalText } from "../../study/identity.ts";
import type { SettingDocument, StudyDocument, StudyRun, TaskDocument } from "../../study/study-document.ts";
import type { AttentionFigure } from "../figure.ts";

/** The attention of one formulation for an example, or why it cannot be shown. */
export type ShownAttention =
  | { readonly attention: string; readonly seed: number; readonly figure: AttentionFigure }
  | { readonly attention: string; readonly problem: string };

export interface TaskAttention {
  readonly task: string;
  /** the setting whose models are shown */
  readonly varied: Readonly<Record<string, unknown>>;
  readonly formulations: readonly ShownAttention[];
}

interface AttentionRequest {
  /** folder of data sets instead of KVT_DATA and the cache */
  readonly data?: string | undefined;
  /** folders of runs are relative to this one; without it, to the working directory */
  readonly root?: string;
}

const EXAMPLE = { split: "test", index: 0 } as const;

/**
 * Attention maps of the first test example for each formulation: of the first setting that all have finished (else of
 * the first that any has), with the lowest seed. What cannot be opened is told in its place.
 */
export async function readAttention(document: StudyDocument, request: AttentionRequest = {}): Promise<TaskAttention[]> {
  const tasks: TaskAttention[] = [];
  for (const task of document.tasks) tasks.push(await readTask(task, document.attention, request));
  return tasks;
}

async function readTask(
  task: TaskDocument,
  attention: readonly string[],
  { data, root = "." }: AttentionRequest,
): Promise<TaskAttention> {
  const finished = (setting: SettingDocument): number => attention.filter((name) => firstRun(setting, name)).length;
  const setting =
    task.settings.find((one) => finished(one) === attention.length) ?? task.settings.find((one) => finished(one) > 0);
  const load = loader(data);
  const formulations: ShownAttention[] = [];
  for (const name of attention) {
    const run = setting === undefined ? undefined : firstRun(setting, name);
    if (run === undefined) formulations.push({ attention: name, problem: "no finished run" });
    else formulations.push(await show(name, run, path.resolve(root, run.folder), load));
  }
  return { task: task.task, varied: setting?.varied ?? {}, formulations };
}

const firstRun = ({ rows }: SettingDocument, attention: string): StudyRun | undefined =>
  rows.find((row) => row.attention === attention)?.runs.toSorted((a, b) => a.seed - b.seed)[0];

async function show(
  attention: string,
  { seed }: StudyRun,
  folder: string,
  load: ReturnType<typeof loader>,
): Promise<ShownAttention> {
  try {
    const { task, model } = openModel(folder, await openNode("cpu", 1));
    const loaded = await load(task, model.options, seed);
    const { split, index } = EXAMPLE;
    const parts = await attentionMaps(task, model, loaded.batch(split, Int32Array.of(index), 0));
    const example = loaded.describe(split, index);
    const run = path.basename(folder);
    return { attention, seed, figure: { run, task: task.name, attention, shown: EXAMPLE, example, parts } };
  } catch (error) {
    // Whatever a damaged model makes go wrong, it may not cost the report.
    return { attention, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Loads a task's data, once for formulations that saw the same. */
function loader(data: string | undefined): (task: Task, options: Options, seed: number) => Promise<TaskData> {
  const loaded = new Map<string, Promise<TaskData>>();
  return (task, options, seed) => {
    const key = canonicalText({ data: options.data, seed });
    const found = loaded.get(key) ?? task.load(options, { ...dataEnvironment(data), seed });
    loaded.set(key, found);
    return found;
  };
}
