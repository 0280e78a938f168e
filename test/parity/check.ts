import type { Quantity } from "./judge.ts";

/** One line of the report: a case that is run, or one that is left to later work. */
export type Check = { readonly name: string } & (
  { readonly run: () => Promise<readonly Quantity[]> } | { readonly skip: string }
);
