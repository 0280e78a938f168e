import path from "node:path";
import { makeFolder } from "../../folder.ts";
import { jsonBytes, replaceFile } from "../../train/durable.ts";
import type { StudyDocument } from "../../study/study-document.ts";
import { openCharts, openPictures, standalone, type Figure } from "./draw.ts";
import { drawFigures, type StudyFigures } from "./figures.ts";
import { slug } from "./markup.ts";
import { reportPage } from "./page.ts";
import type { ReportInput, TaskPart } from "./report-input.ts";
import { keepTrack } from "./written-files.ts";
import { tableCsv, tableMarkdown, type ReportTable } from "./table.ts";
import { failureTable, publishedTable } from "./study-tables.ts";
import { taskTables } from "./task-tables.ts";

export interface WrittenReport {
  /** the page */
  readonly file: string;
  /** all files, the page first */
  readonly files: readonly string[];
}

/**
 * Writes a study's report into `folder`: report.html, one file that needs no other; report.json, the document; its
 * figures as SVG and PNG under figures/ and its tables as Markdown and CSV under tables/; files.json lists those. Each
 * file is replaced in one step, the page last; then figures and tables go that an earlier report wrote and this one does
 * not have. But for what depends on times, the same input gives the same bytes.
 */
export async function writeReport(folder: string, input: ReportInput): Promise<WrittenReport> {
  const { document } = input;
  const parts = partsOf(input);
  const [draw, picture] = await Promise.all([openCharts(), openPictures()]);
  const figures = await drawFigures(input, parts, draw);
  const tables = parts.map((part) => taskTables(part, document));

  const files = new Map<string, Uint8Array>();
  for (const figure of allFigures(figures)) {
    const svg = standalone(figure);
    files.set(`figures/${figure.name}.svg`, bytes(svg));
    files.set(`figures/${figure.name}.png`, picture(svg));
  }
  for (const table of [...tables.flatMap((all) => Object.values(all) as ReportTable[]), ...studyTables(document)]) {
    if (table.rows.length === 0) continue;
    files.set(`tables/${table.name}.md`, bytes(tableMarkdown(table)));
    files.set(`tables/${table.name}.csv`, bytes(tableCsv(table)));
  }
  files.set("report.json", jsonBytes(document));
  files.set("report.html", bytes(reportPage(document, parts, figures, tables)));

  for (const name of ["figures", "tables"]) makeFolder(path.join(folder, name));
  const finish = keepTrack(folder, files);
  for (const [name, content] of files) replaceFile(path.join(folder, name), content);
  finish();
  const written = [...files.keys()].map((name) => path.join(folder, name)).reverse();
  return { file: path.join(folder, "report.html"), files: written };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function partsOf({ document, curves, attention }: ReportInput): TaskPart[] {
  const used = new Map<string, number>();
  return document.tasks.map((task, i) => {
    const name = slug(task.task);
    const before = used.get(name) ?? 0;
    used.set(name, before + 1);
    return { task, id: before === 0 ? name : `${name}-${before + 1}`, curves: curves[i], attention: attention[i] };
  });
}

const allFigures = ({ differences, tasks }: StudyFigures): Figure[] => [
  ...differences,
  ...tasks.flatMap(({ curves, costs, attention }) => [
    ...curves.flatMap(({ figures }) => figures),
    ...costs.flatMap(({ figures }) => figures),
    ...attention.flatMap(({ figure }) => (figure === null ? [] : [figure])),
  ]),
];

const studyTables = (document: StudyDocument): ReportTable[] => [
  ...(document.published === undefined ? [] : [publishedTable(document.published)]),
  failureTable(document),
];
