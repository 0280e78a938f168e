import type { z } from "zod";
import { KvtError, nearest } from "../errors.ts";
import { optionEntries, type OptionEntry } from "./option-type.ts";
import type { Options, PresetName, Task } from "./task.ts";

export { trainOptions } from "./train-options.ts";

type Groups = Record<string, Record<string, unknown>>;

function overlay(groups: Groups, changes: object): void {
  for (const [group, values] of Object.entries(changes)) groups[group] = { ...groups[group], ...(values as object) };
}

/** The paths that someone who wrote `name` may have meant. */
function suggestion(name: string, entries: readonly OptionEntry[]): string | undefined {
  const last = name.slice(name.lastIndexOf(".") + 1);
  const sameKey = entries.filter(({ key }) => key === last).map(({ path }) => path);
  if (sameKey.length > 0) return sameKey.join(" or ");
  if (name.includes(".")) {
    const path = nearest(
      name,
      entries.map((entry) => entry.path),
    );
    if (path !== undefined) return path;
  }
  const key = nearest(
    last,
    entries.map((entry) => entry.key),
  );
  return entries.find((entry) => entry.key === key)?.path;
}

function unknownOption(task: string, name: string, entries: readonly OptionEntry[]): KvtError {
  const meant = suggestion(name, entries);
  const list = entries.map(({ path }) => path).join(", ");
  return new KvtError("usage", `unknown option "${name}": expected a group and key of ${task}, such as model.width`, {
    hint: meant === undefined ? `Options: ${list}.` : `Did you mean ${meant}?`,
  });
}

/** Splits `group.key=value` and finds the option. */
function readSetting(task: string, setting: string, entries: readonly OptionEntry[]): [OptionEntry, string] {
  const at = setting.indexOf("=");
  const name = (at < 0 ? setting : setting.slice(0, at)).trim();
  const entry = entries.find(({ path }) => path === name);
  if (entry === undefined) throw unknownOption(task, name, entries);
  if (at < 0) {
    throw new KvtError("usage", `--set ${setting}: expected a value, got none`, {
      hint: `Write --set ${entry.path}=VALUE, with VALUE ${entry.type.expected}.`,
    });
  }
  return [entry, setting.slice(at + 1).trim()];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function describeIssue(issue: z.core.$ZodIssue, raw: unknown, entries: readonly OptionEntry[]): string {
  const path = issue.path.map(String).join(".");
  const entry = entries.find((candidate) => candidate.path === path);
  const expected = issue.code === "custom" ? issue.message : `expected ${entry?.type.expected ?? "an object"}`;
  const value = valueAt(raw, issue.path);
  // JSON would write Infinity and NaN as null.
  const got = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "nothing");
  return `${path === "" ? "options" : path}: ${expected}, got ${got}`;
}

/**
 * Options as a task declares them, from groups that may lack any of them. Throws a `usage` error that names the first
 * wrong option, what was expected and what was got.
 */
export function checkOptions<O extends Options>(task: Pick<Task<O>, "name" | "options">, raw: unknown): O {
  const result = task.options.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const entries = optionEntries(task.options);
  if (issue?.code === "unrecognized_keys") {
    const name = [...issue.path, issue.keys[0] ?? ""].map(String).join(".");
    throw unknownOption(task.name, name, entries);
  }
  const what = issue === undefined ? "options: expected others" : describeIssue(issue, raw, entries);
  throw new KvtError("usage", what, { hint: `"kvt train ${task.name} --help" lists all options.` });
}

/**
 * Options of a run: defaults, changed by the preset, changed by settings such as `model.width=128`; the last setting
 * of an option wins. Throws a `usage` error for an unknown option, with the nearest name, and for a wrong value.
 */
export function resolveOptions<O extends Options>(
  task: Task<O>,
  preset: PresetName,
  settings: readonly string[] = [],
): O {
  const groups: Groups = {};
  overlay(groups, task.presets[preset]);
  const entries = optionEntries(task.options);
  for (const setting of settings) {
    const [{ group, key, type }, text] = readSetting(task.name, setting, entries);
    overlay(groups, { [group]: { [key]: type.parse(text) } });
  }
  return checkOptions(task, groups);
}

export interface ListedOption {
  /** as `--set` takes it */
  readonly path: string;
  /** what it takes, such as "integer from 1 to 512" */
  readonly type: string;
  /** value in the `quick` preset */
  readonly default: unknown;
  /** value in the `paper` preset */
  readonly paper: unknown;
  readonly description: string;
}

/** All options of a task for its help, in the order model, data, train. */
export function listOptions(task: Task): readonly ListedOption[] {
  const [quick, paper] = [resolveOptions(task, "quick"), resolveOptions(task, "paper")];
  return optionEntries(task.options).map(({ group, key, path, type, description }) => ({
    path,
    type: type.text,
    default: valueAt(quick, [group, key]),
    paper: valueAt(paper, [group, key]),
    description,
  }));
}
