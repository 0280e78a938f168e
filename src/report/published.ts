import type { PublishedDocument } from "../study/study-document.ts";
import { loadTable, type Column } from "./table.ts";
import * as format from "./format.ts";

/** A publication's figures beside ours, and below them what still differs, as lines of at most `width` characters. */
export async function publishedText({ source, rows, differences }: PublishedDocument, width: number): Promise<string> {
  const render = await loadTable();
  const hasPlaces = rows.some(({ at }) => Object.keys(at).length > 0);
  const left = (title: string): Column => ({ title });
  const right = (title: string): Column => ({ title, align: "right" });
  const columns = [
    left("task"),
    left("attention"),
    ...(hasPlaces ? [left("at")] : []),
    right("published"),
    right("ours"),
    right("difference"),
    right("settings"),
    right("runs"),
  ];
  const table = render(
    columns,
    rows.map((row) => [
      row.task,
      row.attention,
      ...(hasPlaces ? [placeOf(row.at)] : []),
      spread(row.published, row.publishedDeviation),
      row.ours === null ? "–" : spread(row.ours, row.ourDeviation),
      row.ours === null ? "–" : format.signed(row.ours - row.published),
      format.count(row.settings),
      format.count(row.runs),
    ]),
  );
  const wrapped = (text: string, indent: string): string[] =>
    format.wrap(text, width - indent.length).map((line, i) => (i === 0 ? line : `${indent}${line}`));
  return [
    table,
    "",
    ...wrapped(`Published: ${source}. ${legendOf(rows)}`, ""),
    "",
    "What still differs from the publication:",
    ...differences.flatMap((text) => wrapped(`- ${text}`, "  ")),
  ].join("\n");
}

const spread = (value: number, deviation: number | null): string =>
  deviation === null ? format.metric(value) : `${format.metric(value)} ± ${format.metric(deviation)}`;

const placeOf = (at: PublishedDocument["rows"][number]["at"]): string => {
  const options = Object.entries(at).map(([option, value]) => `${option}=${String(value)}`);
  return options.length === 0 ? "all of these" : options.join(" ");
};

/** What the numbers are, in the words of the rows. */
function legendOf(rows: PublishedDocument["rows"]): string {
  const kinds = [...new Set(rows.map(({ over }) => over))].join(" or ");
  const metrics = [...new Set(rows.map(({ figure }) => figure.replace(/, mean over.*$/, "")))].join("; ");
  return `Figures: ${metrics}; mean ± population deviation over ${kinds}, computed for both in the same way.`;
}
