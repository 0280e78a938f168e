import type { Options, PresetName } from "../tasks/task.ts";
import type { RunConfiguration } from "../train/configuration.ts";

/** A point of a study's grids: everything that a cell's numbers follow from but its formulation and seed. */
export interface Setting {
  /** tells settings apart within a study: the same task, preset and values give the same text */
  readonly key: string;
  readonly task: string;
  readonly preset: PresetName;
  /**
   * what differs between the settings of the task, such as { "model.width": 64 }, with "preset" where that does; empty
   * where there is one alone
   */
  readonly varied: Readonly<Record<string, unknown>>;
  /**
   * what sets its entry apart from others of the same task that are other problems, such as
   * { "anomaly.position": "last" }: each is answered for itself; absent where there are none
   */
  readonly entry?: Readonly<Record<string, unknown>>;
  /** resolved: defaults, preset, values of the file and of the grid merged */
  readonly options: Options;
}

/** One run of a study: a setting, a formulation and a seed. */
export interface Cell {
  /** hash of the resolved configuration: the same in every study, so that studies share runs */
  readonly id: string;
  /** name of its folder, such as "copy-kv+pos-seed1-1a2b3c4d5e6f" */
  readonly name: string;
  readonly setting: Setting;
  readonly configuration: RunConfiguration;
}
