import type { Command } from "commander";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";

/** What the user gave: words by place, and options by their names in camel case. */
interface Given<O> {
  readonly words: readonly string[];
  readonly options: O;
  /** the whole command line, to be told how to repeat it */
  readonly line: string;
}

/** One command of `kvt`. To add one is to add its file and its line in `verbs.ts`. */
export interface Verb<O extends object = object> {
  /** arguments and options, on a command that has its name and summary already */
  configure(command: Command): void;
  /** whole command lines that work, shown in its help */
  readonly examples: readonly string[];
  /** more help, such as the options of a task, for the words that stand before `--help` */
  help?(words: readonly string[]): Promise<string>;
  run(given: Given<O>, io: Io): Promise<ExitCode>;
}

/** Checks a verb against its options and forgets their type, as a table of verbs needs it. */
export function defineVerb<O extends object>(verb: Verb<O>): Verb {
  return { ...verb, run: (given, io) => verb.run(given as Given<O>, io) };
}
