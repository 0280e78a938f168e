import { taskCost } from "../tasks/cost.ts";
import { findTask } from "../tasks/index.ts";
import { resolveOptions } from "../tasks/options.ts";
import { modelDimensions } from "../train/model-dimensions.ts";
import type { StudyEngine } from "./compare.ts";

/** The study engine of `kvt`: every task, and costs from the definitions of its model. */
export const productStudy: StudyEngine = { findTask, resolveOptions, taskCost, dimensions: modelDimensions };
