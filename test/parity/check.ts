import type { Quantity } from "./judge.ts";

/** One line of the report: a case that is run. */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<readonly Quantity[]>;
}
