import { count } from "../format.ts";
import { inline, type Figure } from "./draw.ts";
import { html, Html } from "./markup.ts";
import { tableHtml, type ReportTable } from "./table.ts";

/** A figure in a page. */
export const figureHtml = (figure: Figure): Html => html`<figure>${new Html(inline(figure))}</figure> `;

/** Figures beside each other where the page is wide enough. */
export const figureGrid = (figures: readonly Figure[]): Html =>
  html`<div class="figures">${figures.map(figureHtml)}</div>`;

/** Rows of a table that a page shows at once; longer ones open on a click. */
const OPEN_ROWS = 12;

/** A table; a long one behind `words`, null where it has no rows. */
export function folded(table: ReportTable, words: string): Html | null {
  if (table.rows.length === 0) return null;
  if (table.rows.length <= OPEN_ROWS) return tableHtml(table);
  return html`<details>
    <summary>${words} (${count(table.rows.length)} rows)</summary>
    ${tableHtml(table)}
  </details>`;
}
