/** An SVG element: attributes that are undefined are left out, text children are escaped. */
export interface SvgElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  readonly children: readonly (SvgElement | string)[];
}

export function svg(
  name: string,
  attributes: SvgElement["attributes"] = {},
  ...children: SvgElement["children"]
): SvgElement {
  return { name, attributes, children };
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
// XML 1.0 has no way at all to write most control characters.
const escape = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "�").replace(/[&<>"]/g, (c) => entities[c] ?? c);

/** A number to two decimals, without trailing zeros. */
const short = (value: number): string => String(Math.round(value * 100) / 100);

/** The element as text, one line an element, so that two figures can be compared with diff. */
export function renderSvg(element: SvgElement): string {
  const attributes = Object.entries(element.attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${typeof value === "number" ? short(value) : escape(String(value))}"`)
    .join("");
  if (element.children.length === 0) return `<${element.name}${attributes}/>\n`;
  const children = element.children.map((child) => (typeof child === "string" ? escape(child) : renderSvg(child)));
  const opened = typeof element.children[0] === "string" ? "" : "\n";
  return `<${element.name}${attributes}>${opened}${children.join("")}</${element.name}>\n`;
}
