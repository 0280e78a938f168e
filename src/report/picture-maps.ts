import { axesOf, type Picture } from "./axis.ts";
import type { AttentionFigure } from "./figure.ts";
import { document, header, note } from "./figure-text.ts";
import { headMatrices, type Matrix } from "./matrix.ts";
import { svg, type SvgElement } from "./svg.ts";

const margin = 28;
const gap = 14;
const side = 132;
const labelRoom = 26;
const heatColour = "#ff3d00";

/**
 * What the class token attends to, over the picture itself: one small picture a layer (row) and head (column), redder
 * where a patch has more weight. Undefined when the example is no picture or the model has no class token.
 */
export function pictureSvg(figure: AttentionFigure): string | undefined {
  const [part] = figure.parts;
  if (part === undefined) return undefined;
  const { picture } = axesOf(figure.example, part).keys;
  if (picture?.patches[0] !== null) return undefined;
  const layers = part.weights.map(headMatrices);
  const heads = layers[0]?.length ?? 1;
  const tall = (side * picture.image.height) / picture.image.width;
  const width = Math.max(2 * margin + labelRoom + heads * (side + gap) - gap, 620);

  const top = header(figure, picture, { heads, layers: layers.length, width, margin });
  const left = margin + labelRoom;
  const drawn: SvgElement[] = [];
  layers.forEach((matrices, layer) => {
    const y = top.height + 20 + layer * (tall + gap + 16);
    const turn = `translate(${margin + 10} ${Math.round(y + tall / 2)}) rotate(-90)`;
    drawn.push(svg("text", { transform: turn, class: "label", "text-anchor": "middle" }, `layer ${layer + 1}`));
    matrices.forEach((matrix, head) => {
      const x = left + head * (side + gap);
      const middle = { x: x + side / 2, class: "label", "text-anchor": "middle" };
      if (layer === 0) drawn.push(svg("text", { ...middle, y: y - 10 }, `head ${head + 1}`));
      drawn.push(heatedPicture(picture, matrix, x, y, side));
      const most = Math.max(...patchWeights(matrix));
      drawn.push(svg("text", { ...middle, class: "small", y: y + tall + 13 }, `most ${(100 * most).toFixed(1)} %`));
    });
  });
  const below = top.height + 20 + layers.length * (tall + gap + 16);
  const text =
    "Weights of the class token's query on the patches. The colour is full at the head's largest weight, which stands " +
    "below its picture, and absent at zero.";
  const bottom = note(text, { x: margin, y: below + 6, width: width - 2 * margin });
  return document({
    title: top.title,
    width,
    height: below + 6 + bottom.height + margin / 2,
    picture,
    elements: [...top.elements, ...drawn, ...bottom.elements],
  });
}

/** Weights of the first query, the class token's, on all keys but itself. */
const patchWeights = ({ data, columns }: Matrix): number[] => Array.from(data.subarray(1, columns));

export function heatedPicture(picture: Picture, matrix: Matrix, x: number, y: number, size: number): SvgElement {
  const { image, patch, patches } = picture;
  const weights = patchWeights(matrix);
  const most = Math.max(...weights);
  const heat = patches.slice(1).flatMap((place, i) => {
    const opacity = most > 0 ? ((weights[i] ?? 0) / most) * 0.75 : 0;
    if (place === null || opacity < 0.005) return [];
    const corner = { x: place.column * patch, y: place.row * patch };
    return [svg("rect", { ...corner, width: patch, height: patch, fill: heatColour, "fill-opacity": opacity })];
  });
  const viewBox = `0 0 ${image.width} ${image.height}`;
  return svg(
    "svg",
    { x, y, width: size, height: (size * image.height) / image.width, viewBox, "shape-rendering": "crispEdges" },
    svg("use", { href: "#picture" }),
    ...heat,
  );
}
