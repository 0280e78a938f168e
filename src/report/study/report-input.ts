import type { TaskCurves } from "../../study/curves.ts";
import type { StudyDocument, TaskDocument } from "../../study/study-document.ts";
import type { TaskAttention } from "./attention.ts";

/** What a report is made of. */
export interface ReportInput {
  readonly document: StudyDocument;
  readonly curves: readonly TaskCurves[];
  readonly attention: readonly TaskAttention[];
}

/** A task of a study with all that a report shows of it. */
export interface TaskPart {
  readonly task: TaskDocument;
  /** tells tasks apart in ids and files: a study may have one task twice */
  readonly id: string;
  readonly curves: TaskCurves | undefined;
  readonly attention: TaskAttention | undefined;
}
