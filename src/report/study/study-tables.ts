import type { PublishedDocument, StudyDocument } from "../../study/study-document.ts";
import { plural } from "../format.ts";
import { left, right, text, type ReportTable } from "./table.ts";
import { difference, settingName, spread } from "./words.ts";

/** What a publication reports beside ours; ± is over what was averaged, divided by n, as the author computes it. */
export function publishedTable({ source, rows }: PublishedDocument): ReportTable {
  const distance = (ours: number | null, published: number): number | null => (ours === null ? null : ours - published);
  return {
    name: "published",
    caption: `Ours against ${source}`,
    columns: [
      left("task"),
      left("attention"),
      left("figure"),
      right("published"),
      right("ours"),
      right("ours − published"),
      left("ours is of"),
    ],
    rows: rows.map((row) => [
      row.task,
      row.attention,
      row.figure,
      spread(row.published, row.publishedDeviation),
      row.ours === null ? "–" : spread(row.ours, row.ourDeviation),
      difference(distance(row.ours, row.published)),
      row.ours === null ? "–" : `${plural(row.settings, "setting")}, ${plural(row.runs, "run")}`,
    ]),
    records: rows.map((row) => ({
      task: row.task,
      attention: row.attention,
      figure: row.figure,
      at: Object.keys(row.at).length === 0 ? null : settingName(row.at),
      averaged_over: row.over,
      published: row.published,
      published_deviation: row.publishedDeviation,
      ours: row.ours,
      our_deviation: row.ourDeviation,
      difference: distance(row.ours, row.published),
      settings: row.settings,
      runs: row.runs,
    })),
  };
}

export function failureTable({ failures }: StudyDocument): ReportTable {
  return {
    name: "failures",
    caption: "Runs that failed",
    columns: [left("task"), left("attention"), right("seed"), left("setting"), text("what happened"), text("hint")],
    rows: failures.map(({ task, attention, seed, varied, message, hint }) => [
      task,
      attention,
      String(seed),
      settingName(varied),
      message,
      hint ?? "",
    ]),
    records: failures.map(({ task, attention, seed, varied, message, hint }) => ({
      task,
      attention,
      seed,
      setting: settingName(varied),
      message,
      hint: hint ?? null,
    })),
  };
}
