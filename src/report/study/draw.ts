import { createRequire } from "node:module";
import path from "node:path";
import type { TopLevelSpec } from "vega-lite";
import { escapeMarkup } from "./markup.ts";
import { withColours } from "./palette.ts";

/** A chart or map of a report, in colours that are still CSS variables. */
export interface Figure {
  /** of its files, and the start of the ids in it */
  readonly name: string;
  /** what it shows, for those who cannot see it */
  readonly description: string;
  /** an `svg` element whose colours are CSS variables */
  readonly svg: string;
}

/** Draws Vega-Lite specifications; the library is loaded once, without a page or a canvas. */
export async function openCharts(): Promise<
  (name: string, description: string, spec: TopLevelSpec) => Promise<Figure>
> {
  const [vega, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  return async (name, description, spec) => {
    const view = new vega.View(vega.parse(compile(spec).spec), { renderer: "none", logLevel: vega.Error });
    try {
      return { name, description, svg: tidy(await view.toSVG(), name, description) };
    } finally {
      view.finalize();
    }
  };
}

/** Numbers to a tenth of a pixel, ids that no other figure of a page has, and a name for screen readers. */
export function tidy(svg: string, name: string, description: string): string {
  const label = escapeMarkup(description);
  return svg
    .replace(/ (d|transform|x|y|x[12]|y[12]|width|height)="[^"]*"/g, roundNumbers)
    .replace(/\bid="/g, `id="${name}-`)
    .replace(/(href="|url\()#/g, `$1#${name}-`)
    .replace(/^<svg\b/, `<svg role="img" aria-label="${label}"`)
    .trim();
}

/** In places and paths alone: a label's digits are its own, and a scale's count for all that is inside. */
const roundNumbers = (attribute: string): string =>
  attribute.includes("scale(")
    ? attribute
    : attribute.replace(/\d+\.\d{2,}(e-\d+)?/g, (number) => String(Math.round(Number(number) * 10) / 10));

/** The same figure as a file of its own. */
export const standalone = ({ svg }: Figure): string =>
  `${withColours(svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'))}\n`;

/** The same figure inside a page, which needs no name space. */
export const inline = ({ svg }: Figure): string => svg.replace(/ xmlns(:\w+)?="[^"]*"/g, "");

/** Makes PNG pictures, twice as wide as the SVG says, with fonts that come along: the machine's would differ. */
export async function openPictures(): Promise<(svg: string) => Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const fonts = path.dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf"));
  const fontFiles = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) => path.join(fonts, file));
  const font = { fontFiles, loadSystemFonts: false, defaultFontFamily: "DejaVu Sans" };
  return (svg) => new Resvg(svg, { fitTo: { mode: "zoom", value: 2 }, font, background: "#ffffff" }).render().asPng();
}
