import type { StudyDocument, TaskDocument } from "../../study/study-document.ts";
import { changesProblem } from "../../study/varied.ts";
import { loss, metric, plural, signed } from "../format.ts";

type Varied = Readonly<Record<string, unknown>>;

/** A setting in words: "width 32, length 16"; the whole path of an option where its last part is not enough. */
export function settingName(varied: Varied): string {
  const keys = Object.keys(varied);
  if (keys.length === 0) return "the one setting";
  const last = (key: string): string => key.split(".").at(-1) ?? key;
  return keys
    .map((key) => {
      const name = keys.filter((other) => last(other) === last(key)).length > 1 ? key : last(key);
      return `${name} ${[varied[key]].flat().map(shown).join(" or ")}`;
    })
    .join(", ");
}

const shown = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? "none"));

/** "reverse, width 32": the task alone where nothing varies. */
export const captionOf = ({ task }: Pick<TaskDocument, "task">, varied: Varied): string =>
  Object.keys(varied).length === 0 ? task : `${task}, ${settingName(varied)}`;

/** A task's name, with what sets it apart where the study asks several things of it: "anomaly, position last". */
export const titleOf = (task: Pick<TaskDocument, "task" | "entry">): string => captionOf(task, task.entry);

/** What of a setting makes the problem another one. */
export const problemOf = (varied: Varied): Varied =>
  Object.fromEntries(Object.entries(varied).filter(([key]) => changesProblem(key)));

/** "a", "a and b", "a, b and c" */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

/** What a task's part of the study asks. */
export function question({ attention }: StudyDocument, task: TaskDocument): string {
  const { metric: name, higherIsBetter } = task;
  const [baseline = "", ...others] = attention;
  const sense = higherIsBetter ? "" : "; lower is better";
  if (others.length === 0) return `How well does ${baseline} do on ${titleOf(task)} (${name}${sense})?`;
  const verb = others.length === 1 ? "Does" : "Do";
  return `${verb} ${listed(others)} reach what ${baseline} reaches on ${titleOf(task)} (${name}${sense})?`;
}

/** "0.9812 ± 0.0031"; without ± where there is one seed alone */
export const spread = (mean: number, deviation: number | null): string =>
  deviation === null ? metric(mean) : `${metric(mean)} ± ${metric(deviation)}`;

/** The same of a loss; the deviation has as many decimals as the mean. */
export function lossSpread(mean: number, deviation: number | null): string {
  const text = loss(mean);
  if (deviation === null) return text;
  const decimals = /^\d+\.(\d+)$/.exec(text)?.[1]?.length;
  const small = decimals === undefined || deviation < 10 ** -decimals;
  return `${text} ± ${small ? loss(deviation) : deviation.toFixed(decimals)}`;
}

/** A probability: "0.031", "< 0.001", "–" where there is none. */
export function probability(p: number | null): string {
  if (p === null) return "–";
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

export const difference = (value: number | null): string => (value === null ? "–" : signed(value));

/** How a difference is written: of the metric, or of the loss, whose small values count too. */
export type Difference = (value: number) => string;
export const ofMetric: Difference = signed;
export const ofLoss: Difference = (value) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${loss(Math.abs(value))}`;

/** "3 seeds", "2 to 3 seeds" */
export function seedCount(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (counts.length === 0) return "0 seeds";
  return least === most ? plural(most, "seed") : `${least} to ${most} seeds`;
}
