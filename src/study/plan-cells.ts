import { KvtError } from "../errors.ts";
import type { TaskCost } from "../tasks/cost.ts";
import type { Options, Task } from "../tasks/task.ts";
import type { Dimensions } from "../tasks/uses.ts";
import type { Cell, Setting } from "./cell.ts";
import { canonicalText, runId } from "./identity.ts";
import type { Study } from "./study.ts";

/** A study's cells and what their models cost. */
export interface StudyPlan {
  readonly study: Study;
  /** all formulations of one setting and seed before the next, all settings of one seed before the next seed */
  readonly cells: readonly Cell[];
  costOf(setting: Setting, attention: string): TaskCost;
}

export interface PlanEngine {
  findTask(name: string): Task;
  /** throws a `usage` error for sizes that do not fit together */
  taskCost(task: Task, options: Options, attention: string, dimensions: Dimensions): TaskCost;
  /** sizes of the model that follow from the data */
  dimensions(task: Task, options: Options, seed: number, data: string | undefined): Promise<Dimensions>;
}

/**
 * The cells of a study in the order in which they are run. It builds every model once without training it, so sizes
 * that do not fit together are a `usage` error here, and data that is not there a `data` error.
 */
export async function planStudy(study: Study, data: string | undefined, engine: PlanEngine): Promise<StudyPlan> {
  const costs = new Map<string, TaskCost>();
  const dimensions = createDimensions(study, data, engine);
  for (const setting of study.settings) {
    const task = engine.findTask(setting.task);
    const sizes = await dimensions(task, setting.options);
    for (const attention of study.attention) {
      try {
        costs.set(`${setting.key}/${attention}`, engine.taskCost(task, setting.options, attention, sizes));
      } catch (cause) {
        if (!(cause instanceof KvtError)) throw cause;
        const where = [setting.task, ...describe(setting)].join(" ");
        const hint = cause.hint;
        throw new KvtError(cause.kind, `${study.file}: ${where}: ${cause.message}`, {
          ...(hint === undefined ? {} : { hint }),
          cause,
        });
      }
    }
  }
  const costOf = (setting: Setting, attention: string): TaskCost => {
    const cost = costs.get(`${setting.key}/${attention}`);
    if (cost === undefined) throw new KvtError("run", `internal: no cost of ${attention} in ${setting.key}`);
    return cost;
  };
  const cells = study.seeds.flatMap((seed) =>
    study.settings.flatMap((setting) =>
      study.attention.map((attention) => makeCell(study, setting, attention, seed, costOf(setting, attention))),
    ),
  );
  return { study, cells, costOf };
}

function makeCell(study: Study, setting: Setting, attention: string, seed: number, cost: TaskCost): Cell {
  const { task, preset } = setting;
  const { device, threads, budget } = study;
  const options = budget.macs === null ? setting.options : withMacs(setting.options, cost.macs, budget.macs);
  const configuration = { task, preset, attention, seed, options, device, threads };
  const id = runId(configuration);
  return { id, name: `${task}-${attention}-seed${seed}-${id}`, setting, configuration };
}

/** As many updates as the budget of forward multiply-accumulates pays for, at least one. */
function withMacs(options: Options, macs: number, budget: number): Options {
  const steps = Math.max(1, Math.floor(budget / (macs * options.train.batch)));
  return { ...options, train: { ...options.train, steps } };
}

/** Reads the data for the sizes of a model once for all settings that read the same. */
function createDimensions(study: Study, data: string | undefined, engine: PlanEngine) {
  const known = new Map<string, Promise<Dimensions>>();
  return (task: Task, options: Options): Promise<Dimensions> => {
    if (task.dimensions === undefined) return Promise.resolve({});
    const { train: _, ...rest } = options;
    const key = canonicalText({ task: task.name, rest });
    const found = known.get(key) ?? engine.dimensions(task, options, study.seeds[0] ?? 1, data);
    known.set(key, found);
    return found;
  };
}

/** What a setting varies, as `model.width=64`. */
export const describe = ({ varied }: Pick<Setting, "varied">): string[] =>
  Object.entries(varied).map(([option, value]) => `${option}=${String(value)}`);
