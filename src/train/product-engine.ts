import { fileReader } from "../data/files.ts";
import { dataFolders } from "../data/folders.ts";
import { findTask } from "../tasks/index.ts";
import { createTrainingProgram } from "./create-program.ts";
import type { Engine } from "./engine.ts";

/** The engine of `kvt`: every task, ONNX Runtime, and data from `--data`, KVT_DATA or the cache. */
export const productEngine: Engine = {
  findTask,
  createTrainingProgram,
  dataReader: (data) => fileReader(dataFolders(data)),
};
