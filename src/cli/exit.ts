import { KvtError } from "../errors.ts";
import { coloursFor, print, type Io } from "./io.ts";

/** What the process says to whoever started it. */
export const exitCodes = { success: 0, failed: 1, usage: 2, interrupted: 130 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * Tells an error on the error output and gives the exit code: one line and a hint for what was foreseen, one line
 * that begins with "internal:" for what was not, whose stack KVT_DEBUG=1 shows.
 */
export function reportError(error: unknown, io: Io): ExitCode {
  const { red, dim } = coloursFor(io.err, io.env);
  const label = red("error:");
  if (error instanceof KvtError) {
    print(io.err, `${label} ${error.message}`);
    if (error.hint !== undefined) print(io.err, dim(`hint: ${error.hint}`));
    if (io.env["KVT_DEBUG"] === "1" && error.cause instanceof Error) print(io.err, error.cause.stack ?? "");
    return error.kind === "usage" ? exitCodes.usage : exitCodes.failed;
  }
  const message = error instanceof Error ? error.message : String(error);
  print(io.err, `${label} internal: ${message.replace(/^internal: /, "").split("\n")[0] ?? ""}`);
  if (io.env["KVT_DEBUG"] === "1") {
    if (error instanceof Error && error.stack !== undefined) print(io.err, error.stack);
  } else {
    print(io.err, dim("hint: This is a fault of kvt, not yours. KVT_DEBUG=1 shows where it happened."));
  }
  return exitCodes.failed;
}
