import type { Store } from "../study/store/open-store.ts";
import { coloursFor, print, type Io } from "./io.ts";

/** Names damaged files, and says what makes the next query slow. */
export function tellStore({ problems, warning }: Store, io: Io): void {
  const { yellow } = coloursFor(io.err, io.env);
  for (const problem of problems) print(io.err, `${yellow("unreadable:")} ${problem}`);
  if (warning !== null) print(io.err, `${yellow("warning:")} ${warning}`);
}
