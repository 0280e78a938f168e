import path from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { unknownWord } from "../errors.ts";
import { DEVICES, parseDevice, type DeviceRequest } from "../runtime/backend.ts";
import type { PresetName } from "../tasks/task.ts";

/** Options that several verbs share, each worded once. */

const presets: readonly PresetName[] = ["quick", "paper"];

/** A whole number from `least` to `most`, for commander. */
export function integerFrom(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}

/** One word of a list, for commander; throws a `usage` error that names the nearest. */
export function oneOf<Word extends string>(what: string, words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw unknownWord("usage", what, text, words);
    return found;
  };
}

/** Words between commas, for commander. */
export const commaList = (text: string): string[] =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");

const append = (text: string, before: readonly string[] = []): string[] => [...before, text];

export interface DeviceOptions {
  readonly device?: DeviceRequest;
  readonly threads?: number;
  readonly data?: string;
}

export function addDeviceOptions(command: Command, defaults: { device: string; threads: string }): Command {
  return command
    .option(
      "--device <name>",
      `${DEVICES.join(", ")} or auto, which takes the fastest that is here (default: ${defaults.device})`,
      parseDevice,
    )
    .option("--threads <n>", `threads of one run (default: ${defaults.threads})`, integerFrom(1))
    .option("--data <folder>", "folder of data sets (default: KVT_DATA, then the cache)");
}

export interface TaskOptions {
  readonly preset: PresetName;
  readonly set?: readonly string[];
  readonly text?: string;
}

/** The settings of a task, with those that have an option of their own. */
export const settingsOf = ({ set = [], text }: TaskOptions): readonly string[] =>
  text === undefined ? set : [...set, `data.text=${path.resolve(text)}`];

export function addTaskOptions(command: Command): Command {
  return command
    .option(
      "--preset <name>",
      "quick: minutes on a laptop; paper: the sizes of the publication",
      oneOf("preset", presets),
      "quick",
    )
    .option("--text <file>", "text to learn, for tasks on text (short for --set data.text=FILE)")
    .option("--set <key=value>", "set an option of the task, such as model.width=128; repeatable", append);
}

export const addJson = (command: Command): Command =>
  command.option("--json", "print one JSON document on the standard output, everything else on the error output");

export const addTensorBoard = (command: Command): Command =>
  command.option("--tensorboard", "write event files for TensorBoard into tensorboard/ of each run's folder, live");

/** Where new runs get their folders. */
export const runsFolder = "runs";

/** A number of an option. */
export function number(text: string): number {
  if (text.trim() === "" || Number.isNaN(Number(text))) throw new InvalidArgumentError("Expected a number.");
  return Number(text);
}
