import { describe, expect, test } from "vitest";
import { ask, finishedRuns } from "./store-case.ts";

describe("a statement", () => {
  const told = async (sql: string): Promise<string> => {
    const root = finishedRuns(1);
    return ask(root, sql).then(
      () => "no error",
      (error: unknown) =>
        error instanceof Error ? `${error.message} | ${String((error as { hint?: string }).hint)}` : "",
    );
  };

  test.each([
    ["selec 1", /^line 1, column 1: syntax error at or near "selec" \| The tables are runs, metrics, cells;/],
    [
      "select tst\nfrom runs",
      /^line 1, column 8: Referenced column "tst" not found in FROM clause \| Did you mean "test"\?/,
    ],
    ["select 'é',\n  tst from runs", /^line 2, column 3: Referenced column "tst"/],
    ["select 1 from metric", /^line 1, column 15: Table with name metric does not exist \| Did you mean "metrics"\?/],
    ["select 1; select 2", /^expected one statement, got 2/],
    ["-- nothing", /^expected one statement, got none/],
    ["select task::int from runs", /^line 1, column 12: Could not convert string 'copy' to INT32/],
  ])("that is wrong is told with its place: %s", async (sql, expected) => {
    expect(await told(sql)).toMatch(expected);
  });

  test.each([
    "drop table runs",
    "copy runs to 'x.csv'",
    "explain analyze select 1",
    "set threads = 1",
    "attach 'x.db'",
  ])("that does more than read is refused: %s", async (sql) => {
    expect(await told(sql)).toMatch(/^(expected a statement that reads, got [A-Z]+|Cannot access file "x.csv")/);
  });

  test("reaches no other file", async () => {
    expect(await told("from read_text('/etc/hostname')")).toContain('Cannot access file "/etc/hostname"');
    expect(await told("from read_parquet('https://example.org/x.parquet')")).not.toBe("no error");
  });
});
