import { axesOf, pictureDefinition, type Axis, type Picture } from "../axis.ts";
import { divergingScale, sequentialScale, type ColourScale } from "../colour.ts";
import { partTitle, type AttentionFigure, type AttentionPart, type MapKind } from "../figure.ts";
import { heat } from "../heat-map.ts";
import { asymmetry, headMatrices, type Matrix } from "../matrix.ts";
import { heatedPicture } from "../picture-maps.ts";
import { renderSvg, svg, type SvgElement } from "../svg.ts";
import { evenly } from "../../study/thin.ts";
import { tidy, type Figure } from "./draw.ts";

const WIDTH = 352;
const LEFT = 20;
const GAP = 10;
/** Of a map, layers and heads that a page has room for; `kvt attention RUN` draws all. */
const MOST = { layers: 2, heads: 3, positions: 32 } as const;
/** Steps of a map's colours: fewer than a figure of its own has, so that neighbours of one colour join. */
const LEVELS = 32;

const BLOCKS: Readonly<Record<MapKind, string>> = {
  scores: "scores before the softmax",
  weights: "weights after the softmax",
};

/**
 * The attention of one formulation in a width that three stand beside each other: pictures with what the class token
 * sees, or maps of the first and last layer's heads, queries downwards and keys to the right.
 */
export function attentionStrip(name: string, figure: AttentionFigure): Figure {
  const { elements, height, picture } = stripOf(figure);
  const title = `Attention of ${figure.attention} on ${figure.task}`;
  const root = svg(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${Math.round(height)}` },
    svg("style", {}, STYLE),
    ...(picture === undefined ? [] : [svg("defs", {}, pictureDefinition(picture))]),
    svg("rect", { width: WIDTH, height: Math.round(height), fill: "var(--paper)" }),
    svg("text", { x: LEFT, y: 18, class: "strip-title" }, figure.attention),
    svg("text", { x: WIDTH - GAP, y: 18, class: "strip-quiet", "text-anchor": "end" }, figure.run),
    ...elements,
  );
  return { name, description: `${title}, one example: ${summary(figure)}`, svg: tidy(renderSvg(root), name, title) };
}

const STYLE = [
  ".strip-title,.strip-block,.strip-quiet{font-family:DejaVu Sans,Verdana,Segoe UI,Helvetica,Arial,sans-serif}",
  ".strip-title{font-size:14px;font-weight:bold;fill:var(--ink)}",
  ".strip-block{font-size:11px;fill:var(--ink)}",
  ".strip-quiet{font-size:10px;fill:var(--quiet)}",
].join("");

interface Strip {
  readonly elements: readonly SvgElement[];
  readonly height: number;
  readonly picture?: Picture;
}

function stripOf(figure: AttentionFigure): Strip {
  const [part] = figure.parts;
  const picture = part === undefined ? undefined : axesOf(figure.example, part).keys.picture;
  // The class token comes first; without one there is no single place to look from.
  if (part !== undefined && picture?.patches[0] === null) return picturesStrip(part, picture);
  let top = 34;
  const elements = figure.parts.flatMap((one) => {
    const kinds: MapKind[] = one.kind === "self" ? ["scores", "weights"] : ["weights"];
    return kinds.flatMap((kind) => {
      const block = drawBlock(figure, one, kind, top);
      top += block.height;
      return block.elements;
    });
  });
  return { elements, height: top + 4 };
}

const layersShown = <T>(layers: readonly T[]): { layer: T; number: number }[] =>
  evenly(
    layers.map((layer, i) => ({ layer, number: i + 1 })),
    MOST.layers,
  );

function picturesStrip(part: AttentionPart, picture: Picture): Strip {
  const heads = Math.min(MOST.heads, part.weights[0]?.shape[1] ?? 1);
  const side = mapSide(heads);
  const tall = (side * picture.image.height) / picture.image.width;
  const elements: SvgElement[] = [];
  let top = 36;
  for (const { layer, number } of layersShown(part.weights)) {
    elements.push(rowTitle(`layer ${number}`, top + tall / 2));
    headMatrices(layer)
      .slice(0, heads)
      .forEach((matrix, head) => {
        const x = LEFT + head * (side + GAP);
        elements.push(heatedPicture(picture, matrix, x, top, side));
        elements.push(quiet(`head ${head + 1}`, x + side / 2, top + tall + 13));
      });
    top += tall + 26;
  }
  return { elements, height: top, picture };
}

const mapSide = (heads: number): number => Math.min(158, (WIDTH - LEFT - GAP - (heads - 1) * GAP) / heads);

function drawBlock(figure: AttentionFigure, part: AttentionPart, kind: MapKind, from: number): Strip {
  const { queries, keys } = axesOf(figure.example, part);
  const layers = layersShown(part[kind]);
  const heads = Math.min(MOST.heads, part[kind][0]?.shape[1] ?? 1);
  const title = figure.parts.length > 1 ? `${partTitle(part)}, ${BLOCKS[kind]}` : BLOCKS[kind];
  const elements: SvgElement[] = [svg("text", { x: LEFT, y: from + 10, class: "strip-block" }, title)];
  let top = from + 20;
  for (const { layer, number } of layers) {
    const matrices = headMatrices(layer).slice(0, heads);
    const scale = (kind === "scores" ? divergingScale : sequentialScale)(layer.data);
    const [rows, columns] = [shown(queries), shown(keys)];
    const cell = mapSide(heads) / Math.max(rows, columns);
    elements.push(rowTitle(`layer ${number}`, top + (rows * cell) / 2));
    matrices.forEach((matrix, head) => {
      const x = LEFT + head * (mapSide(heads) + GAP);
      elements.push(drawMap(matrix, scale, { x, y: top, cell, rows, columns }));
      const measure = part.kind === "self" ? asymmetry(matrix) : null;
      const caption = `head ${head + 1}${measure === null ? "" : ` · ${measure.toFixed(2)}`}`;
      elements.push(quiet(caption, x + (columns * cell) / 2, top + rows * cell + 12));
    });
    top += rows * cell + 24;
  }
  return { elements, height: top - from + 4 };
}

const shown = ({ labels }: Axis): number => Math.min(MOST.positions, labels.length);

function drawMap(
  { data, columns: stride }: Matrix,
  scale: ColourScale,
  { x, y, cell, rows, columns }: { x: number; y: number; cell: number; rows: number; columns: number },
): SvgElement {
  const step = (scale.high - scale.low) / LEVELS;
  const cut = Float32Array.from({ length: rows * columns }, (_, i) => {
    const value = data[Math.floor(i / columns) * stride + (i % columns)] ?? Number.NaN;
    return scale.low + Math.round((value - scale.low) / step) * step;
  });
  const [width, height] = [columns * cell, rows * cell];
  const place = `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${cell.toFixed(3)})`;
  return svg(
    "g",
    {},
    svg("rect", { x, y, width, height, fill: "#ffffff" }),
    svg("g", { transform: place, "shape-rendering": "crispEdges" }, ...heat({ data: cut, rows, columns }, scale)),
    svg("rect", { x, y, width, height, fill: "none", stroke: "var(--strong-line)", "stroke-width": 0.75 }),
  );
}

const quiet = (text: string, x: number, y: number): SvgElement =>
  svg("text", { x, y, class: "strip-quiet", "text-anchor": "middle" }, text);

const rowTitle = (text: string, middle: number): SvgElement =>
  svg(
    "text",
    { transform: `translate(12 ${middle.toFixed(1)}) rotate(-90)`, class: "strip-quiet", "text-anchor": "middle" },
    text,
  );

/** What of the model is drawn: "layers 1 and 4 of 4, heads 1 to 3 of 8, the first 32 of 64 positions". */
export function summary({ example, parts }: AttentionFigure): string {
  const [part] = parts;
  if (part === undefined) return "no attention";
  const layers = part.weights.length;
  const heads = part.weights[0]?.shape[1] ?? 1;
  const positions = axesOf(example, part).keys.labels.length;
  return [
    layers > MOST.layers ? `layers 1 and ${layers} of ${layers}` : layers === 1 ? "1 layer" : `${layers} layers`,
    heads > MOST.heads ? `heads 1 to ${MOST.heads} of ${heads}` : heads === 1 ? "1 head" : `${heads} heads`,
    ...(example.kind === "tokens" && positions > MOST.positions
      ? [`the first ${MOST.positions} of ${positions} positions`]
      : []),
  ].join(", ");
}
