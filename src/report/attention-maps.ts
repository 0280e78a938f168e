import { axesOf, tickRoom, ticks, type Axis } from "./axis.ts";
import { divergingScale, sequentialScale, type ColourScale } from "./colour.ts";
import { partTitle, type AttentionFigure, type AttentionPart, type MapKind } from "./figure.ts";
import { document, header, note, noteText } from "./figure-text.ts";
import { heat, legend } from "./heat-map.ts";
import { asymmetry, headMatrices, type Matrix } from "./matrix.ts";
import { svg, type SvgElement } from "./svg.ts";

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
  /** whether a map's asymmetry means something: not where one half is masked, or where two sequences meet */
  readonly measured: boolean;
  readonly layers: readonly { readonly heads: readonly Matrix[]; readonly scale: ColourScale }[];
}

/**
 * Heat maps of every layer (row) and head (column) of one example as an SVG that stands alone: queries downwards,
 * keys to the right, tokens or patches along the edges. Scores are on a scale around zero, weights from zero up. An
 * encoder-decoder's three kinds of attention stand below each other.
 */
export function attentionSvg(figure: AttentionFigure, show: readonly MapKind[] = ["scores", "weights"]): string {
  const panels = figure.parts.map((part, i) => panel(figure, part, { show, name: figure.parts.length > 1, number: i }));
  const width = Math.max(2 * margin + Math.max(...panels.map((part) => part.width)), 620);
  const heads = figure.parts[0]?.scores[0]?.shape[1] ?? 1;
  const layers = figure.parts[0]?.scores.length ?? 1;
  const [first] = figure.parts;
  const { picture } = first === undefined ? { picture: undefined } : axesOf(figure.example, first).keys;

  const top = header(figure, picture, { heads, layers, width, margin });
  let below = top.height;
  const body = panels.map(({ elements, height }) => {
    const drawn = svg("g", { transform: place(margin, below) }, ...elements);
    below += height;
    return drawn;
  });
  const kinds = figure.parts.map(({ kind }) => kind);
  const bottom = note(noteText(show, kinds), { x: margin, y: below + 14, width: width - 2 * margin });
  return document({
    title: top.title,
    width,
    height: below + 14 + bottom.height + margin / 2,
    picture,
    elements: [...top.elements, ...body, ...bottom.elements],
  });
}

interface Panel {
  readonly width: number;
  readonly height: number;
  readonly elements: readonly SvgElement[];
}

/** The blocks of one part, side by side where they fit, under its name. */
function panel(
  figure: AttentionFigure,
  part: AttentionPart,
  { show, name, number }: { show: readonly MapKind[]; name: boolean; number: number },
): Panel {
  const axes = axesOf(figure.example, part);
  const blocks = show.map((kind) => blockOf(kind, part));
  const heads = part.scores[0]?.shape[1] ?? 1;
  const [rows, columns] = [axes.queries.labels.length, axes.keys.labels.length];
  const cell = cellSize(Math.max(rows, columns), axes.keys);
  const left = 34 + tickRoom(axes.queries, cell);
  const blockWidth = left + heads * (columns * cell + gap) + legendRoom;
  const rowHeight = rows * cell + gap + 16;
  const blockHeight = blockTop + part.scores.length * rowHeight + tickRoom(axes.keys, cell);
  const sideBySide = blocks.length * blockWidth <= 1440;
  const titleRoom = name ? 34 : 0;
  const at = (i: number) => place(sideBySide ? i * blockWidth : 0, titleRoom + (sideBySide ? 0 : i * blockHeight));
  return {
    width: (sideBySide ? blocks.length : 1) * blockWidth,
    height: titleRoom + (sideBySide ? 1 : blocks.length) * blockHeight,
    elements: [
      ...(name ? [svg("text", { x: 0, y: 12, class: "part" }, partTitle(part))] : []),
      ...blocks.map((block, i) =>
        svg("g", { transform: at(i) }, ...drawBlock(block, axes, { cell, left, rowHeight, id: `part${number}` })),
      ),
    ],
  };
}

const place = (x: number, y: number): string => `translate(${Math.round(x)} ${Math.round(y)})`;

function blockOf(kind: MapKind, part: AttentionPart): Block {
  const scaled = kind === "scores" ? divergingScale : sequentialScale;
  return {
    kind,
    measured: part.kind === "self",
    layers: part[kind].map((layer) => ({ heads: headMatrices(layer), scale: scaled(layer.data) })),
  };
}

const blockTitles: Readonly<Record<MapKind, string>> = {
  scores: "Scores before the softmax",
  weights: "Weights after the softmax",
};

function drawBlock(
  block: Block,
  { queries, keys }: { queries: Axis; keys: Axis },
  { cell, left, rowHeight, id: part }: { cell: number; left: number; rowHeight: number; id: string },
): SvgElement[] {
  const drawn: SvgElement[] = [svg("text", { x: left, y: 12, class: "block" }, blockTitles[block.kind])];
  block.layers.forEach(({ heads, scale }, layer) => {
    const top = blockTop + layer * rowHeight;
    const height = (heads[0]?.rows ?? 0) * cell;
    const turn = `translate(12 ${Math.round(top + height / 2)}) rotate(-90)`;
    drawn.push(svg("text", { transform: turn, class: "label", "text-anchor": "middle" }, `layer ${layer + 1} · query`));
    drawn.push(...ticks(queries, "left", { x: left - 3, y: top, cell }));
    heads.forEach((matrix, head) => {
      const x = left + head * (matrix.columns * cell + gap);
      const width = matrix.columns * cell;
      if (layer === 0) {
        drawn.push(
          svg("text", { x: x + width / 2, y: top - 22, class: "label", "text-anchor": "middle" }, `head ${head + 1}`),
        );
      }
      const measure = block.measured ? asymmetry(matrix) : null;
      if (measure !== null) {
        const text = `asymmetry ${measure.toFixed(3)}`;
        drawn.push(svg("text", { x: x + width / 2, y: top - 6, class: "quiet", "text-anchor": "middle" }, text));
      }
      drawn.push(drawMap(matrix, scale, x, top, cell));
      if (layer === block.layers.length - 1) {
        drawn.push(...ticks(keys, "bottom", { x, y: top + height + 3, cell }));
        const below = top + height + tickRoom(keys, cell) + 14;
        drawn.push(svg("text", { x: x + width / 2, y: below, class: "label", "text-anchor": "middle" }, "key"));
      }
      if (head === heads.length - 1) {
        const id = `${part}-${block.kind}-${layer + 1}`;
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
