import type { RunOutcome } from "../train/messages.ts";
import { exitCodes, type ExitCode } from "./exit.ts";
import { coloursFor, print, type Io } from "./io.ts";

/** Says what an interrupted command kept and what continues it. */
export function reportInterruption(io: Io, kept: string, next: string): ExitCode {
  const code = reportEnd(io, kept);
  print(io.err, `continue with: ${next}`);
  return code;
}

/** The interruption of a command that cannot be continued. */
export function reportEnd(io: Io, kept: string): ExitCode {
  const { yellow } = coloursFor(io.err, io.env);
  print(io.err, `${yellow("interrupted:")} ${kept}`);
  return exitCodes.interrupted;
}

/** The interruption of one run; `again` is the command to repeat when no folder was made yet. */
export function reportRunInterruption(
  io: Io,
  { folder, step }: Extract<RunOutcome, { kind: "interrupted" }>,
  again: string,
): ExitCode {
  if (folder === null) return reportInterruption(io, "nothing was begun, so nothing is kept", again);
  const kept = step === 0 ? `${folder} is kept, without a step yet` : `${folder} is kept up to step ${step}`;
  return reportInterruption(io, kept, `kvt resume ${folder}`);
}
