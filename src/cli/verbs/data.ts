import type { Command } from "commander";
import { dataSets, findDataSet } from "../../data/catalogue.ts";
import { fetchDataSet } from "../../data/fetch.ts";
import type { FetchProgress } from "../../data/fetch-file.ts";
import { cacheFolder, dataFolders } from "../../data/folders.ts";
import { brokenFileError, verifyFolder, type FileState, type VerifiedFile } from "../../data/verify.ts";
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
    if (action === "fetch") {
      const published = sets.filter(({ origin }) => names.length > 0 || origin === undefined);
      for (const { name } of sets) {
        if (!published.some((set) => set.name === name)) print(io.err, `${name} has no published home: passed over`);
      }
      return fetchSets(published, options, line, io);
    }
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
  const rows = sets.map(({ name, summary, licence, files: parts, archive }) => {
    const having = (...kinds: readonly FileState["kind"][]): number => {
      const found = files.filter(({ set, state }) => set === name && kinds.includes(state.kind));
      if (found.some(({ file }) => file === archive?.name)) return parts.length;
      return new Set(found.map(({ file }) => file)).size;
    };
    const bytes = (archive === undefined ? parts : [archive]).reduce((sum, part) => sum + part.bytes, 0);
    const usable = having("whole", "variant");
    return { name, summary, licence, bytes, files: parts.length, here: having("whole"), usable };
  });
  if (options.json === true) printJson(io, { folders, sets: rows });
  else {
    const render = await loadTable();
    const titles = ["set", "what it is", "size", "here", "licence"];
    const here = (row: (typeof rows)[number]): string => {
      if (row.here === row.files) return "yes";
      if (row.usable > row.here) return "a part";
      return row.here === 0 ? "no" : `${row.here} of ${row.files} files`;
    };
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

/** "whole" or another word, and the path; for a part of a set what there is of it. */
function describe({ path = "", state }: VerifiedFile): string {
  if (state.kind === "whole") return `whole   ${path}`;
  if (state.kind !== "variant") return `BROKEN  ${path}`;
  const { count, published, unit } = state;
  const held =
    count < published
      ? `a subset: ${format.count(count)} of ${format.count(published)} ${unit}`
      : `${format.count(count)} ${unit}`;
  return `${count < published ? "part  " : "other "}  ${path}  ${held}, not the published file`;
}

/** Files of a set that are not here, neither unpacked nor in an archive. */
function missingFiles(
  { name, files, archive }: Sets[number],
  holds: (set: string, file: string) => boolean,
): readonly { readonly set: string; readonly file: string }[] {
  if (archive !== undefined && holds(name, archive.name)) return [];
  return files.flatMap(({ name: file }) => (holds(name, file) ? [] : [{ set: name, file }]));
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
  else for (const file of present) print(io.out, describe(file));
  for (const error of broken) reportError(error, io);
  if (present.length === 0) {
    const names = sets.map(({ name }) => name);
    const where = options.data === undefined ? "" : ` --data ${options.data}`;
    throw new KvtError("data", `no file of ${names.join(", ")} is in ${folders.join(", ")}`, {
      hint: sets[0]?.origin ?? `Download with "kvt data fetch ${names.join(" ")}${where}".`,
    });
  }
  const holds = (name: string, part?: string): boolean =>
    present.some(({ set, file }) => set === name && (part === undefined || file === part));
  const absent = sets.flatMap((set) => missingFiles(set, holds));
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
