import type { Values } from "../runtime/values.ts";
import { axisOf, pictureDefinition, tickRoom, ticks, type Axis } from "./axis.ts";
import { divergingScale, sequentialScale, type ColourScale } from "./colour.ts";
import type { AttentionFigure, MapKind } from "./figure.ts";
import { header, note, textStyle } from "./figure-text.ts";
import { heat, legend } from "./heat-map.ts";
import { asymmetry, headMatrices, type Matrix } from "./matrix.ts";
import { renderSvg, svg, type SvgElement } from "./svg.ts";

const margin = 28;
const gap = 18;
const legendRoom = 66;
/** from a block's upper edge to its first map: titles of the block, the heads and the asymmetry */
const blockTop = 60;

/** Pixels a position: maps of some 216 pixels, larger where patches are shown, but squares of 1 to 18. */
function cellSize(columns: number, axis: Axis): number {
  const fitting = Math.floor((axis.picture === undefined ? 216 : 272) / columns);
  return Math.max(1, Math.min(18, Math.max(3, fitting), Math.floor(1024 / columns)));
}

/** One kind of map for all layers (rows) and heads (columns), with one colour scale a layer. */
interface Block {
  readonly kind: MapKind;
  readonly layers: readonly { readonly heads: readonly Matrix[]; readonly scale: ColourScale }[];
}

/**
 * Heat maps of every layer (row) and head (column) of one example as an SVG that stands alone: queries downwards,
 * keys to the right, tokens or patches along the edges. Scores are on a scale around zero, weights from zero up.
 */
export function attentionSvg(figure: AttentionFigure, show: readonly MapKind[] = ["scores", "weights"]): string {
  const blocks = show.map((kind) => blockOf(kind, figure[kind]));
  const first = blocks[0]?.layers[0]?.heads[0];
  const rows = first?.rows ?? 1;
  const columns = first?.columns ?? 1;
  const heads = blocks[0]?.layers[0]?.heads.length ?? 1;
  const layers = figure[show[0] ?? "scores"].length;
  const axis = axisOf(figure.example, columns);
  const cell = cellSize(columns, axis);

  const left = 34 + tickRoom(axis, cell);
  const blockWidth = left + heads * (columns * cell + gap) + legendRoom;
  const rowHeight = rows * cell + gap + 16;
  const blockHeight = blockTop + layers * rowHeight + tickRoom(axis, cell);
  const sideBySide = blocks.length * blockWidth <= 1440;
  const across = sideBySide ? blocks.length : 1;
  const width = Math.max(2 * margin + across * blockWidth, 620);

  const top = header(figure, axis, { heads, layers, width, margin });
  const body = blocks.map((block, i) =>
    svg(
      "g",
      { transform: place(margin + (sideBySide ? i * blockWidth : 0), top.height + (sideBySide ? 0 : i * blockHeight)) },
      ...drawBlock(block, axis, { cell, left, rowHeight }),
    ),
  );
  const bodyHeight = (blocks.length / across) * blockHeight;
  const bottom = note(show, { x: margin, y: top.height + bodyHeight + 14, width: width - 2 * margin });
  const height = top.height + bodyHeight + 14 + bottom.height + margin / 2;

  return renderSvg(
    svg(
      "svg",
      {
        xmlns: "http://www.w3.org/2000/svg",
        width,
        height,
        viewBox: `0 0 ${width} ${Math.round(height)}`,
        role: "img",
      },
      svg("title", {}, top.title),
      svg("style", {}, textStyle),
      ...(axis.picture === undefined ? [] : [svg("defs", {}, pictureDefinition(axis.picture))]),
      svg("rect", { width: "100%", height: "100%", rx: 8, fill: "#ffffff", stroke: "#d8d8d2" }),
      ...top.elements,
      ...body,
      ...bottom.elements,
    ),
  );
}

const place = (x: number, y: number): string => `translate(${Math.round(x)} ${Math.round(y)})`;

function blockOf(kind: MapKind, values: readonly Values[]): Block {
  const scaled = kind === "scores" ? divergingScale : sequentialScale;
  return { kind, layers: values.map((layer) => ({ heads: headMatrices(layer), scale: scaled(layer.data) })) };
}

const blockTitles: Readonly<Record<MapKind, string>> = {
  scores: "Scores before the softmax",
  weights: "Weights after the softmax",
};

function drawBlock(
  block: Block,
  axis: Axis,
  { cell, left, rowHeight }: { cell: number; left: number; rowHeight: number },
): SvgElement[] {
  const drawn: SvgElement[] = [svg("text", { x: left, y: 12, class: "block" }, blockTitles[block.kind])];
  block.layers.forEach(({ heads, scale }, layer) => {
    const top = blockTop + layer * rowHeight;
    const height = (heads[0]?.rows ?? 0) * cell;
    const turn = `translate(12 ${Math.round(top + height / 2)}) rotate(-90)`;
    drawn.push(svg("text", { transform: turn, class: "label", "text-anchor": "middle" }, `layer ${layer + 1} · query`));
    drawn.push(...ticks(axis, "left", { x: left - 3, y: top, cell }));
    heads.forEach((matrix, head) => {
      const x = left + head * (matrix.columns * cell + gap);
      const width = matrix.columns * cell;
      if (layer === 0) {
        drawn.push(
          svg("text", { x: x + width / 2, y: top - 22, class: "label", "text-anchor": "middle" }, `head ${head + 1}`),
        );
      }
      const measure = asymmetry(matrix);
      if (measure !== null) {
        const text = `asymmetry ${measure.toFixed(3)}`;
        drawn.push(svg("text", { x: x + width / 2, y: top - 6, class: "quiet", "text-anchor": "middle" }, text));
      }
      drawn.push(drawMap(matrix, scale, x, top, cell));
      if (layer === block.layers.length - 1) {
        drawn.push(...ticks(axis, "bottom", { x, y: top + height + 3, cell }));
        const below = top + height + tickRoom(axis, cell) + 10;
        drawn.push(svg("text", { x: x + width / 2, y: below, class: "label", "text-anchor": "middle" }, "key"));
      }
      if (head === heads.length - 1) {
        const id = `${block.kind}-${layer + 1}`;
        const title = block.kind === "scores" ? "score" : "weight";
        drawn.push(legend(scale, { x: x + width + 14, y: top, height: Math.min(height, 140), title, id }));
      }
    });
  });
  return drawn;
}

function drawMap(matrix: Matrix, scale: ColourScale, x: number, y: number, cell: number): SvgElement {
  const width = matrix.columns * cell;
  const height = matrix.rows * cell;
  return svg(
    "g",
    {},
    svg("g", { transform: `${place(x, y)} scale(${cell})`, "shape-rendering": "crispEdges" }, ...heat(matrix, scale)),
    svg("rect", { x: x - 0.5, y: y - 0.5, width: width + 1, height: height + 1, fill: "none", stroke: "#9a9a94" }),
  );
}
