/** A piece of HTML that may stand in a page as it is. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

type Piece = Html | string | number | null | readonly Piece[];

/**
 * HTML from a template: every value is escaped but those that are HTML already, lists follow one another, and null is
 * nothing. So no text of a task, an option or an error can become a tag.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(parts.map((part, i) => part + (i < values.length ? rendered(values[i] ?? null) : "")).join(""));
}

function rendered(piece: Piece): string {
  if (piece === null) return "";
  if (piece instanceof Html) return piece.toString();
  if (typeof piece === "string" || typeof piece === "number") return escapeMarkup(String(piece));
  return piece.map(rendered).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for HTML and XML, between tags and in quoted attributes; control characters, which XML cannot hold, become �. */
export const escapeMarkup = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "�").replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);

/** A name for ids and files: letters, digits, + and hyphens. */
export const slug = (text: string): string =>
  text
    .replace(/[^\p{L}\p{N}+]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase() || "x";
