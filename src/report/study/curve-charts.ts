import type { TopLevelSpec } from "vega-lite";
import type { CurvePoint, SettingCurves } from "../../study/curves.ts";
import { chartConfig, colourScale, sized } from "./chart-style.ts";
import type { Look } from "./palette.ts";

/** What a curve is drawn over. */
export interface Progress {
  readonly name: "steps" | "seconds" | "macs";
  /** in a title */
  readonly short: string;
  /** of the axis */
  readonly title: string;
  of(point: CurvePoint): number | null;
}

export const PROGRESS: readonly Progress[] = [
  { name: "steps", short: "steps", title: "training steps", of: ({ step }) => step },
  { name: "seconds", short: "time", title: "seconds of training steps", of: ({ seconds }) => seconds },
  { name: "macs", short: "computation", title: "multiply-accumulates of the forward passes", of: ({ macs }) => macs },
];

interface CurveChart {
  readonly setting: SettingCurves;
  readonly shown: "validation" | "loss";
  readonly progress: Progress;
  readonly title: string;
  readonly subtitle: string;
  readonly looks: ReadonlyMap<string, Look>;
}

/** A line a formulation, the mean over its seeds, in a band from the lowest to the highest seed. Null without points. */
export function curveChart({ setting, shown, progress, title, subtitle, looks }: CurveChart): TopLevelSpec | null {
  const values = setting.formulations.flatMap((curves) =>
    curves[shown].flatMap((point) => {
      const x = progress.of(point);
      const { mean, low, high } = point;
      return x === null ? [] : [{ attention: curves.attention, x, mean, low, high }];
    }),
  );
  if (values.length === 0) return null;
  const x = {
    field: "x",
    type: "quantitative",
    title: progress.title,
    scale: { nice: false },
    axis: { format: progress.name === "seconds" ? "~f" : "~s" },
  } as const;
  const color = {
    field: "attention",
    type: "nominal",
    scale: colourScale(looks),
    legend: { symbolType: "stroke", symbolSize: 200 },
  } as const;
  const few = Math.max(...setting.formulations.map((curves) => curves[shown].length)) <= 16;
  const y = { type: "quantitative", title: null, scale: { zero: false, nice: true } } as const;
  return {
    ...sized,
    config: chartConfig,
    title: { text: title, subtitle },
    data: { values },
    layer: [
      {
        mark: { type: "area", opacity: 0.16 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
      },
      {
        mark: { type: "line", strokeWidth: 1.8, strokeJoin: "round", ...(few ? { point: { size: 22 } } : {}) },
        encoding: {
          x,
          y: { ...y, field: "mean" },
          color,
        },
      },
    ],
  };
}
