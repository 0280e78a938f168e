import { findTask } from "../tasks/index.ts";
import { resolveOptions } from "../tasks/options.ts";
import { modelDimensions } from "../train/model-dimensions.ts";
import { fittingCost } from "./fitting-cost.ts";
import { planStudy, type StudyPlan } from "./plan-cells.ts";
import { resolveStudy } from "./study.ts";
import type { StudyFile } from "./study-file.ts";

/** The cells of a study's file, over all tasks of `kvt`. Throws `usage` errors with their line, and `data` errors. */
export function openStudy(file: StudyFile, data: string | undefined): Promise<StudyPlan> {
  const study = resolveStudy(file, { findTask, resolveOptions });
  return planStudy(study, data, { findTask, taskCost: fittingCost, dimensions: modelDimensions });
}
