import { writeFileSync } from "node:fs";
import path from "node:path";
import { attentionMaps } from "../../train/attention-maps.ts";

import { fileReader } from "../../data/files.ts";
import { dataFolders } from "../../data/folders.ts";
import { KvtError } from "../../errors.ts";
import { attentionSvg } from "../../report/attention-maps.ts";
import { attentionNumbers, type AttentionNumbers } from "../../report/attention-numbers.ts";
import type { AttentionFigure, MapKind } from "../../report/figure.ts";
import { loadTable } from "../../report/table.ts";
import { findTask } from "../../tasks/index.ts";
import { checkOptions } from "../../tasks/options.ts";
import type { Split } from "../../tasks/task.ts";
import { onDisk } from "../../disk.ts";
import { openRun } from "../../train/open-run.ts";
import { readTestedWeights } from "../../train/weights.ts";
import { exitCodes } from "../exit.ts";
import { print } from "../io.ts";
import { addJson, integerFrom, oneOf } from "../options.ts";
import { expectOneRun } from "../run-folder.ts";
import { defineVerb } from "../verb.ts";

interface AttentionVerbOptions {
  readonly example: number;
  readonly split: Split;
  readonly show: "both" | MapKind;
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
      .option(
        "--show <kind>",
        "scores before the softmax, weights after it, or both",
        oneOf("kind of map", ["both", "scores", "weights"]),
        "both",
      )
      .option(
        "--out <file>",
        "an .svg picture or the numbers as .json (default: attention-SPLIT-N.svg in the run's folder)",
      )
      .option("--data <folder>", "folder of data sets (default: KVT_DATA, then the cache)");
    addJson(command);
  },
  examples: [
    "kvt attention runs/reverse-kv-seed7-1 --example 3 --out maps.svg",
    "kvt attention runs/mnist-qkv-seed1-1 --show scores --out scores.svg",
  ],
  async run({ words, options }, io) {
    const folder = words[0] ?? "";
    const { split, example, show, json, out = path.join(folder, `attention-${split}-${example}.svg`) } = options;
    const extension = path.extname(out).toLowerCase();
    if (extension !== ".svg" && extension !== ".json") {
      throw new KvtError("usage", `--out: expected a file that ends in .svg or .json, got "${out}"`);
    }
    expectOneRun(folder);
    const figure = await figureOf(folder, split, example, options.data);
    const numbers = attentionNumbers(figure);
    // With --json the numbers are the result; a picture is drawn only when it is asked for.
    if (json !== true || options.out !== undefined) {
      const text =
        extension === ".json"
          ? JSON.stringify(numbers)
          : attentionSvg(figure, show === "both" ? ["scores", "weights"] : [show]);
      onDisk("write", out, () => writeFileSync(out, text));
      print(json === true ? io.err : io.out, out);
    }
    if (json === true) print(io.out, JSON.stringify(numbers));
    else print(io.out, await asymmetryTable(numbers));
    return exitCodes.success;
  },
});

async function figureOf(
  folder: string,
  split: Split,
  index: number,
  data: string | undefined,
): Promise<AttentionFigure> {
  const run = openRun(folder);
  const { tensors } = readTestedWeights(run);
  const { attention, seed } = run.configuration;
  const task = findTask(run.configuration.task);
  const options = checkOptions(task, run.configuration.options);
  const loaded = await task.load(options, { seed, read: fileReader(dataFolders(data)) });
  const example = loaded.describe(split, index);
  const feeds = loaded.batch(split, Int32Array.of(index), 0);
  const parameters = new Map([...tensors].map(([name, { data }]) => [name, Float32Array.from(data)]));
  const maps = await attentionMaps(task, options, attention, parameters, feeds);
  return { run: path.basename(path.resolve(folder)), task: task.name, attention, split, index, example, ...maps };
}

async function asymmetryTable({ layers }: AttentionNumbers): Promise<string> {
  const render = await loadTable();
  const cell = (value: number | null): string => (value === null ? "–" : value.toFixed(3));
  const rows = layers.flatMap(({ heads }, layer) =>
    heads.map(({ asymmetry }, head) => [
      String(layer + 1),
      String(head + 1),
      cell(asymmetry.scores),
      cell(asymmetry.weights),
    ]),
  );
  const columns = ["layer", "head", "asymmetry of scores", "asymmetry of weights"].map(
    (title) => ({ title, align: "right" }) as const,
  );
  return render(columns, rows);
}
