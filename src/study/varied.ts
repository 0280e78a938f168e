import { flatten } from "../record.ts";
import type { Setting } from "./cell.ts";

/** An entry of a study's tasks: its settings, and the options that it sets for itself. */
export interface ResolvedEntry {
  readonly settings: readonly Setting[];
  readonly set: readonly string[];
}

/**
 * The settings of all entries, in order. Where a task stands more than once, what its settings vary tells its entries
 * apart too: the preset where it differs, options of any entry's grid, and options that entries set for themselves where
 * they differ. Entries may come to a value in different ways, so values are those of the resolved options.
 */
export function tellApart(entries: readonly ResolvedEntry[]): Setting[] {
  const taskOf = ({ settings }: ResolvedEntry): string | undefined => settings[0]?.task;
  return entries.flatMap((entry) => {
    const same = entries.filter((other) => taskOf(other) === taskOf(entry));
    return same.length < 2 ? entry.settings : withDifferences(entry.settings, same);
  });
}

function withDifferences(settings: readonly Setting[], entries: readonly ResolvedEntry[]): Setting[] {
  const all = entries.flatMap((entry) => entry.settings);
  const grid = new Set(all.flatMap(({ varied }) => Object.keys(varied)));
  const differs = <T>(valueOf: (setting: Setting) => T): boolean => new Set(all.map(valueOf)).size > 1;
  const set = [...new Set(entries.flatMap((entry) => entry.set))].filter(
    (option) => !grid.has(option) && differs(({ options }) => flatten(options)[option]),
  );
  const presets = differs(({ preset }) => preset);
  return settings.map((setting) => {
    const values = flatten(setting.options);
    const shown = [...grid, ...set].map((option) => [option, setting.varied[option] ?? values[option]] as const);
    return { ...setting, varied: { ...(presets ? { preset: setting.preset } : {}), ...Object.fromEntries(shown) } };
  });
}
