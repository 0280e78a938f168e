import { findings } from "../../study/finished-cells.ts";
import type { PublishedDocument, StudyDocument } from "../../study/study-document.ts";
import type { Io } from "../io.ts";
import type { OpenedStudy } from "./open.ts";

export interface MadeReport {
  readonly file: string;
  readonly answers: readonly string[];
}

export interface ReportOptions {
  readonly data: string | undefined;
  /** also of a study that is not finished */
  readonly partial: boolean;
  /** what a publication reports beside it */
  readonly published?: ((found: StudyDocument) => PublishedDocument) | undefined;
}

/** Writes the report of what a study has found so far; null where nothing is finished, or not all of it and `partial` is not asked for. */
export function makeReport(
  { plan, store }: OpenedStudy,
  { partial }: ReportOptions,
  io: Io,
): Promise<MadeReport | null> {
  void io;
  const { finished } = findings(plan, store);
  if (finished.length === 0 || (!partial && finished.length < plan.cells.length)) return Promise.resolve(null);
  return Promise.resolve({ file: "todo", answers: [] });
}
