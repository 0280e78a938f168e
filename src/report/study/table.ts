import { html, type Html } from "./markup.ts";

export interface TableColumn {
  readonly title: string;
  /** where cells stand; `text`: sentences, which may be broken */
  readonly align?: "left" | "right" | "text";
}

export const left = (title: string): TableColumn => ({ title });
export const right = (title: string): TableColumn => ({ title, align: "right" });
export const text = (title: string): TableColumn => ({ title, align: "text" });

/** A table of a report: cells for people, and records with bare numbers for programs. */
export interface ReportTable {
  /** of its files */
  readonly name: string;
  readonly caption: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly string[])[];
  /** what its numbers cannot say, below it */
  readonly notes?: readonly string[];
  /** one a row of the CSV file; every record has the same keys */
  readonly records: readonly Readonly<Record<string, string | number | boolean | null>>[];
}

/** Values by option as a record's columns; what is no bare value becomes JSON. */
export const columnsOf = (values: Readonly<Record<string, unknown>>): ReportTable["records"][number] =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const bare = typeof value === "number" || typeof value === "boolean" || typeof value === "string";
      return [key, bare ? value : (JSON.stringify(value) ?? "")];
    }),
  );

/** Under its caption, in a box of its own that scrolls sideways where the page is narrow. */
export function tableHtml({ caption, columns, rows, notes = [] }: ReportTable): Html {
  const classes = { left: null, right: html` class="number"`, text: html` class="long"` };
  const side = (i: number): Html | null => classes[columns[i]?.align ?? "left"];
  const cell = (text: string, i: number): Html =>
    i === 0 ? html`<th scope="row" ${side(i)}>${text}</th>` : html`<td${side(i)}>${text}</td>`;
  return html`<p class="caption">${caption}</p>
    <div class="scroll" role="region" aria-label="${caption}" tabindex="0">
      <table aria-label="${caption}">
        <thead>
          <tr>
            ${columns.map(({ title }, i) => html`<th scope="col" ${side(i)}>${title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                ${row.map(cell)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
    ${notes.map((note) => html`<p class="caution">${note}</p> `)}`;
}

/** As GitHub reads it, under its caption. */
export function tableMarkdown({ caption, columns, rows, notes = [] }: ReportTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownCell).join(" | ")} |`;
  const rule = columns.map(({ align }) => (align === "right" ? "---:" : "---"));
  const head = line(columns.map(({ title }) => title));
  return [
    `**${markdownCell(caption)}**`,
    "",
    head,
    `| ${rule.join(" | ")} |`,
    ...rows.map(line),
    "",
    ...notes.flatMap((note) => [markdownCell(note), ""]),
  ].join("\n");
}

/** Signs that Markdown would take for its own stay what they are. */
const markdownCell = (text: string): string =>
  text
    .replace(/[\\|*_`<>[\]&]/g, (sign) => (sign === "<" ? "&lt;" : sign === "&" ? "&amp;" : `\\${sign}`))
    .replace(/\s*\r?\n\s*/g, " ");

/** RFC 4180 with "\n": a header of the records' keys, numbers in full, nothing for null. */
export function tableCsv({ records }: ReportTable): string {
  const keys = Object.keys(records[0] ?? {});
  const line = (cells: readonly (string | number | boolean | null)[]): string => cells.map(csvCell).join(",");
  return [line(keys), ...records.map((record) => line(keys.map((key) => record[key] ?? null)))]
    .map((text) => `${text}\n`)
    .join("");
}

function csvCell(value: string | number | boolean | null): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
