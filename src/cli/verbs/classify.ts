import { readPicture } from "../../data/picture-file.ts";
import { KvtError } from "../../errors.ts";
import * as format from "../../report/format.ts";
import type { Classifier } from "../../tasks/uses.ts";
import { readPath } from "../../train/data-environment.ts";
import { exitCodes, reportError, type ExitCode } from "../exit.ts";
import { print, printJson, type Io } from "../io.ts";
import { addJson, integerFrom } from "../options.ts";
import { openUse } from "../open-use.ts";
import { defineVerb } from "../verb.ts";

interface ClassifyOptions {
  readonly top: number;
  readonly threads: number;
  readonly json?: boolean;
}

/** Pictures that the model reads at once. */
const BATCH = 64;

interface Picture {
  readonly file: string;
  readonly pixels: Uint8Array;
  readonly inverted: boolean;
}

interface Classified {
  readonly file: string;
  readonly inverted: boolean;
  /** by falling probability */
  readonly classes: readonly { readonly name: string; readonly probability: number }[];
}

export const classifyVerb = defineVerb<ClassifyOptions>({
  configure(command) {
    command
      .argument("<run>", "folder of a finished run of a task on pictures, such as mnist")
      .argument("<pictures...>", "files of pictures, such as PNG and JPEG, of any size")
      .option("--top <n>", "classes to show, by falling probability", integerFrom(1), 5)
      .option("--threads <n>", "threads", integerFrom(1), 1);
    addJson(command);
  },
  examples: [
    "kvt classify runs/mnist-kv-seed1-1 digit.png",
    "kvt classify runs/cifar-10-kv-seed1-1 horse.jpg ship.png --top 3 --json",
  ],
  async run({ words: [folder = "", ...files], options }, io) {
    const classifier = await openUse(
      folder,
      options.threads,
      "classifier",
      "one of a task that names what a picture shows, such as mnist",
    );
    try {
      return await classifyFiles(classifier, folder, files, options, io);
    } finally {
      await classifier.release();
    }
  },
});

/** Files that are no pictures are told and passed over; the exit code is then 1. */
async function classifyFiles(
  classifier: Classifier,
  folder: string,
  files: readonly string[],
  { top, json }: ClassifyOptions,
  io: Io,
): Promise<ExitCode> {
  const pictures: Classified[] = [];
  let broken = false;
  for (let start = 0; start < files.length; start += BATCH) {
    const readable: Picture[] = [];
    for (const file of files.slice(start, start + BATCH)) {
      try {
        readable.push({ file, ...(await readPicture(await readPath(file), file, classifier.form)) });
      } catch (error) {
        if (!(error instanceof KvtError)) throw error;
        broken = true;
        reportError(error, io);
      }
    }
    const probabilities = await classifier.classify(readable.map(({ pixels }) => pixels));
    for (const [at, { file, inverted }] of readable.entries()) {
      const ranked = Array.from(probabilities[at] ?? [], (probability, k) => ({
        name: classifier.classes[k] ?? "",
        probability,
      })).toSorted((a, b) => b.probability - a.probability);
      const classified = { file, inverted, classes: ranked.slice(0, top) };
      pictures.push(classified);
      if (json !== true) show(classified, io);
    }
  }
  if (json === true) printJson(io, { folder, pictures });
  return broken ? exitCodes.failed : exitCodes.success;
}

function show({ file, inverted, classes }: Classified, io: Io): void {
  print(io.out, inverted ? `${file}  (bright background: inverted)` : file);
  for (const { name, probability } of classes) print(io.out, `  ${format.metric(probability)}  ${name}`);
}
