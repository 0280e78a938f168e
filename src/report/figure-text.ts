import { wholePicture, type Axis } from "./axis.ts";
import type { AttentionFigure, MapKind } from "./figure.ts";
import { plural, wrap } from "./format.ts";
import { svg, type SvgElement } from "./svg.ts";

/** The look of every text in a figure, by class. */
export const textStyle = [
  'text{font-family:"DejaVu Sans",Verdana,"Segoe UI",Helvetica,Arial,sans-serif;fill:#22262b}',
  ".title{font-size:17px;font-weight:bold}",
  ".block{font-size:13px;font-weight:bold}",
  ".label{font-size:11px}",
  ".quiet{font-size:11px;fill:#5c6269}",
  ".small{font-size:10px;fill:#3a3f45}",
  ".tick{font-size:9px;fill:#3a3f45}",
].join("");

interface Passage {
  readonly height: number;
  readonly elements: readonly SvgElement[];
}

/** Which run and example a figure shows, with the example's picture on the left where it has one. */
export function header(
  figure: AttentionFigure,
  axis: Axis,
  { heads, layers, width, margin }: { heads: number; layers: number; width: number; margin: number },
): Passage & { readonly title: string } {
  const { example } = figure;
  const title = `Attention of ${figure.attention} on ${figure.task}`;
  const pictureSize = axis.picture === undefined ? 0 : 112;
  const x = margin + (pictureSize === 0 ? 0 : pictureSize + 18);
  const content =
    example.kind === "image"
      ? [`label ${example.label}`]
      : [`input ${example.tokens.join(" ")}`, `target ${example.target.join(" ")}`];
  const sizes = `${plural(layers, "layer")} × ${plural(heads, "head")}`;
  const lines = [
    `run ${figure.run} · example ${figure.index} of ${figure.split} · ${sizes}`,
    ...content.flatMap((line) => shorten(wrapPixels(line, width - x - margin), 2)),
  ];
  const elements = [
    ...(axis.picture === undefined ? [] : [wholePicture(axis.picture, margin, margin - 6, pictureSize)]),
    svg("text", { x, y: margin + 10, class: "title" }, title),
    ...lines.map((line, i) => svg("text", { x, y: margin + 32 + i * 17, class: "label" }, line)),
  ];
  const height = margin + Math.max(pictureSize, 24 + lines.length * 17) + 20;
  return { title: `${title}, ${lines[0] ?? ""}`, height, elements };
}

/** How the numbers of a figure are to be read. */
export function note(show: readonly MapKind[], { x, y, width }: { x: number; y: number; width: number }): Passage {
  const text = [
    "Asymmetry is ‖S − Sᵀ‖ / ‖S‖: 0 where a map equals its mirror image across the diagonal. One colour scale a layer.",
    ...(show.includes("weights")
      ? ["The softmax divides every row by a sum of its own, so even symmetric scores give weights that are not."]
      : []),
  ].join(" ");
  const lines = wrapPixels(text, width);
  const elements = lines.map((line, i) => svg("text", { x, y: y + i * 15 + 10, class: "quiet" }, line));
  return { height: lines.length * 15 + 4, elements };
}

/** Lines of at most `width` pixels of 11 px text, counted at the font's mean width. */
const wrapPixels = (text: string, width: number): string[] => wrap(text, Math.floor(width / 6.4));

const shorten = (lines: readonly string[], most: number): string[] =>
  lines.length <= most ? [...lines] : [...lines.slice(0, most - 1), `${lines[most - 1] ?? ""} …`];
