import { KvtError } from "../../errors.ts";
import { count } from "../../report/format.ts";
import { openStudy } from "../../study/open-study.ts";
import type { StudyPlan } from "../../study/plan-cells.ts";
import { countCells } from "../../study/study.ts";
import { readStudyFile } from "../../study/study-file.ts";
import { StudyStore } from "../../study/study-store.ts";
import type { Io } from "../io.ts";

export interface OpenedStudy {
  readonly plan: StudyPlan;
  readonly store: StudyStore;
}

/** More cells than anyone begins without a thought. */
const MANY_CELLS = 1_000;

/** Reads a study's file and plans its cells; of a study with very many cells, only where `yes` or the person says so. */
export async function openStudyAt(
  file: string,
  { out, data, yes }: { out: string; data: string | undefined; yes: boolean },
  io: Io,
): Promise<OpenedStudy> {
  const study = await readStudyFile(file);
  const cells = countCells(study);
  if (cells > MANY_CELLS && !yes) {
    const answer = await io.confirm(`${study.name} has ${count(cells)} cells. Go on?`);
    if (answer !== true) {
      const why = answer === false ? "you said no" : "nobody can be asked here";
      throw new KvtError(
        "usage",
        `${file} describes ${count(cells)} cells: expected at most ${count(MANY_CELLS)}, and ${why}`,
        {
          hint: "A grid is the product of all its lists. If it is meant, say --yes.",
        },
      );
    }
  }
  return { plan: await openStudy(study, data), store: new StudyStore(out) };
}
