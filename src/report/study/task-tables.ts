import type { StudyDocument } from "../../study/study-document.ts";
import { comparisonTable, lossComparisonTable } from "./comparison-table.ts";
import type { ReportTable } from "./table.ts";
import { budgetTable, formulationTable, lossTable, settingTable, timingTable } from "./tables.ts";
import type { TaskPart } from "./report-input.ts";

export interface TaskTables {
  readonly formulations: ReportTable;
  readonly differences: ReportTable;
  /** of the loss; without rows where that is the metric */
  readonly loss: ReportTable;
  readonly lossDifferences: ReportTable;
  readonly settings: ReportTable;
  readonly budget: ReportTable;
  /** with times, which no two runs have alike */
  readonly timing: ReportTable;
  readonly budgetTiming: ReportTable;
}

export const taskTables = ({ task, id }: TaskPart, { tests }: Pick<StudyDocument, "tests">): TaskTables => ({
  formulations: formulationTable(task, id),
  differences: comparisonTable(task, id, tests),
  loss: lossTable(task, id),
  lossDifferences: lossComparisonTable(task, id, tests),
  settings: settingTable(task, id),
  budget: budgetTable(task, id, false),
  timing: timingTable(task, id),
  budgetTiming: budgetTable(task, id, true),
});
