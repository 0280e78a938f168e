import { flatten } from "../record.ts";
import type { Setting } from "./cell.ts";

/** An entry of a study's tasks: its settings, and the options that it sets for itself. */
export interface ResolvedEntry {
  readonly settings: readonly Setting[];
  readonly set: readonly string[];
}

/** Whether an option makes the problem another one, so that results are not weighed: all but the model and its training. */
export const changesProblem = (option: string): boolean => !/^(model|train)\./.test(option);

/**
 * The settings of all entries, in order. Where a task stands more than once, what its settings vary tells its entries
 * apart too: the preset where it differs, options of any entry's grid, and options that entries set for themselves where
 * they differ. Those of them that change the problem and whose values are not the same in all entries are the `entry` of
 * its settings. Entries may come to a value in different ways, so values are those of the resolved options.
 */
export function tellApart(entries: readonly ResolvedEntry[]): Setting[] {
  const taskOf = ({ settings }: ResolvedEntry): string | undefined => settings[0]?.task;
  return entries.flatMap((entry) => {
    const same = entries.filter((other) => taskOf(other) === taskOf(entry));
    return same.length < 2 ? entry.settings : withDifferences(entry, same);
  });
}

/** Values by option. */
type Point = Readonly<Record<string, unknown>>;

function withDifferences(entry: ResolvedEntry, entries: readonly ResolvedEntry[]): Setting[] {
  const points = new Map(
    entries.map((one) => [one, one.settings.map(({ preset, options }): Point => ({ preset, ...flatten(options) }))]),
  );
  const own = points.get(entry) ?? [];
  const all = [...points.values()].flat();
  const grid = new Set(entries.flatMap(({ settings }) => settings.flatMap(({ varied }) => Object.keys(varied))));
  const set = entries.flatMap((one) => one.set);
  const shown = [...new Set(["preset", ...grid, ...set])].filter(
    (option) => grid.has(option) || valuesOf(option, all).length > 1,
  );
  const apart = shown.filter((option) => {
    const values = valuesOf(option, all).length;
    return changesProblem(option) && [...points.values()].some((some) => valuesOf(option, some).length < values);
  });
  const told = Object.fromEntries(
    apart.map((option) => {
      const mine = valuesOf(option, own);
      // In one order, so that entries with the same values are the same.
      return [option, mine.length === 1 ? mine[0] : valuesOf(option, all).filter((value) => mine.includes(value))];
    }),
  );
  return entry.settings.map((setting, i) => {
    const varied = Object.fromEntries(shown.map((option) => [option, own[i]?.[option]]));
    return { ...setting, varied, ...(apart.length === 0 ? {} : { entry: told }) };
  });
}

const valuesOf = (option: string, points: readonly Point[]): unknown[] => [
  ...new Set(points.map((point) => point[option])),
];
