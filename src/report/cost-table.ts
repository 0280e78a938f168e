import { bytes, count, large } from "./format.ts";
import { loadTable } from "./table.ts";

/** What one formulation of a model costs. */
interface CostRow {
  readonly attention: string;
  /** trainable numbers of the whole model */
  readonly parameters: number;
  /** multiply-accumulates of one example's forward pass */
  readonly macs: number;
  /** of the keys and values that decoding keeps for a position, in all layers */
  readonly cacheBytesPerToken: number;
}

/**
 * Costs of formulations, each beside its share of the first one's; with `length`, also the cache of a sequence of that
 * many tokens.
 */
export async function costTable(rows: readonly CostRow[], length?: number): Promise<string> {
  const [first] = rows;
  const render = await loadTable();
  const share = (value: number, whole: number | undefined): string =>
    whole === undefined || whole === 0 ? "" : `${((100 * value) / whole).toFixed(1)} %`;
  const right = (title: string) => ({ title, align: "right" }) as const;
  return render(
    [
      { title: "attention" },
      right("parameters"),
      right(""),
      right("MACs/example"),
      right(""),
      right("cache/token"),
      ...(length === undefined ? [] : [right(`cache of ${count(length)}`)]),
      right(""),
    ],
    rows.map(({ attention, parameters, macs, cacheBytesPerToken }) => [
      attention,
      count(parameters),
      share(parameters, first?.parameters),
      large(macs),
      share(macs, first?.macs),
      bytes(cacheBytesPerToken),
      ...(length === undefined ? [] : [bytes(length * cacheBytesPerToken)]),
      share(cacheBytesPerToken, first?.cacheBytesPerToken),
    ]),
  );
}
