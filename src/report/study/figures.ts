import type { TopLevelSpec } from "vega-lite";
import type { SettingCurves } from "../../study/curves.ts";
import type { StudyDocument } from "../../study/study-document.ts";
import { evenly } from "../../study/thin.ts";
import { attentionStrip } from "./attention-strip.ts";
import type { ShownAttention } from "./attention.ts";
import { costChart } from "./cost-charts.ts";
import { COSTS, problemsOf, type Problem } from "./costs.ts";
import { curveChart, PROGRESS } from "./curve-charts.ts";
import { differenceChart, type DifferenceRow } from "./difference-chart.ts";
import type { Figure } from "./draw.ts";
import { looksOf, type Look } from "./palette.ts";
import type { ReportInput, TaskPart } from "./report-input.ts";
import { captionOf, listed, titleOf } from "./words.ts";

type Draw = (name: string, description: string, spec: TopLevelSpec) => Promise<Figure>;
type Looks = ReadonlyMap<string, Look>;

/** Problems whose costs are drawn at most; the tables have all. */
const PROBLEMS = 3;

export interface TaskFigures {
  readonly curves: readonly { readonly setting: SettingCurves; readonly figures: readonly Figure[] }[];
  readonly costs: readonly { readonly problem: Problem; readonly figures: readonly Figure[] }[];
  readonly attention: readonly { readonly shown: ShownAttention; readonly figure: Figure | null }[];
}

export interface StudyFigures {
  /** differences of all tasks, one a metric */
  readonly differences: readonly Figure[];
  readonly tasks: readonly TaskFigures[];
}

/** Every figure of a study, in the order of its report. */
export async function drawFigures(input: ReportInput, parts: readonly TaskPart[], draw: Draw): Promise<StudyFigures> {
  const looks = looksOf(input.document.attention);
  const tasks: TaskFigures[] = [];
  for (const part of parts) {
    tasks.push({
      curves: await drawCurves(part, looks, draw),
      costs: await drawCosts(part, looks, draw),
      attention: drawAttention(part),
    });
  }
  return { differences: await drawDifferences(input.document, looks, draw), tasks };
}

async function drawDifferences(document: StudyDocument, looks: Looks, draw: Draw): Promise<Figure[]> {
  const metrics = [...new Set(document.tasks.map(({ metric }) => metric))];
  const [baseline = ""] = document.attention;
  const figures: Figure[] = [];
  for (const [i, metric] of metrics.entries()) {
    const tasks = document.tasks.filter((task) => task.metric === metric);
    const rows: DifferenceRow[] = tasks.flatMap((task) => {
      const label = titleOf(task);
      const toFirst = task.comparisons.filter((comparison) => comparison.baseline === baseline);
      return toFirst.map((comparison) => ({ ...comparison, label }));
    });
    const sense = tasks[0]?.higherIsBetter === false ? "left of 0 is better" : "right of 0 is better";
    const title = `Difference to ${baseline}: ${metric}`;
    // In two lines: a line's width is guessed too large where there is no canvas, and the picture would be that wide.
    const subtitle = ["mean of the pairs with its 95 % interval", sense];
    const spec = differenceChart(rows, { title, subtitle, looks });
    const description = `${title} on ${listed(tasks.map(titleOf))}. The tables of differences have its numbers.`;
    if (spec !== null) figures.push(await draw(`differences-${i + 1}`, description, spec));
  }
  return figures;
}

async function drawCurves({ task, id, curves }: TaskPart, looks: Looks, draw: Draw): Promise<TaskFigures["curves"]> {
  const drawn: { setting: SettingCurves; figures: Figure[] }[] = [];
  for (const [i, setting] of (curves?.settings ?? []).entries()) {
    const subtitle = captionOf(task, setting.varied);
    const wanted = [
      ...PROGRESS.map((progress) => ({
        shown: "validation" as const,
        progress,
        title: `Validation ${curves?.metric} against ${progress.short}`,
      })),
      ...PROGRESS.slice(0, 1).map((progress) => ({
        shown: "loss" as const,
        progress,
        title: "Training loss against steps",
      })),
    ];
    const figures: Figure[] = [];
    for (const { shown, progress, title } of wanted) {
      const spec = curveChart({ setting, shown, progress, title, subtitle, looks });
      const description = `${title}: ${subtitle}, ${listed(names(setting.formulations))}.`;
      if (spec !== null) figures.push(await draw(`${id}-curve-${i + 1}-${shown}-${progress.name}`, description, spec));
    }
    if (figures.length > 0) drawn.push({ setting, figures });
  }
  return drawn;
}

async function drawCosts({ task, id }: TaskPart, looks: Looks, draw: Draw): Promise<TaskFigures["costs"]> {
  const drawn: { problem: Problem; figures: Figure[] }[] = [];
  for (const [i, problem] of evenly(problemsOf(task), PROBLEMS).entries()) {
    const subtitle = captionOf(task, problem.varied);
    const figures: Figure[] = [];
    for (const kind of COSTS) {
      const title = `Test ${task.metric} against ${kind.short}`;
      const { higherIsBetter } = task;
      const spec = costChart({ problem, kind, higherIsBetter, title, subtitle, looks });
      const description = `${title}: ${subtitle}. The table of budgets has the frontier.`;
      if (spec !== null) figures.push(await draw(`${id}-cost-${i + 1}-${kind.name}`, description, spec));
    }
    if (figures.length > 0) drawn.push({ problem, figures });
  }
  return drawn;
}

const drawAttention = ({ id, attention }: TaskPart): TaskFigures["attention"] =>
  (attention?.formulations ?? []).map((shown) => ({
    shown,
    figure: "figure" in shown ? attentionStrip(`${id}-attention-${shown.attention}`, shown.figure) : null,
  }));

const names = (all: readonly { readonly attention: string }[]): string[] => all.map(({ attention }) => attention);
