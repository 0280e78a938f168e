import type { CompareDocument, CompareRow } from "../study/document.ts";
import { count, large, metric, milliseconds, plural, signed } from "./format.ts";
import { loadTable, type Column } from "./table.ts";

/** A comparison as a table for people: one row a formulation, what it costs, what it reached, how far from the first. */
export async function comparisonTable(document: CompareDocument): Promise<string> {
  const [first] = document.rows;
  const render = await loadTable();
  const columns: Column[] = [
    { title: "attention" },
    { title: "parameters", align: "right" },
    { title: "MACs/example", align: "right" },
    { title: first?.metric ?? "metric", align: "right" },
    ...(document.rows.length > 1 ? [{ title: `difference to ${first?.attention ?? ""}, 95 % interval` }] : []),
    { title: "time/step", align: "right" },
  ];
  const rows = document.rows.map((row) => [
    row.attention,
    count(row.parameters),
    large(row.macs),
    row.std === null ? metric(row.mean) : `${metric(row.mean)} ± ${metric(row.std)}`,
    ...(document.rows.length > 1 ? [differenceCell(row)] : []),
    milliseconds(row.secondsPerStep),
  ]);
  return render(columns, rows);
}

/** What was compared: "reverse, preset quick, 3 seeds, on cpu". */
export function comparisonTitle({ task, preset, device, rows }: CompareDocument): string {
  return `${task}, preset ${preset}, ${plural(rows[0]?.runs.length ?? 0, "seed")}, on ${device}`;
}

/** How the numbers of the table are to be read. */
export const comparisonNote =
  "± is the sample standard deviation over seeds; intervals are not corrected for several comparisons; " +
  "runs share the machine, so judge speed by npm run bench.";

function differenceCell({ difference, runs }: CompareRow): string {
  if (difference === null) return "–";
  const { mean, low, high } = difference;
  if (low === null || high === null)
    return `${signed(mean)} (${runs.length > 1 ? "no spread" : "one seed"}: no interval)`;
  return `${signed(mean)} [${signed(low)}, ${signed(high)}]`;
}
