import { findFormulation } from "../../attention/formulations/index.ts";
import { KvtError } from "../../errors.ts";
import { publishedText } from "../../report/published.ts";
import * as format from "../../report/format.ts";
import { findings } from "../../study/finished-cells.ts";
import { openStudy } from "../../study/open-study.ts";
import type { StudyPlan } from "../../study/plan-cells.ts";
import { besidePublished } from "../../study/published/beside.ts";
import { findPublication } from "../../study/published/index.ts";
import type { Publication, Scale } from "../../study/published/publication.ts";
import { publishedStudyFile } from "../../study/published/study-file.ts";
import { readStudyFile } from "../../study/study-file.ts";
import type { PublishedDocument, StudyDocument } from "../../study/study-document.ts";
import { StudyStore } from "../../study/study-store.ts";
import { findTask } from "../../tasks/index.ts";
import { dataEnvironment } from "../../train/data-environment.ts";
import { exitCodes, type ExitCode } from "../exit.ts";
import { coloursFor, print, printJson, type Io } from "../io.ts";
import { runsFolder } from "../options.ts";
import { engineOf, type EngineOptions, parallelOf } from "../study/engine.ts";
import { runStudyHere, type StudySummary } from "../study/run.ts";
import { roughly } from "./list.ts";

export interface ReproduceRequest extends EngineOptions {
  readonly scale: Scale;
  readonly attention?: readonly string[];
  readonly out: string;
  readonly data?: string;
  readonly retry?: boolean;
  readonly json?: boolean;
  readonly line: string;
}

interface TableResult extends StudySummary {
  readonly table: string;
  readonly scale: Scale;
  readonly published: PublishedDocument;
}

/** Repeats tables one after the other and shows each beside the author's; stops after one that was interrupted. */
export async function reproduceTables(names: readonly string[], request: ReproduceRequest, io: Io): Promise<ExitCode> {
  const publications = [...new Set(names)].map(findPublication);
  const plans = [];
  for (const publication of publications) plans.push(await planTable(publication, request));
  const results: TableResult[] = [];
  let code: ExitCode = exitCodes.success;
  for (const [i, publication] of publications.entries()) {
    const plan = plans[i];
    if (plan === undefined) break;
    const ended = await reproduceTable(publication, plan, request, io, results);
    if (ended !== exitCodes.success) code = ended;
    if (ended === exitCodes.interrupted) break;
  }
  if (request.json === true) printJson(io, results);
  return code;
}

/** The cells of a table's study. Throws a `data` error for a data set that is not there, before anything is trained. */
async function planTable(publication: Publication, { scale, attention, data }: ReproduceRequest): Promise<StudyPlan> {
  const file = await readStudyFile(publishedStudyFile(publication, scale));
  if (attention !== undefined) {
    if (attention.length === 0) throw new KvtError("usage", "--attention: expected at least one formulation, got none");
    for (const name of attention) findFormulation(name);
  }
  const input = attention === undefined ? file.input : { ...file.input, attention: [...new Set(attention)] };
  return openStudy({ ...file, input }, data);
}

async function reproduceTable(
  publication: Publication,
  plan: StudyPlan,
  request: ReproduceRequest,
  io: Io,
  results: TableResult[],
): Promise<ExitCode> {
  const { scale, attention, out, data, retry = false, json = false, line } = request;
  const { bold } = coloursFor(io.out, io.env);
  const store = new StudyStore(out);
  const parallel = parallelOf(plan.cells, request);
  const waiting = plan.cells.filter((cell) => store.stateOf(cell).kind !== "finished");
  await checkData(plan, waiting, data);
  tellTime(publication, scale, plan, waiting.length, parallel, io);
  let found: { readonly summary: StudySummary; readonly document: StudyDocument | undefined } | undefined;
  const code = await runStudyHere(
    { plan, store },
    {
      engine: (warn) => engineOf(request, undefined, warn),
      parallel,
      data,
      shard: undefined,
      retry,
      json,
      again: attention === undefined ? undefined : againLine(publication, request),
      onDone: (summary, document) => (found = { summary, document }),
      line,
    },
    io,
  );
  if (found === undefined) return code;
  const { summary, document } = found;
  // As the report has it, for another command may finish cells meanwhile; without a report, what there is.
  const published = document?.published ?? besidePublished(publication, plan, findings(plan, store).finished);
  results.push({ table: publication.name, scale, ...summary, published });
  if (!json) {
    const width = Math.min(io.out.columns ?? 120, 120);
    print(io.out, `\n${bold(`${publication.name}, ${scale}: ${publication.summary}`)}\n`);
    print(io.out, await publishedText(published, width));
    if (summary.report !== null) print(io.out, `\nreport: ${summary.report}`);
  }
  return code;
}

/** What makes the table again with formulations that its study file does not have. */
function againLine({ name }: Publication, { scale, attention = [], out }: ReproduceRequest): string {
  const options = [
    `--scale ${scale}`,
    `--attention ${attention.join(",")}`,
    ...(out === runsFolder ? [] : [`--out ${out}`]),
  ];
  return `kvt reproduce ${[name, ...options].join(" ")}`;
}

/** Reads pictures once, so that a set that is not there is one error and not one for each cell; plans read the others. */
async function checkData({ study }: StudyPlan, waiting: StudyPlan["cells"], data: string | undefined): Promise<void> {
  for (const name of new Set(waiting.map(({ setting }) => setting.task))) {
    const task = findTask(name);
    const setting = study.settings.find((one) => one.task === name);
    if (task.dimensions !== undefined || setting === undefined) continue;
    await task.load(setting.options, { ...dataEnvironment(data), seed: study.seeds[0] ?? 1 });
  }
}

function tellTime(
  { name, coreSeconds }: Publication,
  scale: Scale,
  { study, cells }: StudyPlan,
  waiting: number,
  parallel: number | null,
  io: Io,
): void {
  if (waiting === 0) return;
  // The times are those of the three formulations that the studies have.
  const all = (coreSeconds[scale] * study.attention.length) / 3;
  const seconds = (all * waiting) / cells.length / Math.min(parallel ?? 1, waiting);
  const time =
    parallel === null ? `about ${roughly(seconds)} of one core` : `${parallel} at a time, about ${roughly(seconds)}`;
  print(io.err, `${name}, ${scale}: ${format.plural(waiting, "cell")} to run, ${time}`);
}
