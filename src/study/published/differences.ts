import { flatten } from "../../record.ts";
import { findTask } from "../../tasks/index.ts";
import { resolveOptions } from "../../tasks/options.ts";
import type { Study } from "../study.ts";
import type { Publication } from "./publication.ts";

/** Every value that an option takes in the settings of a task. */
type Values = ReadonlyMap<string, readonly unknown[]>;

/**
 * What of a published experiment's setting a study does not repeat: options whose values are others than the author's,
 * the number of runs, and then what no option shows. Differences that all tasks share are told once.
 */
export function settingDifferences(publication: Publication, study: Study): string[] {
  const tasks = [...new Set(study.settings.map(({ task }) => task))];
  const told = new Map<string, string[]>();
  for (const task of tasks) {
    for (const text of optionDifferences(publication, study, task)) told.set(text, [...(told.get(text) ?? []), task]);
  }
  const published = [...new Set(publication.figures.map(({ task }) => task))];
  const left = published.filter((task) => !tasks.includes(task));
  const remarks = publication.remarks.filter(
    ({ tasks: of }) => of === undefined || of.some((task) => tasks.includes(task)),
  );
  return [
    ...(left.length === 0 ? [] : [`not run: ${left.join(", ")}`]),
    ...[...told].map(([text, of]) => named(text, of, tasks)),
    ...(study.seeds.length === publication.runs
      ? []
      : [`runs of each setting: ${study.seeds.length} (published: ${publication.runs})`]),
    ...remarks.map(({ text, tasks: of }) => named(text, of?.filter((task) => tasks.includes(task)) ?? tasks, tasks)),
  ];
}

const named = (text: string, of: readonly string[], all: readonly string[]): string =>
  of.length === all.length ? text : `${of.join(", ")}: ${text}`;

function optionDifferences(publication: Publication, study: Study, task: string): string[] {
  const definition = findTask(task);
  const author = new Map([
    ...valuesOf([resolveOptions(definition, "paper")]),
    ...Object.entries(publication.settingsOf(task)),
  ]);
  const ours = valuesOf(study.settings.filter((setting) => setting.task === task).map(({ options }) => options));
  // They change no weights; where the best weights are kept, evaluations choose them.
  const idle = definition.keep === "best" ? ["train.checkpoint"] : ["train.checkpoint", "train.evaluations"];
  const [here, there] = [withoutIdle(ours, idle), withoutIdle(author, idle)];
  const options = [...new Set([...there.keys(), ...here.keys()])];
  return options.flatMap((option) => {
    const [mine, his] = [here.get(option), there.get(option)];
    return same(mine, his) ? [] : [`${option}: ${listed(mine)} (published: ${listed(his)})`];
  });
}

function valuesOf(options: readonly object[]): Map<string, readonly unknown[]> {
  const values = new Map<string, unknown[]>();
  for (const [option, value] of options.flatMap((groups) => Object.entries(flatten(groups)))) {
    const known = values.get(option) ?? [];
    if (!known.includes(value)) values.set(option, [...known, value]);
  }
  return values;
}

/** Without options that have no effect: epochs count for nothing where a number of steps is set, and 0 steps set none. */
function withoutIdle(values: Values, idle: readonly string[]): Values {
  const steps = values.get("train.steps") ?? [];
  const unused = steps.every((value) => value === 0) ? "train.steps" : steps.includes(0) ? "" : "train.epochs";
  return new Map([...values].filter(([option]) => option !== unused && !idle.includes(option)));
}

function same(a: readonly unknown[] | undefined, b: readonly unknown[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((value) => b.includes(value));
}

const listed = (values: readonly unknown[] | undefined): string =>
  values === undefined ? "not set" : values.map((value) => (value === "" ? "none" : String(value))).join(", ");
