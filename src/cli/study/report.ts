import path from "node:path";
import { plural } from "../../report/format.ts";
import { findings } from "../../study/finished-cells.ts";
import type { PublishedDocument, StudyDocument } from "../../study/study-document.ts";
import { summariseStudy } from "../../study/summarise.ts";
import { findTask } from "../../tasks/index.ts";
import { print, type Io } from "../io.ts";
import { runsFolder } from "../options.ts";
import type { OpenedStudy } from "./open.ts";

export interface ReportOptions {
  readonly data: string | undefined;
  /** also of a study that is not finished */
  readonly partial: boolean;
  /** what a publication reports beside it */
  readonly published?: ((found: StudyDocument) => PublishedDocument) | undefined;
}

export interface MadeReport {
  /** the page */
  readonly file: string;
  /** what it found */
  readonly document: StudyDocument;
}

/**
 * Writes the report of what a study has found so far; null where nothing is finished, or not all of it and `partial` is
 * not asked for.
 */
export async function makeReport(
  { plan, store }: OpenedStudy,
  { data, partial, published }: ReportOptions,
  io: Io,
): Promise<MadeReport | null> {
  const { study, cells } = plan;
  const found = findings(plan, store);
  const done = found.finished.length + found.failed.length;
  if (found.finished.length === 0 || (!partial && done < cells.length)) return null;
  const commands = [`kvt study run ${study.file}${store.root === runsFolder ? "" : ` --out ${store.root}`}`];
  const document = summariseStudy({ ...found, study, planned: cells.length, findTask, commands });
  const shown = published === undefined ? document : { ...document, published: published(document) };
  const [{ collectReport }, { writeReport }] = await Promise.all([
    import("../../report/study/collect.ts"),
    import("../../report/study/write-report.ts"),
  ]);
  print(io.err, `writing the report of ${plural(found.finished.length, "run")}`);
  const { file } = await writeReport(path.resolve(store.studyFolder(study)), await collectReport(shown, { data }));
  return { file: path.relative("", file), document: shown };
}
