/**
 * The look of a formulation, the same in every figure: a colour that people with any kind of colour vision tell from
 * the others (after Okabe and Ito 2008, darkened to a contrast of 3:1 on white), and a shape for print in grey.
 */
export interface Look {
  /** name of the CSS variable */
  readonly variable: string;
  readonly light: string;
  readonly dark: string;
  readonly shape: string;
}

const LOOKS: readonly (readonly [light: string, dark: string, shape: string])[] = [
  ["#0068a8", "#5fb2ec", "circle"],
  ["#c8500a", "#f4935a", "square"],
  ["#00805e", "#41c79c", "triangle-up"],
  ["#a8457e", "#e08fbd", "diamond"],
  ["#8a6d00", "#d9b64a", "triangle-down"],
  ["#5a4fb0", "#a9a0f0", "cross"],
  ["#5c6670", "#aeb8c2", "triangle-right"],
];

const KNOWN = ["qkv", "kv", "kv+pos", "q-kv", "k", "k+pos"];

/** Looks of a study's formulations: those that the project knows have their own, others what is left. */
export function looksOf(names: readonly string[]): ReadonlyMap<string, Look> {
  const taken = new Set(names.map((name) => KNOWN.indexOf(name)).filter((index) => index >= 0));
  const free = LOOKS.map((_, i) => i).filter((i) => !taken.has(i));
  let next = 0;
  return new Map(
    names.map((name) => {
      const known = KNOWN.indexOf(name);
      const index = known >= 0 ? known : (free[next++ % Math.max(1, free.length)] ?? 0);
      const [light, dark, shape] = LOOKS[index] ?? ["#444444", "#bbbbbb", "circle"];
      return [name, { variable: `--look-${index}`, light, dark, shape }];
    }),
  );
}

/** Colours of everything else, on light and on dark paper. */
const INK: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  "--paper": ["#ffffff", "#15181c"],
  "--ink": ["#1d2329", "#e6e9ec"],
  "--quiet": ["#59626c", "#a3acb6"],
  "--line": ["#dfe3e7", "#333a42"],
  "--strong-line": ["#aab2ba", "#5b6570"],
  "--wash": ["#f6f7f9", "#1d2127"],
  "--link": ["#0060a0", "#7cc0f2"],
};

/** `name: value;` of all colours, for light or for dark paper. */
export function colourVariables(paper: "light" | "dark"): string {
  const inks = Object.entries(INK).map(([name, [light, dark]]) => `${name}:${paper === "light" ? light : dark}`);
  const looks = LOOKS.map(([light, dark], i) => `--look-${i}:${paper === "light" ? light : dark}`);
  return [...inks, ...looks].join(";");
}

/** The text with its variables replaced by the colours for light paper, for files that stand alone. */
export function withColours(svg: string): string {
  const colours = new Map([
    ...Object.entries(INK).map(([name, [light]]) => [name, light] as const),
    ...LOOKS.map(([light], i) => [`--look-${i}`, light] as const),
  ]);
  return svg.replace(/var\((--[\w-]+)\)/g, (whole, name: string) => colours.get(name) ?? whole);
}
