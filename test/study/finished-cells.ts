import type { FinishedCell } from "../../src/study/finished-cell.ts";
import type { Cell, Setting } from "../../src/study/cell.ts";
import { summariseStudy, type SummaryInput } from "../../src/study/summarise.ts";
import type { StudyDocument } from "../../src/study/study-document.ts";
import { fakeConfiguration } from "../train/fake.ts";

/** Test metrics of a study by setting, formulation and seed; null = it failed, absent = it has not run. */
export type Grid = readonly Readonly<Record<string, readonly (number | null | undefined)[]>>[];

const options = fakeConfiguration().options;

const settingAt = (task: string, index: number, all: number): Setting => ({
  key: `${task}/${index}`,
  task,
  preset: "quick",
  varied: all === 1 ? {} : { "model.width": 2 ** index },
  options,
});

/** What the numbers are, and which loss comes with each. */
export interface Measured {
  readonly metric?: string;
  readonly higherIsBetter?: boolean;
  readonly from?: "correct" | "loss";
  readonly lossOf?: (test: number) => number;
  /** what guessing reaches */
  readonly guessing?: number;
}

/** What `summariseStudy` takes of these numbers, as if cells with them had been trained. */
export function inputOf(grids: Readonly<Record<string, Grid>>, measured: Measured = {}): SummaryInput {
  const { metric = "token accuracy", higherIsBetter = true, from = "correct", lossOf = (test) => 1 - test } = measured;
  const { guessing } = measured;
  const finished: FinishedCell[] = [];
  const failed: SummaryInput["failed"][number][] = [];
  const all = Object.entries(grids);
  const settings = all.flatMap(([task, grid]) => grid.map((_, i) => settingAt(task, i, grid.length)));
  const first = all[0]?.[1][0] ?? {};
  const attention = Object.keys(first);
  const seeds = Array.from({ length: Math.max(...Object.values(first).map(({ length }) => length)) }, (_, i) => i + 1);
  for (const [task, grid] of all) {
    for (const [i, rows] of grid.entries()) {
      for (const [name, tests] of Object.entries(rows)) {
        for (const [k, test] of tests.entries()) {
          const configuration = fakeConfiguration({}, { task, attention: name, seed: k + 1 });
          const setting = settingAt(task, i, grid.length);
          const cell: Cell = { id: "0", name: `${task}-${name}-${k + 1}`, setting, configuration };
          if (test === null) failed.push({ cell, failure: { kind: "training", message: "no luck", host: "here" } });
          else if (test !== undefined)
            finished.push(finishedCell(cell, { metric, higherIsBetter, test, loss: lossOf(test) }));
        }
      }
    }
  }
  return {
    study: { name: "study", attention, seeds, settings },
    planned: settings.length * attention.length * seeds.length,
    finished,
    failed,
    findTask: () => ({
      summary: "A task.",
      metric: { name: metric, higherIsBetter, from },
      ...(guessing === undefined ? {} : { guessing: () => guessing }),
    }),
    commands: ["kvt study run study.yaml"],
  };
}

type Judged = Pick<FinishedCell["result"], "metric" | "higherIsBetter" | "test" | "loss">;

function finishedCell(cell: Cell, judged: Judged): FinishedCell {
  return {
    cell,
    folder: cell.name,
    cost: { parameters: 10, macs: 100, cacheBytesPerToken: 8 },
    secondsPerExample: cell.configuration.seed / 1000,
    result: {
      ...judged,
      validation: judged.test,
      steps: 5,
      seconds: 2,
      secondsPerStep: cell.configuration.seed / 100,
      weights: "last",
      weightsStep: 5,
      device: "cpu",
    },
  };
}

export function documentOf(grid: Grid, measured?: Measured): StudyDocument {
  return summariseStudy(inputOf({ task: grid }, measured));
}
