import type { AttentionKind } from "../nn/scope.ts";
import { pictureDefinition, visible, wholePicture, type Picture } from "./axis.ts";
import type { AttentionFigure, MapKind } from "./figure.ts";
import { plural, wrap } from "./format.ts";
import { renderSvg, svg, type SvgElement } from "./svg.ts";

/** The look of every text in a figure, by class. */
const textStyle = [
  'text{font-family:"DejaVu Sans",Verdana,"Segoe UI",Helvetica,Arial,sans-serif;fill:#22262b}',
  ".title{font-size:17px;font-weight:bold}",
  ".part{font-size:15px;font-weight:bold}",
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
  picture: Picture | undefined,
  { heads, layers, width, margin }: { heads: number; layers: number; width: number; margin: number },
): Passage & { readonly title: string } {
  const { example } = figure;
  const title = `Attention of ${figure.attention} on ${figure.task}`;
  const pictureSize = picture === undefined ? 0 : 112;
  const x = margin + (pictureSize === 0 ? 0 : pictureSize + 18);
  const content =
    example.kind === "image"
      ? [`label ${example.label}`]
      : [`input ${line(example.tokens)}`, `target ${line(example.target)}`];
  const sizes = `${plural(layers, "layer")} × ${plural(heads, "head")}`;
  const { shown } = figure;
  const what = "prompt" in shown ? "own text" : `example ${shown.index} of ${shown.split}`;
  const lines = [
    `run ${figure.run} · ${what} · ${sizes}`,
    ...content.flatMap((line) => shorten(wrapPixels(line, width - x - margin), 2)),
  ];
  const elements = [
    ...(picture === undefined ? [] : [wholePicture(picture, margin, margin - 6, pictureSize)]),
    svg("text", { x, y: margin + 10, class: "title" }, title),
    ...lines.map((line, i) => svg("text", { x, y: margin + 32 + i * 17, class: "label" }, line)),
  ];
  const height = margin + Math.max(pictureSize, 24 + lines.length * 17) + 20;
  return { title: `${title}, ${lines[0] ?? ""}`, height, elements };
}

/** How the numbers of a figure of matrices are to be read. */
export function noteText(show: readonly MapKind[], kinds: readonly AttentionKind[]): string {
  const self = kinds.includes("self");
  return [
    ...(self ? ["Asymmetry is ‖S − Sᵀ‖ / ‖S‖: 0 where a map equals its mirror image across the diagonal."] : []),
    "One colour scale a layer.",
    ...(kinds.includes("causal")
      ? ["Causal attention does not look at what comes later: nothing is drawn there."]
      : []),
    ...(self && show.includes("weights")
      ? ["The softmax divides every row by a sum of its own, so even symmetric scores give weights that are not."]
      : []),
  ].join(" ");
}

/** A passage below the figure. */
export function note(text: string, { x, y, width }: { x: number; y: number; width: number }): Passage {
  const lines = wrapPixels(text, width);
  const elements = lines.map((line, i) => svg("text", { x, y: y + i * 15 + 10, class: "quiet" }, line));
  return { height: lines.length * 15 + 4, elements };
}

/** The whole figure as text: its frame, the look of its texts and the picture that its parts show. */
export function document(content: {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly picture: Picture | undefined;
  readonly elements: readonly SvgElement[];
}): string {
  const { title, width, height, picture, elements } = content;
  const viewBox = `0 0 ${width} ${Math.round(height)}`;
  return renderSvg(
    svg(
      "svg",
      { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox, role: "img" },
      svg("title", {}, title),
      svg("style", {}, textStyle),
      ...(picture === undefined ? [] : [svg("defs", {}, pictureDefinition(picture))]),
      svg("rect", { width: "100%", height: "100%", rx: 8, fill: "#ffffff", stroke: "#d8d8d2" }),
      ...elements,
    ),
  );
}

/** Tokens in a line: characters one after the other, words and numbers with blanks between them. */
function line(tokens: readonly string[]): string {
  const characters = tokens.some((token) => token === " " || token === "\n");
  return tokens.map(visible).join(characters ? "" : " ");
}

/** Lines of at most `width` pixels of 11 px text, counted at the font's mean width. */
const wrapPixels = (text: string, width: number): string[] => wrap(text, Math.floor(width / 6.4));

const shorten = (lines: readonly string[], most: number): string[] =>
  lines.length <= most ? [...lines] : [...lines.slice(0, most - 1), `${lines[most - 1] ?? ""} …`];
