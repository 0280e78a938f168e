import type { ExampleDescription } from "../tasks/task.ts";
import type { AttentionPart } from "./figure.ts";
import { squares } from "./heat-map.ts";
import { svg, type SvgElement } from "./svg.ts";

/** What stands along the edge of an attention map: one entry a position. */
export interface Axis {
  readonly labels: readonly string[];
  /** the picture whose patches the positions are */
  readonly picture?: Picture;
}

export interface Picture {
  readonly image: Extract<ExampleDescription, { kind: "image" }>;
  /** side of a patch in pixels */
  readonly patch: number;
  /** the patch at each position, or null where there is none (the class token) */
  readonly patches: readonly ({ readonly row: number; readonly column: number } | null)[];
}

/**
 * Names of the `positions` that attend to each other: the tokens themselves, or the patches of a picture row by row
 * as "row,column" counted from 1, after the class token where the model has one.
 */
export function axisOf(example: ExampleDescription, positions: number, read: "source" | "decoded" = "source"): Axis {
  if (example.kind === "tokens") {
    const tokens = read === "decoded" ? (example.decoded ?? example.tokens) : example.tokens;
    return { labels: Array.from({ length: positions }, (_, i) => visible(tokens[i] ?? String(i + 1))) };
  }
  for (const classTokens of [1, 0]) {
    const count = positions - classTokens;
    const patch = Math.sqrt((example.height * example.width) / count);
    if (!Number.isInteger(patch) || example.height % patch !== 0 || example.width % patch !== 0) continue;
    const across = example.width / patch;
    const places = Array.from({ length: count }, (_, i) => ({ row: Math.floor(i / across), column: i % across }));
    const patches = classTokens === 1 ? [null, ...places] : places;
    const labels = patches.map((place) => (place === null ? "cls" : `${place.row + 1},${place.column + 1}`));
    return { labels, picture: { image: example, patch, patches } };
  }
  return { labels: Array.from({ length: positions }, (_, i) => String(i + 1)) };
}

/** The axes of a part's queries and keys: a decoder's own tokens where it has some, for causal and cross-attention. */
export function axesOf(example: ExampleDescription, { kind, scores }: AttentionPart): { queries: Axis; keys: Axis } {
  const [rows = 0, columns = 0] = scores[0]?.shape.slice(2) ?? [];
  return {
    queries: axisOf(example, rows, kind === "self" ? "source" : "decoded"),
    keys: axisOf(example, columns, kind === "causal" ? "decoded" : "source"),
  };
}

/** A token that shows: blanks and line ends as signs. */
export const visible = (token: string): string =>
  token
    .replaceAll("\n", "↵")
    .replaceAll("\t", "⇥")
    .replaceAll(/^ +$/g, (blanks) => "␣".repeat(blanks.length));

/** The id under which `pictureDefinition` is used. */
const pictureId = "picture";

/** The picture once, in units of its pixels, to be shown whole and patch by patch. */
export function pictureDefinition({ image }: Picture): SvgElement {
  const { pixels, height, width, channels } = image;
  const colour = (row: number, column: number): string => {
    const at = (row * width + column) * channels;
    const channel = (c: number): string => (pixels[at + (channels === 1 ? 0 : c)] ?? 0).toString(16).padStart(2, "0");
    return `#${channel(0)}${channel(1)}${channel(2)}`;
  };
  return svg("g", { id: pictureId, "shape-rendering": "crispEdges" }, ...squares(height, width, colour));
}

/** The whole picture `size` wide with the borders of its patches. */
export function wholePicture({ image, patch }: Picture, x: number, y: number, size: number): SvgElement {
  const { width, height } = image;
  const lines: string[] = [];
  for (let row = patch; row < height; row += patch) lines.push(`M0 ${row}H${width}`);
  for (let column = patch; column < width; column += patch) lines.push(`M${column} 0V${height}`);
  return svg(
    "svg",
    { x, y, width: size, height: (size * height) / width, viewBox: `0 0 ${width} ${height}` },
    svg("use", { href: `#${pictureId}` }),
    svg("path", { d: lines.join(""), stroke: "#e0a94a", "stroke-width": width / 280, fill: "none" }),
  );
}

const smallestText = 9;
const smallestPatch = 9;

/** Labels of an axis `cell` pixels a position: along the left edge, ending at x, or below, starting at y. */
export function ticks(
  axis: Axis,
  side: "left" | "bottom",
  place: { x: number; y: number; cell: number },
): SvgElement[] {
  const { x, y, cell } = place;
  const { picture } = axis;
  const longest = Math.max(...axis.labels.map((label) => label.length));
  const stride = picture !== undefined && cell >= smallestPatch ? 1 : Math.ceil(smallestText / cell);
  const turned = side === "bottom" && longest * 6 > stride * cell;
  const marks: SvgElement[] = [];
  axis.labels.forEach((label, i) => {
    if (i % stride !== 0) return;
    const middle = (i + 0.5) * cell;
    const patch = picture?.patches[i];
    if (picture !== undefined && patch && cell >= smallestPatch) {
      const [left, top] = side === "left" ? [x - cell, y + i * cell] : [x + i * cell, y];
      marks.push(thumbnail(picture, patch, left + 0.5, top + 0.5, cell - 1));
      return;
    }
    const text = label.length > 8 ? `${label.slice(0, 7)}…` : label;
    if (side === "left") {
      marks.push(svg("text", { x: x - 2, y: y + middle + 3, class: "tick", "text-anchor": "end" }, text));
    } else if (turned) {
      const turn = `translate(${round(x + middle + 3)} ${round(y + 2)}) rotate(-90)`;
      marks.push(svg("text", { transform: turn, class: "tick", "text-anchor": "end" }, text));
    } else {
      marks.push(svg("text", { x: x + middle, y: y + 9, class: "tick", "text-anchor": "middle" }, text));
    }
  });
  return marks;
}

/** Pixels that the labels of an axis need beside the map. */
export function tickRoom(axis: Axis, cell: number): number {
  const longest = Math.min(8, Math.max(...axis.labels.map((label) => label.length)));
  return Math.max(longest * 6, axis.picture === undefined ? 0 : cell) + 6;
}

function thumbnail(
  { patch }: Picture,
  place: { row: number; column: number },
  x: number,
  y: number,
  size: number,
): SvgElement {
  const viewBox = `${place.column * patch} ${place.row * patch} ${patch} ${patch}`;
  return svg("svg", { x, y, width: size, height: size, viewBox }, svg("use", { href: `#${pictureId}` }));
}

const round = (value: number): number => Math.round(value * 100) / 100;
