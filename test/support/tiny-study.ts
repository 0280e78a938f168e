import path from "node:path";
import type { StudyDocument } from "../../src/study/study-document.ts";
import { findTask } from "../../src/tasks/index.ts";
import { resolveOptions } from "../../src/tasks/options.ts";
import { productEngine } from "../../src/train/product-engine.ts";
import { run } from "../../src/train/run.ts";
import { documentOfRuns, type SettingFolders } from "./study-report.ts";

const ATTENTION = ["qkv", "kv"];
const SEEDS = [1, 2];
const SMALL = [
  "data.trainSize=256",
  "data.validationSize=64",
  "data.testSize=64",
  "data.length=4",
  "train.epochs=2",
  "train.batch=32",
];

/** Trains a few runs of seconds each below `root`, for real, and gives the document of them. */
export async function trainTinyStudy(root: string): Promise<StudyDocument> {
  const settings: SettingFolders[] = [];
  for (const [task, width] of [
    ["copy", 8],
    ["copy", 16],
    ["reverse", 8],
  ] as const) {
    const folders: Record<string, string[]> = {};
    for (const attention of ATTENTION) {
      for (const seed of SEEDS) {
        const out = path.join(root, `${task}-${width}-${attention}-seed${seed}`);
        const options = resolveOptions(findTask(task), "quick", [...SMALL, `model.width=${width}`]);
        const configuration = { task, preset: "quick", attention, seed, options, device: "cpu", threads: 1 } as const;
        const signal = new AbortController().signal;
        await run({ kind: "start", configuration, out, runs: root }, productEngine, { emit: () => undefined, signal });
        (folders[attention] ??= []).push(out);
      }
    }
    settings.push({ task, varied: task === "copy" ? { "model.width": width } : {}, folders });
  }
  return documentOfRuns("tiny", settings);
}
