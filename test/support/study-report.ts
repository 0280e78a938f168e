import type { Setting } from "../../src/study/cell.ts";
import type { FinishedCell } from "../../src/study/finished-cell.ts";
import type { StudyDocument } from "../../src/study/study-document.ts";
import { summariseStudy } from "../../src/study/summarise.ts";
import { taskCost } from "../../src/tasks/cost.ts";
import { findTask } from "../../src/tasks/index.ts";
import { openRun } from "../../src/train/open-run.ts";

/** A setting's runs, which were trained for real, by formulation. */
export interface SettingFolders {
  readonly task: string;
  readonly varied: Readonly<Record<string, unknown>>;
  readonly folders: Readonly<Record<string, readonly string[]>>;
}

/** The document of these runs, as if they were the cells of a study. */
export function documentOfRuns(name: string, all: readonly SettingFolders[]): StudyDocument {
  const found = all.map(cellsOf);
  const finished = found.flatMap(({ cells }) => cells);
  const seeds = [...new Set(finished.map(({ cell }) => cell.configuration.seed))].toSorted((a, b) => a - b);
  const attention = [...new Set(all.flatMap(({ folders }) => Object.keys(folders)))];
  return summariseStudy({
    study: { name, attention, seeds, settings: found.map(({ setting }) => setting) },
    planned: finished.length,
    finished,
    failed: [],
    findTask,
    commands: [`kvt study run studies/${name}.yaml`],
  });
}

function cellsOf({ task, varied, folders }: SettingFolders, index: number) {
  const opened = Object.values(folders).flat().map(openRun);
  const [first] = opened;
  if (first === undefined) throw new Error(`no run of ${task}`);
  const { options } = first.configuration;
  const setting: Setting = { key: `${task}/${index}`, task, preset: "quick", varied, options };
  const cells = opened.map(({ folder, configuration, result }): FinishedCell => {
    if (result === null) throw new Error(`${folder} is not finished`);
    return {
      cell: { id: "0", name: folder, setting, configuration },
      folder,
      result,
      cost: taskCost(findTask(task), options, configuration.attention, {}),
      secondsPerExample: result.secondsPerStep / options.train.batch / 3,
    };
  });
  return { setting, cells };
}
