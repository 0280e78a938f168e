import type { TopLevelSpec } from "vega-lite";
import type { ComparisonDocument } from "../../study/study-document.ts";
import { chartConfig, colourScale, shapeScale, WIDTH } from "./chart-style.ts";
import type { Look } from "./palette.ts";

export interface DifferenceRow extends ComparisonDocument {
  /** what it was measured on */
  readonly label: string;
}

/**
 * Mean paired differences to the first formulation with their 95 % intervals, a line each; the upright line is no
 * difference. Null where no pair is.
 */
export function differenceChart(
  rows: readonly DifferenceRow[],
  { title, subtitle, looks }: { title: string; subtitle: readonly string[]; looks: ReadonlyMap<string, Look> },
): TopLevelSpec | null {
  const values = rows.flatMap(({ label, attention, mean, low, high }) =>
    mean === null ? [] : [{ label, attention, mean, low: low ?? mean, high: high ?? mean }],
  );
  if (values.length === 0) return null;
  const names = [...new Set(values.map(({ attention }) => attention))];
  const own = new Map([...looks].filter(([name]) => names.includes(name)));
  const y = {
    field: "label",
    type: "nominal",
    sort: null,
    title: null,
    axis: {
      domain: false,
      grid: true,
      labelColor: "var(--ink)",
      labelLimit: 160,
      labelFontSize: 12,
      // What sets a task apart stands below its name: widths are guessed too large, and one line would be cut.
      labelExpr: "split(datum.label, ', ')",
    },
  } as const;
  const offset = { field: "attention", type: "nominal", sort: names, scale: { paddingOuter: 0.5 } } as const;
  const x = {
    field: "mean",
    type: "quantitative",
    title: null,
    scale: { zero: true, padding: 12 },
    axis: { grid: true, labelExpr: "datum.value === 0 ? '0' : format(datum.value, '+~g')" },
  } as const;
  const color = { field: "attention", type: "nominal", scale: colourScale(own) } as const;
  return {
    width: WIDTH - 90,
    height: { step: 16 },
    padding: { left: 4, right: 12, top: 4, bottom: 4 },
    config: chartConfig,
    title: { text: title, subtitle: [...subtitle] },
    data: { values },
    layer: [
      {
        mark: { type: "rule", stroke: "var(--ink)", strokeWidth: 1 },
        encoding: { x: { datum: 0 } },
      },
      {
        mark: { type: "rule", strokeWidth: 1.8 },
        encoding: { x: { ...x, field: "low" }, x2: { field: "high" }, y, yOffset: offset, color },
      },
      {
        mark: { type: "point", filled: true, size: 62, opacity: 1 },
        encoding: {
          x,
          y,
          yOffset: offset,
          color,
          shape: { field: "attention", type: "nominal", scale: shapeScale(own) },
        },
      },
    ],
  };
}
