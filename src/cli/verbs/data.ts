import type { Command } from "commander";
import { dataSets, findDataSet } from "../../data/catalogue.ts";
import { fetchDataSet, type FetchProgress } from "../../data/fetch.ts";
import { cacheFolder, dataFolders } from "../../data/folders.ts";
import { brokenFileError, verifyFolder, type VerifiedFile } from "../../data/verify.ts";
import { KvtError, unknownWord } from "../../errors.ts";
import * as format from "../../report/format.ts";
import { loadTable } from "../../report/table.ts";
import { exitCodes, reportError, type ExitCode } from "../exit.ts";
import { coloursFor, print, printJson, type Io } from "../io.ts";
import { addJson } from "../options.ts";
import { reportInterruption } from "../outcome.ts";
import { defineVerb } from "../verb.ts";

interface DataOptions {
  readonly data?: string;
  readonly json?: boolean;
}

const actions = ["list", "fetch", "verify"] as const;

export const dataVerb = defineVerb<DataOptions>({
  configure(command: Command) {
    command
      .argument("<action>", "list: what there is; fetch: download; verify: check the checksums of what is here")
      .argument("[sets...]", "data sets, such as mnist (default: all)")
      .option("--data <folder>", "folder of data sets (default: the cache, and for list and verify KVT_DATA too)");
    addJson(command);
  },
  examples: ["kvt data list", "kvt data fetch mnist", "kvt data verify --data ~/data"],
  async run({ words: [action = "", ...names], options, line }, io) {
    const sets = names.length === 0 ? dataSets : names.map(findDataSet);
    if (action === "fetch") return fetchSets(sets, options, line, io);
    if (action !== "list" && action !== "verify") throw unknownWord("usage", "action", action, actions);
    const folders = dataFolders(options.data).slice(0, options.data === undefined ? undefined : 1);
    const files: VerifiedFile[] = [];
    for (const folder of folders) files.push(...(await verifyFolder(folder, sets)));
    return action === "list" ? list(sets, files, folders, options, io) : verify(sets, files, folders, options, io);
  },
});

type Sets = readonly (typeof dataSets)[number][];

async function list(
  sets: Sets,
  files: readonly VerifiedFile[],
  folders: readonly string[],
  options: DataOptions,
  io: Io,
): Promise<ExitCode> {
  const rows = sets.map(({ name, summary, licence, files: parts }) => {
    const whole = new Set(
      files.filter(({ set, state }) => set === name && state.kind === "whole").map(({ file }) => file),
    );
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    return { name, summary, licence, bytes, files: parts.length, here: whole.size };
  });
  if (options.json === true) printJson(io, { folders, sets: rows });
  else {
    const render = await loadTable();
    const titles = ["set", "what it is", "size", "here", "licence"];
    const here = (row: (typeof rows)[number]): string =>
      row.here === row.files ? "yes" : row.here === 0 ? "no" : `${row.here} of ${row.files} files`;
    print(
      io.out,
      render(
        titles.map((title) => ({ title })),
        rows.map((row) => [row.name, row.summary, format.bytes(row.bytes), here(row), row.licence]),
      ),
    );
    print(io.err, `looked in ${folders.join(", ")}`);
  }
  return exitCodes.success;
}

async function verify(
  sets: Sets,
  files: readonly VerifiedFile[],
  folders: readonly string[],
  options: DataOptions,
  io: Io,
): Promise<ExitCode> {
  const present = files.filter(({ state }) => state.kind !== "absent");
  const broken = present.flatMap((file) => brokenFileError(file) ?? []);
  if (options.json === true) printJson(io, { folders, files });
  else
    for (const { path, state } of present)
      print(io.out, `${state.kind === "whole" ? "whole " : "BROKEN"}  ${path ?? ""}`);
  for (const error of broken) reportError(error, io);
  if (present.length === 0) {
    const names = sets.map(({ name }) => name);
    const where = options.data === undefined ? "" : ` --data ${options.data}`;
    throw new KvtError("data", `no file of ${names.join(", ")} is in ${folders.join(", ")}`, {
      hint: `Download with "kvt data fetch ${names.join(" ")}${where}".`,
    });
  }
  const holds = (name: string, part?: string): boolean =>
    present.some(({ set, file }) => set === name && (part === undefined || file === part));
  const absent = files.filter(({ set, file }) => !holds(set, file));
  // A set without any of its files is named as a whole.
  const missing = new Set(absent.map(({ set, file }) => (holds(set) ? `${set}/${file}` : set)));
  if (missing.size > 0) print(io.err, `not here: ${[...missing].join(", ")}`);
  return broken.length === 0 ? exitCodes.success : exitCodes.failed;
}

async function fetchSets(sets: Sets, options: DataOptions, line: string, io: Io): Promise<ExitCode> {
  const folder = options.data ?? cacheFolder();
  const signal = io.interruptible();
  const bar = downloadBar(io);
  const fetched = [];
  for (const set of sets) {
    try {
      fetched.push(...(await fetchDataSet(set, folder, { signal, onProgress: bar.show })));
    } catch (error) {
      bar.clear();
      if (!signal.aborted) throw error;
      return reportInterruption(io, `what has arrived is kept in ${folder}`, line);
    }
  }
  bar.clear();
  if (options.json === true) printJson(io, { folder, files: fetched });
  else for (const { path, downloaded } of fetched) print(io.out, `${downloaded ? "fetched" : "here   "}  ${path}`);
  return exitCodes.success;
}

/** One line on a terminal that is written over; elsewhere nothing, for what was fetched is told at the end. */
function downloadBar(io: Io): { show: (progress: FetchProgress) => void; clear: () => void } {
  if (io.err.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  const { dim } = coloursFor(io.err, io.env);
  return {
    show({ set, file, received, total }) {
      const text = `${set}/${file}  ${format.bytes(received)} of ${format.bytes(total)}`;
      io.err.write(`\r\u001b[2K${dim(text)}`);
    },
    clear: () => void io.err.write("\r\u001b[2K"),
  };
}
