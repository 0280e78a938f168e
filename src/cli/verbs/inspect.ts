import { formulations } from "../../attention/formulations/index.ts";
import { costTable } from "../../report/cost-table.ts";
import { findTask } from "../../tasks/index.ts";
import { resolveOptions } from "../../tasks/options.ts";
import { exitCodes } from "../exit.ts";
import { fittingCost } from "../../study/fitting-cost.ts";
import { taskHelp } from "../help.ts";
import { coloursFor, print, printJson } from "../io.ts";
import { addJson, addTaskOptions, integerFrom, type TaskOptions } from "../options.ts";
import { defineVerb } from "../verb.ts";

/** Short spellings of the options that decide the cost most. */
const sizes = {
  width: ["model.width", "model width C"],
  heads: ["model.heads", "query heads"],
  keyHeads: ["model.keyHeads", "key heads, fewer than heads in grouped-query attention"],
  layers: ["model.layers", "blocks"],
  length: ["data.length", "symbols in a sequence"],
} as const;

type Size = keyof typeof sizes;

interface InspectOptions extends TaskOptions, Partial<Record<Size, number>> {
  readonly task: string;
  readonly json?: boolean;
}

export const inspectVerb = defineVerb<InspectOptions>({
  configure(command) {
    command.option("--task <name>", "the task whose model is counted", "reverse");
    for (const [name, [option, text]] of Object.entries(sizes)) {
      const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      command.option(`--${flag} <n>`, `${text}, the same as --set ${option}=<n>`, integerFrom(1));
    }
    addTaskOptions(command);
    addJson(command);
  },
  examples: [
    "kvt inspect",
    "kvt inspect --width 256 --heads 4 --layers 4 --length 64",
    "kvt inspect --task mnist --preset paper --json",
  ],
  help: taskHelp,
  async run({ options }, io) {
    const task = findTask(options.task);
    const given = Object.entries(sizes).flatMap(([name, [option]]) => {
      const value = options[name as Size];
      return value === undefined ? [] : [`${option}=${value}`];
    });
    const resolved = resolveOptions(task, options.preset, [...given, ...(options.set ?? [])]);
    const length = typeof resolved.data["length"] === "number" ? resolved.data["length"] : undefined;
    const rows = formulations.map(({ name }) => {
      const cost = fittingCost(task, resolved, name);
      const perSequence = length === undefined ? {} : { cacheBytesPerSequence: length * cost.cacheBytesPerToken };
      return { attention: name, ...cost, ...perSequence };
    });
    if (options.json === true) printJson(io, { task: task.name, preset: options.preset, options: resolved, rows });
    else {
      const { bold } = coloursFor(io.out, io.env);
      const { model } = resolved;
      const [width, layers, heads] = [model["width"], model["layers"], model["heads"]].map(String);
      print(io.out, bold(`${task.name}: width ${width}, layers ${layers}, heads ${heads}`));
      print(io.out, `\n${await costTable(rows, length)}\n`);
    }
    return exitCodes.success;
  },
});
