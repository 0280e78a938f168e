import path from "node:path";
import { plural, wrap } from "../../report/format.ts";
import { titleOf } from "../../report/study/words.ts";
import { findings } from "../../study/finished-cells.ts";
import { besidePublished } from "../../study/published/beside.ts";
import { publicationOf } from "../../study/published/of-study.ts";
import type { StudyDocument } from "../../study/study-document.ts";
import { summariseStudy } from "../../study/summarise.ts";
import { findTask } from "../../tasks/index.ts";
import { print, type Io } from "../io.ts";
import { runsFolder } from "../options.ts";
import type { OpenedStudy } from "./open.ts";

export interface ReportOptions {
  readonly data: string | undefined;
  /** also of a study that is not finished */
  readonly partial: boolean;
  /** the command line that makes it again, where that is not `kvt study run` with its file */
  readonly again?: string | undefined;
}

export interface MadeReport {
  /** the page */
  readonly file: string;
  /** what it found */
  readonly document: StudyDocument;
}

/**
 * Writes the report of what a study has found so far, with the published figures where it repeats a table; null where
 * nothing is finished, or not all of it and `partial` is not asked for. Throws a `usage` error where a report of another
 * study stands in its place.
 */
export async function makeReport(
  { plan, store }: OpenedStudy,
  { data, partial, again }: ReportOptions,
  io: Io,
): Promise<MadeReport | null> {
  const { study, cells } = plan;
  const found = findings(plan, store);
  const done = found.finished.length + found.failed.length;
  if (found.finished.length === 0 || (!partial && done < cells.length)) return null;
  store.describe(study, cells);
  const out = store.root === runsFolder ? "" : ` --out ${store.root}`;
  const commands = [again ?? `kvt study run ${study.file}${out}`];
  const publication = publicationOf(study);
  const published = publication === undefined ? undefined : besidePublished(publication, plan, found.finished);
  const document = summariseStudy({ ...found, study, planned: cells.length, findTask, commands, published });
  const [{ collectReport }, { writeReport }] = await Promise.all([
    import("../../report/study/collect.ts"),
    import("../../report/study/write-report.ts"),
  ]);
  print(io.err, `writing the report of ${plural(found.finished.length, "run")}`);
  const { file } = await writeReport(path.resolve(store.studyFolder(study)), await collectReport(document, { data }));
  return { file: path.relative("", file), document };
}

/** What a study answers, each task's name before it where there are several, in lines as wide as people read. */
export const answersOf = ({ tasks }: StudyDocument, io: Io): string[] =>
  tasks.map((task) => {
    const answer = tasks.length > 1 ? `${titleOf(task)}: ${task.answer}` : task.answer;
    return wrap(answer, Math.min(io.out.columns ?? Number.POSITIVE_INFINITY, 110)).join("\n");
  });
