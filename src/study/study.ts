import { findFormulation } from "../attention/formulations/index.ts";
import { KvtError } from "../errors.ts";
import type { DeviceRequest } from "../runtime/backend.ts";
import type { Options, PresetName, Task } from "../tasks/task.ts";
import type { Setting } from "./cell.ts";
import { canonicalText } from "./identity.ts";
import type { StudyFile, StudyPath } from "./study-file.ts";
import type { StudyInput } from "./study-schema.ts";
import { tellApart } from "./varied.ts";

/** A study with every setting resolved. */
export interface Study {
  readonly name: string;
  readonly file: string;
  /** formulations; the answer is about differences to the first */
  readonly attention: readonly string[];
  readonly seeds: readonly number[];
  readonly settings: readonly Setting[];
  readonly device: DeviceRequest;
  readonly threads: number;
  readonly budget: {
    /** forward multiply-accumulates of one cell's training */
    readonly macs: number | null;
    /** of one command */
    readonly seconds: number | null;
  };
}

/** How options and tasks are looked up; tests have tasks of their own. */
export interface StudyTasks {
  findTask(name: string): Task;
  resolveOptions(task: Task, preset: PresetName, settings: readonly string[]): Options;
}

type Value = string | number | boolean;
interface Axis {
  readonly option: string;
  readonly values: readonly Value[];
  readonly place: StudyPath;
}

const DEFAULT_SEEDS = 3;
/** More settings than any machine could run. */
const MOST_SETTINGS = 1_000_000;

/**
 * How many cells a file describes, without making them: a slip in a grid can mean millions. Throws a `usage` error with
 * the line of the grid when there are more than a million settings.
 */
export function countCells(study: StudyFile): number {
  const { input } = study;
  const counts = input.tasks.map((entry) =>
    axesOf(input, entry, []).reduce((all, { values }) => all * values.length, 1),
  );
  const settings = counts.reduce((sum, count) => sum + count, 0);
  if (settings > MOST_SETTINGS) {
    const most = counts.indexOf(Math.max(...counts));
    const place = ownOf(input.tasks[most] ?? "").grid === undefined ? ["grid"] : ["tasks", most, "grid"];
    const [limit, got] = [MOST_SETTINGS, settings].map((count) => count.toLocaleString("en"));
    throw study.errorAt(
      place,
      `expected at most ${limit} settings, got ${got}`,
      "A grid is the product of all its lists.",
    );
  }
  return settings * input.attention.length * seedsOf(input).length;
}

/**
 * The study that a file describes. Throws a `usage` error with the line of an unknown task, formulation or option, a
 * wrong value, or a thing that stands twice.
 */
export function resolveStudy(study: StudyFile, tasks: StudyTasks): Study {
  const { input } = study;
  for (const [i, name] of input.attention.entries()) at(study, ["attention", i], () => findFormulation(name));
  unique(study, ["attention"], input.attention);
  const seeds = seedsOf(input);
  unique(study, ["seeds"], seeds);
  countCells(study);
  const settings = tellApart(
    input.tasks.map((entry, i) => {
      return { settings: settingsOf(study, entry, ["tasks", i], tasks), set: Object.keys(ownOf(entry).set ?? {}) };
    }),
  );
  const seen = new Set<string>();
  for (const { task, options } of settings) {
    if (seen.size === seen.add(canonicalText({ task, options })).size) {
      const i = input.tasks.findLastIndex((entry) => nameOf(entry) === task);
      throw study.errorAt(["tasks", i], `${task} has the same setting twice: expected every setting once`);
    }
  }
  return {
    name: study.name,
    file: study.file,
    attention: input.attention,
    seeds,
    settings,
    device: input.device ?? "cpu",
    threads: input.threads ?? 1,
    budget: { macs: input.budget?.macs ?? null, seconds: secondsOf(input.budget?.time) },
  };
}

type Entry = StudyInput["tasks"][number];
const ownOf = (entry: Entry): Exclude<Entry, string> => (typeof entry === "string" ? { task: entry } : entry);
const nameOf = (entry: Entry): string => ownOf(entry).task;

function seedsOf({ seeds = DEFAULT_SEEDS }: StudyInput): readonly number[] {
  return typeof seeds === "number" ? Array.from({ length: seeds }, (_, i) => i + 1) : seeds;
}

/** The grid of the study and of the task's entry, which wins where both name an option; fixed ones win over both. */
function axesOf(input: StudyInput, entry: Entry, place: StudyPath): Axis[] {
  const own = ownOf(entry);
  const axes = new Map<string, Axis>();
  for (const [option, values] of Object.entries(input.grid ?? {})) {
    axes.set(option, { option, values, place: ["grid", option] });
  }
  for (const option of Object.keys(own.set ?? {})) axes.delete(option);
  for (const [option, values] of Object.entries(own.grid ?? {})) {
    axes.set(option, { option, values, place: [...place, "grid", option] });
  }
  return [...axes.values()];
}

function settingsOf(study: StudyFile, entry: Entry, place: StudyPath, tasks: StudyTasks): Setting[] {
  const { input } = study;
  const own = ownOf(entry);
  const task = at(study, typeof entry === "string" ? place : [...place, "task"], () => tasks.findTask(nameOf(entry)));
  const preset = own.preset ?? input.preset ?? "quick";
  const axes = axesOf(input, entry, place);
  for (const [{ set, grid }, where] of [[input, []] as const, [own, place] as const]) {
    const both = Object.keys(set ?? {}).find((option) => grid?.[option] !== undefined);
    if (both !== undefined)
      throw study.errorAt([...where, "set", both], `${both} stands in set and in grid: expected one`);
  }
  const fixed: Axis[] = [
    ...(input.budget?.steps === undefined ? [] : [one("train.steps", input.budget.steps, ["budget", "steps"])]),
    ...Object.entries(input.set ?? {}).map(([option, value]) => one(option, value, ["set", option])),
    ...Object.entries(own.set ?? {}).map(([option, value]) => one(option, value, [...place, "set", option])),
  ].filter(({ option }) => axes.every((axis) => axis.option !== option));
  if (input.budget?.macs !== undefined) {
    const steps = [...fixed, ...axes].find(({ option }) => option === "train.steps");
    if (steps !== undefined) {
      throw study.errorAt(steps.place, "budget.macs sets train.steps: expected one of them, got both");
    }
  }
  // Each value alone first, so that a mistake is told where it stands.
  for (const { option, values, place: where } of [...fixed, ...axes]) {
    for (const value of values) at(study, where, () => checkOption(tasks, task, preset, option, value), task.name);
    unique(study, where, values);
  }
  const given = fixed.map(({ option, values }) => text(option, values[0] ?? ""));
  return combinations(axes).map((varied): Setting => {
    const settings = [...given, ...Object.entries(varied).map(([option, value]) => text(option, value))];
    const options = at(study, place, () => tasks.resolveOptions(task, preset, settings), task.name);
    const key = canonicalText({ task: task.name, preset, given: [...given].sort(), varied });
    return { key, task: task.name, preset, varied, options };
  });
}

const one = (option: string, value: Value, place: StudyPath): Axis => ({ option, values: [value], place });
const text = (option: string, value: Value): string => `${option}=${String(value)}`;

/** A value that is wrong only together with others, such as a width that heads do not divide, is told later. */
function checkOption(tasks: StudyTasks, task: Task, preset: PresetName, option: string, value: Value): void {
  try {
    tasks.resolveOptions(task, preset, [text(option, value)]);
  } catch (error) {
    if (error instanceof KvtError && (error.message.includes("unknown option") || error.message.startsWith(option))) {
      throw error;
    }
  }
}

/** The product of all axes, the last one changing fastest. */
function combinations(axes: readonly Axis[]): Record<string, Value>[] {
  return axes.reduce<Record<string, Value>[]>(
    (all, { option, values }) => all.flatMap((point) => values.map((value) => ({ ...point, [option]: value }))),
    [{}],
  );
}

function unique(study: StudyFile, place: StudyPath, values: readonly Value[]): void {
  const twice = values.findIndex((value, i) => values.indexOf(value) !== i);
  if (twice < 0) return;
  const what = place.join(".");
  throw study.errorAt([...place, twice], `${what}: expected every value once, got ${String(values[twice])} twice`);
}

/** Does `action`; its `usage` error is told with the line that led to it. */
function at<T>(study: StudyFile, place: StudyPath, action: () => T, task?: string): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof KvtError)) throw error;
    const isForAll = task !== undefined && place[0] !== "tasks" && study.input.tasks.length > 1;
    // The list of all options, which stands where no name is near, helps less.
    const hint =
      isForAll && error.message.startsWith("unknown option") && error.hint?.startsWith("Did you mean") !== true
        ? `If other tasks have it, write it under their entries: { task: NAME, ${String(place[0])}: … }`
        : error.hint;
    throw study.errorAt(place, `${task === undefined ? "" : `${task}: `}${error.message}`, hint);
  }
}

const UNITS = { s: 1, m: 60, h: 3600 } as const;

function secondsOf(time: string | undefined): number | null {
  if (time === undefined) return null;
  const unit = time.trim().at(-1) as keyof typeof UNITS;
  return Number.parseFloat(time) * UNITS[unit];
}
