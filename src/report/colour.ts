/** Colours at equal distances from the smallest to the largest value; those between are mixed in sRGB. */
export interface ColourScale {
  readonly stops: readonly string[];
  readonly low: number;
  readonly high: number;
}

const diverging = ["#17457f", "#5b8fc9", "#bdd3ea", "#f7f6f2", "#f3c6ae", "#dc7a58", "#96261c"];
const sequential = ["#fbfaf6", "#d3e7e4", "#8fc4c6", "#3f8fa3", "#155b79", "#0a2f4a"];

/** For values of both signs: zero is white, and equally strong values of opposite sign are equally dark. */
export function divergingScale(values: Iterable<number>): ColourScale {
  let most = 0;
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  if (most === 0) most = 1;
  return { stops: diverging, low: -most, high: most };
}

/** For values from zero up, such as attention weights. */
export function sequentialScale(values: Iterable<number>): ColourScale {
  let most = 0;
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, value);
  return { stops: sequential, low: 0, high: most === 0 ? 1 : most };
}

/** How many colours a figure has at most: enough that the eye sees no steps, few enough to keep files small. */
const levels = 96;

/** The nearest of `levels` colours; grey for a value that is not finite, such as a masked score. */
export function colourOf(scale: ColourScale, value: number): string {
  if (!Number.isFinite(value)) return "#c9c9c9";
  const share = Math.min(1, Math.max(0, (value - scale.low) / (scale.high - scale.low)));
  const position = (Math.round(share * levels) / levels) * (scale.stops.length - 1);
  const index = Math.min(scale.stops.length - 2, Math.floor(position));
  return mix(scale.stops[index] ?? "#000000", scale.stops[index + 1] ?? "#000000", position - index);
}

function mix(from: string, to: string, share: number): string {
  const channel = (colour: string, i: number): number => Number.parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map((i) => Math.round(channel(from, i) + share * (channel(to, i) - channel(from, i))));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
