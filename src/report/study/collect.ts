import { readCurves } from "../../study/curves.ts";
import type { StudyDocument } from "../../study/study-document.ts";
import { readAttention } from "./attention.ts";
import type { ReportInput } from "./report-input.ts";

/** Reads from the run folders that a document names what a report shows beside its numbers. */
export async function collectReport(
  document: StudyDocument,
  { data, root }: { readonly data?: string | undefined; readonly root?: string } = {},
): Promise<ReportInput> {
  const where = root === undefined ? {} : { root };
  const curves = readCurves(document, where);
  return { document, curves, attention: await readAttention(document, { data, ...where }) };
}
