import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { makeFolder } from "../folder.ts";
import { jsonBytes, replaceFile } from "../train/durable.ts";
import type { RunResult } from "../train/events.ts";
import { readJson } from "../train/json-file.ts";
import { isLocked } from "../train/lock.ts";
import type { Cell } from "./cell.ts";
import type { CellFailure } from "./cell-engine.ts";
import { isDamage, putAside } from "./damaged.ts";
import type { Study } from "./study.ts";
import { checkOwner } from "./study-owner.ts";
import { findCell } from "./train-cell.ts";

/** How a cell stands, as its files say. */
export type CellState =
  | { readonly kind: "finished"; readonly result: RunResult }
  | { readonly kind: "running" | "unfinished" | "waiting" }
  | { readonly kind: "failed"; readonly failure: CellFailure }
  /** its folder cannot be read; nothing in it is touched until it is retried, which puts it aside */
  | { readonly kind: "damaged"; readonly failure: CellFailure };

const STUDY_FORMAT = "kvt-study-1";

/**
 * Where studies keep everything, under one folder: `cells/NAME` are run folders that all studies share,
 * `failures/NAME.json` says why a cell has no result, `studies/NAME/` has a study's plan and report.
 */
export class StudyStore {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  folderOf = ({ name }: Cell): string => path.join(this.root, "cells", name);

  studyFolder = ({ name }: Pick<Study, "name">): string => path.join(this.root, "studies", name);

  stateOf(cell: Cell): CellState {
    const folder = this.folderOf(cell);
    try {
      const run = findCell(folder, cell.configuration);
      if (run !== null && run.result !== null) return { kind: "finished", result: run.result };
      if (isLocked(folder)) return { kind: "running" };
      const failure = this.#failure(cell);
      if (failure !== null) return { kind: "failed", failure };
      return { kind: run === null ? "waiting" : "unfinished" };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const hint = "The rest goes on. --retry puts the folder aside and trains the cell anew.";
      return { kind: "damaged", failure: { kind: "run", message: error.message, hint, host: os.hostname() } };
    }
  }

  /** Keeps why a cell failed, until it succeeds. */
  recordFailure(cell: Cell, failure: CellFailure): void {
    const file = this.#failureFile(cell);
    const { task, attention, seed } = cell.configuration;
    const { varied } = cell.setting;
    makeFolder(path.dirname(file));
    replaceShared(file, { task, attention, seed, varied, ...failure, at: new Date().toISOString() });
  }

  /** Forgets a failure, and puts a folder aside that cannot be read or gone on with, so that the cell can be run. */
  clear(cell: Cell): void {
    const state = this.stateOf(cell);
    fs.rmSync(this.#failureFile(cell), { force: true });
    const unreadable = state.kind === "damaged" || (state.kind === "failed" && isDamage(state.failure));
    if (unreadable) putAside(this.folderOf(cell), this.root);
  }

  /**
   * Writes what the study is made of, for whoever finds the folder and for queries. Throws a `usage` error, and leaves
   * everything as it is, where the folder belongs to another study of this name.
   */
  describe(study: Study, cells: readonly Cell[]): void {
    const folder = this.studyFolder(study);
    const file = path.relative(this.root, study.file).replaceAll(path.sep, "/");
    checkOwner(folder, this.root, file, cells);
    makeFolder(folder);
    replaceShared(path.join(folder, "study.json"), {
      format: STUDY_FORMAT,
      name: study.name,
      file,
      attention: study.attention,
      seeds: study.seeds,
      cells: cells.map(({ id, name, setting, configuration: { task, preset, attention, seed, options } }) => {
        return { id, name, task, preset, attention, seed, varied: setting.varied, options };
      }),
    });
  }

  readonly #failureFile = ({ name }: Cell): string => path.join(this.root, "failures", `${name}.json`);

  #failure(cell: Cell): CellFailure | null {
    const value = readJson(this.#failureFile(cell));
    if (value === undefined) return null;
    const { kind, message, hint, host } = value;
    return {
      kind: (typeof kind === "string" ? kind : null) as CellFailure["kind"],
      message: typeof message === "string" ? message : "for a reason that was not kept",
      ...(typeof hint === "string" ? { hint } : {}),
      host: typeof host === "string" ? host : "",
    };
  }
}

/** Replaces a file that other processes, also of other machines, may replace at the same time. */
function replaceShared(file: string, value: unknown): void {
  replaceFile(file, jsonBytes(value), `${file}.${os.hostname()}-${process.pid}.part`);
}
