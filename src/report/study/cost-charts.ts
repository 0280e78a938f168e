import type { TopLevelSpec } from "vega-lite";
import { orZero } from "../../study/statistics.ts";
import { chartConfig, colourScale, shapeScale, sized } from "./chart-style.ts";
import { bestOffers, offers, type CostKind, type Problem } from "./costs.ts";
import type { Look } from "./palette.ts";

interface CostChart {
  readonly problem: Problem;
  readonly kind: CostKind;
  readonly higherIsBetter: boolean;
  readonly title: string;
  readonly subtitle: string;
  readonly looks: ReadonlyMap<string, Look>;
}

/**
 * What was reached against what it costs: a point a setting and formulation, with a line from its lowest to its highest seed;
 * those on the Pareto frontier are filled, and a line of steps tells the best for every budget. Null without points.
 */
export function costChart({ problem, kind, higherIsBetter, title, subtitle, looks }: CostChart): TopLevelSpec | null {
  const all = offers(problem, kind);
  if (all.length === 0) return null;
  const unit = kind.timed ? 1000 : 1;
  const best = bestOffers(problem, kind, higherIsBetter);
  const values = all.map((offer) => ({
    attention: offer.row.attention,
    x: offer.cost * unit,
    y: offer.reached,
    low: orZero(Math.min(...offer.row.runs.map(({ test }) => test))),
    high: orZero(Math.max(...offer.row.runs.map(({ test }) => test))),
    best: best.some(({ row }) => row === offer.row),
  }));
  const steps = best.map(({ cost, reached }) => ({ x: cost * unit, y: reached }));
  const most = Math.max(...values.map(({ x }) => x));
  const last = steps.at(-1);
  if (last !== undefined && last.x < most) steps.push({ x: most, y: last.y });
  const least = Math.min(...values.map(({ x }) => x));
  const wide = least > 0 && most / least > 20;
  const scale = wide ? ({ type: "log" } as const) : ({ zero: false } as const);
  const x = {
    field: "x",
    type: "quantitative",
    title: kind.title,
    scale: { ...scale, nice: false, padding: 14 },
    axis: { format: kind.format },
  } as const;
  const y = { field: "y", type: "quantitative", title: null, scale: { zero: false, nice: true } } as const;
  const color = { field: "attention", type: "nominal", scale: colourScale(looks) } as const;
  const shape = { field: "attention", type: "nominal", scale: shapeScale(looks) } as const;
  const points = { strokeWidth: 1.8, size: 70 } as const;
  return {
    ...sized,
    config: chartConfig,
    title: { text: title, subtitle },
    layer: [
      {
        data: { values: steps },
        mark: { type: "line", interpolate: "step-after", stroke: "var(--strong-line)", strokeDash: [4, 3] },
        encoding: { x, y },
      },
      {
        data: { values: values.filter(({ low, high }) => high > low) },
        mark: { type: "rule", strokeWidth: 1.2, opacity: 0.55 },
        encoding: {
          x,
          y: { ...y, field: "low" },
          y2: { field: "high" },
          color,
        },
      },
      {
        data: { values: values.filter(({ best }) => !best) },
        mark: { type: "point", ...points, fill: "var(--paper)", opacity: 1 },
        encoding: { x, y, color, shape },
      },
      {
        data: { values: values.filter(({ best }) => best) },
        mark: { type: "point", ...points, filled: true, opacity: 1 },
        encoding: { x, y, color, shape },
      },
    ],
  };
}
