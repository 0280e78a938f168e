import type { ReportTable } from "./table.ts";
import { budgetTable, comparisonTable, formulationTable, settingTable, timingTable } from "./tables.ts";
import type { TaskPart } from "./report-input.ts";

export interface TaskTables {
  readonly formulations: ReportTable;
  readonly differences: ReportTable;
  readonly settings: ReportTable;
  readonly budget: ReportTable;
  /** with times, which no two runs have alike */
  readonly timing: ReportTable;
  readonly budgetTiming: ReportTable;
}

export const taskTables = ({ task, id }: TaskPart): TaskTables => ({
  formulations: formulationTable(task, id),
  differences: comparisonTable(task, id),
  settings: settingTable(task, id),
  budget: budgetTable(task, id, false),
  timing: timingTable(task, id),
  budgetTiming: budgetTable(task, id, true),
});
