import { colourOf, type ColourScale } from "./colour.ts";
import { svg, type SvgElement } from "./svg.ts";

/**
 * A picture of rows × columns coloured squares of one unit, as one path a colour: far smaller than an element a
 * square, and crisp at any size. `colour` is asked for every square; undefined leaves it empty.
 */
export function squares(
  rows: number,
  columns: number,
  colour: (row: number, column: number) => string | undefined,
): SvgElement[] {
  const paths = new Map<string, string[]>();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns;) {
      const filled = colour(row, column);
      let end = column + 1;
      while (end < columns && colour(row, end) === filled) end++;
      if (filled !== undefined) {
        const path = paths.get(filled) ?? [];
        path.push(`M${column} ${row}h${end - column}v1h${column - end}z`);
        paths.set(filled, path);
      }
      column = end;
    }
  }
  return [...paths].map(([fill, path]) => svg("path", { fill, d: path.join("") }));
}

/** A vertical bar of a scale's colours with its values beside it, from high (above) to low. */
export function legend(
  scale: ColourScale,
  place: { x: number; y: number; height: number; title: string; id: string },
): SvgElement {
  const { x, y, height, title, id } = place;
  const last = scale.stops.length - 1;
  const stops = scale.stops.map((stop, i) =>
    svg("stop", { offset: `${Math.round((i / last) * 100)}%`, "stop-color": stop }),
  );
  const marks = [0, 0.5, 1].map((share) =>
    svg(
      "text",
      { x: x + 17, y: y + (1 - share) * height + 3.5, class: "small" },
      tick(scale.low + share * (scale.high - scale.low)),
    ),
  );
  return svg(
    "g",
    {},
    svg("linearGradient", { id, x1: 0, y1: 1, x2: 0, y2: 0 }, ...stops),
    svg("rect", { x, y, width: 12, height, fill: `url(#${id})`, stroke: "#9a9a94", "stroke-width": 0.5 }),
    ...marks,
    svg("text", { x, y: y - 8, class: "small" }, title),
  );
}

/** A legend's value in about three digits, with a true minus sign. */
function tick(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return (value === 0 ? "0" : value.toFixed(digits)).replace("-", "−");
}

/** A matrix as coloured squares; NaN, where nothing is attended to, stays empty. */
export const heat = (
  matrix: { data: ArrayLike<number>; rows: number; columns: number },
  scale: ColourScale,
): SvgElement[] =>
  squares(matrix.rows, matrix.columns, (i, j) => {
    const value = matrix.data[i * matrix.columns + j] ?? Number.NaN;
    return Number.isNaN(value) ? undefined : colourOf(scale, value);
  });
