import type { Config } from "vega-lite";
import type { Look } from "./palette.ts";

const FONT = "DejaVu Sans, Verdana, Segoe UI, Helvetica, Arial, sans-serif";

/** Calm axes: a few horizontal lines, quiet labels, no frame. */
export const chartConfig: Config = {
  aria: false,
  font: FONT,
  background: "var(--paper)",
  view: { stroke: null },
  axis: {
    labelColor: "var(--quiet)",
    titleColor: "var(--quiet)",
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: "normal",
    titlePadding: 8,
    labelPadding: 5,
    domainColor: "var(--strong-line)",
    gridColor: "var(--line)",
    ticks: false,
    labelFlush: false,
  },
  axisX: { grid: false, tickCount: 4, labelOverlap: "greedy" },
  axisY: { domain: false, tickCount: 5 },
  title: {
    color: "var(--ink)",
    fontSize: 13,
    fontWeight: "bold",
    subtitleColor: "var(--quiet)",
    subtitleFontSize: 11,
    anchor: "start",
    frame: "bounds",
    offset: 10,
  },
  legend: {
    orient: "top",
    title: null,
    direction: "horizontal",
    labelColor: "var(--ink)",
    labelFontSize: 11,
    // A legend of a layered area would else be as pale as the area.
    symbolOpacity: 1,
    symbolFillColor: "transparent",
    symbolStrokeWidth: 2,
    offset: 6,
    padding: 0,
    columnPadding: 14,
  },
};

export const WIDTH = 440;
const HEIGHT = 280;

/** One size for all charts: the whole picture, titles and labels included. */
export const sized = {
  width: WIDTH,
  height: HEIGHT,
  padding: { left: 4, right: 12, top: 4, bottom: 4 },
  autosize: { type: "fit", contains: "padding" },
} as const;

export const colourScale = (looks: ReadonlyMap<string, Look>) => ({
  domain: [...looks.keys()],
  range: [...looks.values()].map(({ variable }) => `var(${variable})`),
});

export const shapeScale = (looks: ReadonlyMap<string, Look>) => ({
  domain: [...looks.keys()],
  range: [...looks.values()].map(({ shape }) => shape),
});
