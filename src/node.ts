/** What needs Node: ONNX Runtime for Node, data files, run folders and studies. */

export { openNode } from "./runtime/node.ts";
export { createTrainingProgram } from "./train/create-program.ts";

export { dataSets, findDataSet } from "./data/catalogue.ts";
export type { DataFile, DataSet } from "./data/data-set.ts";
export { fetchDataSet, type FetchedFile } from "./data/fetch.ts";
export type { FetchOptions, FetchProgress } from "./data/fetch-file.ts";
export { fileReader } from "./data/files.ts";
export { cacheFolder, dataFolders } from "./data/folders.ts";
export { readPicture, type ReadPicture } from "./data/picture-file.ts";
export type { PictureForm } from "./data/picture-form.ts";
export { verifyFolder, type FileState, type VerifiedFile } from "./data/verify.ts";

export { attentionMaps, type AttentionMaps } from "./train/attention-maps.ts";
export type { RunConfiguration } from "./train/configuration.ts";
export { featureExtractor } from "./train/features.ts";
export { listRuns, type RunSummary } from "./train/list-runs.ts";
export type { Evaluation, RunOutcome, RunRequest } from "./train/messages.ts";
export { openModel, type OpenedModel } from "./train/open-model.ts";
export { openRun, type Run } from "./train/open-run.ts";
export { runInProcess, type ProcessOptions } from "./train/run-in-process.ts";
export { readTestedWeights } from "./train/weights.ts";

export { compare, type CompareEvent, type CompareOutcome, type CompareRequest } from "./study/compare.ts";
export type { CompareDocument, CompareRow } from "./study/document.ts";
export { productStudy } from "./study/product-study.ts";
