/** A column of a table: its title, and on which side its cells stand. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Rows of cells under titles; cells may hold colours. */
export type TableRenderer = (columns: readonly Column[], rows: readonly (readonly string[])[]) => string;

/**
 * Tables without borders, aligned by the width that a terminal gives their cells, so that they can be copied, cut and
 * searched. No line ends in spaces.
 */
export async function loadTable(): Promise<TableRenderer> {
  const { default: Table } = await import("cli-table3");
  const edges = ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"];
  const inner = ["left", "left-mid", "mid", "mid-mid", "right", "right-mid"];
  const chars = { ...Object.fromEntries([...edges, ...inner].map((name) => [name, ""])), middle: "  " };
  return (columns, rows) => {
    const table = new Table({
      head: columns.map(({ title }) => title),
      colAligns: columns.map(({ align }) => align ?? "left"),
      chars,
      style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
    });
    table.push(...rows.map((row) => [...row]));
    return table
      .toString()
      .split("\n")
      .map((line) => line.trimEnd())
      .join("\n");
  };
}
