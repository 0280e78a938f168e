import { dataEnvironment } from "./data-environment.ts";
import { findTask } from "../tasks/index.ts";
import { createTrainingProgram } from "./create-program.ts";
import type { Engine } from "./engine.ts";

/** The engine of `kvt`: every task, ONNX Runtime, and data from `--data`, KVT_DATA or the cache. */
export const productEngine: Engine = { findTask, createTrainingProgram, dataEnvironment };
