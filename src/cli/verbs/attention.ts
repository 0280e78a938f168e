import { writeFileSync } from "node:fs";
import path from "node:path";
import { onDisk } from "../../disk.ts";
import { KvtError, unknownWord } from "../../errors.ts";
import { attentionSvg } from "../../report/attention-maps.ts";
import { attentionNumbers, type AttentionNumbers } from "../../report/attention-numbers.ts";
import type { AttentionFigure, MapKind } from "../../report/figure.ts";
import { pictureSvg } from "../../report/picture-maps.ts";
import { loadTable } from "../../report/table.ts";
import { openNode } from "../../runtime/node.ts";
import type { Feeds } from "../../runtime/values.ts";
import type { Options, Reading, Split, Task, TaskData } from "../../tasks/task.ts";
import type { TrainedModel } from "../../tasks/uses.ts";
import { attentionMaps, type AttentionMaps } from "../../train/attention-maps.ts";
import { dataEnvironment } from "../../train/data-environment.ts";
import { openModel } from "../../train/open-model.ts";
import { exitCodes } from "../exit.ts";
import { print } from "../io.ts";
import { addJson, integerFrom, oneOf } from "../options.ts";
import { expectOneRun } from "../run-folder.ts";
import { defineVerb } from "../verb.ts";

interface AttentionVerbOptions {
  readonly example: number;
  readonly split: Split;
  readonly prompt?: string;
  readonly module?: string;
  readonly show?: "both" | "picture" | MapKind;
  readonly out?: string;
  readonly data?: string;
  readonly json?: boolean;
}

export const attentionVerb = defineVerb<AttentionVerbOptions>({
  configure(command) {
    command
      .argument("<run>", "folder of a finished run")
      .option("--example <n>", "number of the example in its split, from 0", integerFrom(0), 0)
      .option("--split <name>", "train, validation or test", oneOf("split", ["train", "validation", "test"]), "test")
      .option("--prompt <text>", "a text of your own instead of an example, for models of text")
      .option("--module <name>", "one module alone, such as decoder.cross (default: all)")
      .option(
        "--show <kind>",
        "scores before the softmax, weights after it, both, or over the picture (default: picture where there is one)",
        oneOf("kind of map", ["picture", "both", "scores", "weights"]),
      )
      .option(
        "--out <file>",
        "an .svg picture or the numbers as .json (default: attention-SPLIT-N.svg or attention-prompt.svg in the run's folder)",
      )
      .option("--data <folder>", "folder of data sets (default: KVT_DATA, then the cache)");
    addJson(command);
  },
  examples: [
    "kvt attention runs/reverse-kv-seed7-1 --example 3 --out maps.svg",
    "kvt attention runs/mnist-qkv-seed1-1 --show scores --out scores.svg",
    'kvt attention runs/translate-kv-seed1-1 --prompt "A man sleeps." --module decoder.cross --show weights',
  ],
  async run({ words, options }, io) {
    const folder = words[0] ?? "";
    const { split, example, prompt, show, json } = options;
    const shown = prompt === undefined ? { split, index: example } : { prompt };
    const { out = path.join(folder, `attention-${prompt === undefined ? `${split}-${example}` : "prompt"}.svg`) } =
      options;
    const extension = path.extname(out).toLowerCase();
    if (extension !== ".svg" && extension !== ".json") {
      throw new KvtError("usage", `--out: expected a file that ends in .svg or .json, got "${out}"`);
    }
    expectOneRun(folder);
    const figure = await figureOf(folder, shown, options);
    const numbers = attentionNumbers(figure);
    // With --json the numbers are the result; a picture is drawn only when it is asked for.
    if (json !== true || options.out !== undefined) {
      const text = extension === ".json" ? JSON.stringify(numbers) : drawn(figure, show);
      onDisk("write", out, () => writeFileSync(out, text));
      print(json === true ? io.err : io.out, out);
    }
    if (json === true) print(io.out, JSON.stringify(numbers));
    else if (hasAsymmetry(numbers)) print(io.out, await asymmetryTable(numbers));
    return exitCodes.success;
  },
});

/** As it was asked for; else a picture's map over the picture where there is one, and matrices otherwise. */
function drawn(figure: AttentionFigure, show: AttentionVerbOptions["show"]): string {
  if (show === undefined || show === "picture") {
    const picture = pictureSvg(figure);
    if (picture !== undefined) return picture;
    if (show === "picture") {
      throw new KvtError(
        "usage",
        `--show picture: expected a model of pictures with a class token, got ${figure.task}`,
      );
    }
  }
  return attentionSvg(figure, show === "scores" || show === "weights" ? [show] : ["scores", "weights"]);
}

type Shown = { readonly split: Split; readonly index: number } | { readonly prompt: string };

async function figureOf(
  folder: string,
  shown: Shown,
  { data, module }: Pick<AttentionVerbOptions, "data" | "module">,
): Promise<AttentionFigure> {
  const { run, task, model } = openModel(folder, await openNode("cpu", 1));
  const { attention, seed } = run.configuration;
  const read = async (): Promise<Reading> => {
    if ("prompt" in shown) return readPrompt(task, model, shown.prompt);
    const loaded = await task.load(model.options, { ...dataEnvironment(data), seed });
    return { example: loaded.describe(shown.split, shown.index), feeds: exampleFeeds(loaded, shown) };
  };
  const { example, feeds } = await read();
  const parts = onlyModule(await attentionMaps(task, model, feeds), module);
  return { run: path.basename(path.resolve(folder)), task: task.name, attention, shown, example, parts };
}

const exampleFeeds = (data: TaskData, { split, index }: Extract<Shown, { split: Split }>): Feeds =>
  data.batch(split, Int32Array.of(index), 0);

function readPrompt(task: Task, model: TrainedModel<Options>, prompt: string): Promise<Reading> {
  if (task.read !== undefined) return task.read(model, prompt);
  throw new KvtError("usage", `--prompt: expected a run of a task of text, got one of ${task.name}`, {
    hint: "Choose an example with --split and --example.",
  });
}

function onlyModule(parts: readonly AttentionMaps[], module: string | undefined): readonly AttentionMaps[] {
  if (module === undefined) return parts;
  const found = parts.filter((part) => part.module === module);
  const names = parts.map((part) => part.module);
  if (found.length === 0) throw unknownWord("usage", "module", module, names);
  return found;
}

/** Whether some module attends from a sequence to the same, without a mask: the others have no asymmetry to tell. */
const hasAsymmetry = ({ parts }: AttentionNumbers): boolean => parts.some(({ kind }) => kind === "self");

async function asymmetryTable({ parts: all }: AttentionNumbers): Promise<string> {
  const render = await loadTable();
  const parts = all.filter(({ kind }) => kind === "self");
  const cell = (value: number | null): string => (value === null ? "–" : value.toFixed(3));
  const rows = parts.flatMap(({ module, layers }) =>
    layers.flatMap(({ heads }, layer) =>
      heads.map(({ asymmetry }, head) => [
        ...(parts.length > 1 ? [module] : []),
        String(layer + 1),
        String(head + 1),
        cell(asymmetry.scores),
        cell(asymmetry.weights),
      ]),
    ),
  );
  const right = (title: string) => ({ title, align: "right" }) as const;
  const columns = ["layer", "head", "asymmetry of scores", "asymmetry of weights"].map(right);
  return render(parts.length > 1 ? [{ title: "module", align: "left" }, ...columns] : columns, rows);
}
