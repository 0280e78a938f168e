import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { KvtError, unknownWord } from "../errors.ts";
import { withoutSecrets } from "../study/queue/address.ts";
import { exitCodes, reportError, type ExitCode } from "./exit.ts";
import { coloursFor, hasColours, type Io } from "./io.ts";
import type { Verb } from "./verb.ts";
import { verbs } from "./verbs.ts";

/**
 * Runs one command line, without the names of the interpreter and the script, and gives the exit code: 0 success,
 * 1 failed, 2 wrong usage, 130 interrupted. It never throws and never ends the process.
 */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    return await runVerb(argv, io);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.success;
    return reportError(error instanceof CommanderError ? usageError(error, argv) : error, io);
  }
}

async function runVerb(argv: readonly string[], io: Io): Promise<ExitCode> {
  const [first, ...rest] = argv;
  // `kvt help train` and `kvt help` are other spellings of `kvt train --help` and `kvt --help`.
  if (first === "help") return runVerb([...rest, "--help"], io);
  const program = rootCommand(io);
  const named = verbs.find(({ name }) => name === first);
  if (first !== undefined && !first.startsWith("-") && named === undefined) {
    throw await unknownCommand(first);
  }
  for (const { name, summary } of verbs) if (name !== named?.name) program.command(name).description(summary);
  if (named === undefined) {
    await program.parseAsync(argv.length === 0 ? ["--help"] : [...argv], { from: "user" });
    return exitCodes.success;
  }
  const verb = await named.load();
  let code: ExitCode = exitCodes.success;
  const command = program.command(named.name).description(sentence(named.summary));
  verb.configure(command);
  command.addHelpText("after", await moreHelp(verb, rest, io));
  command.action(async () => {
    const options: { readonly data?: string } = command.opts();
    try {
      code = await verb.run({ words: command.args, options, line: withoutSecrets(commandLine(argv)) }, io);
    } catch (error) {
      throw hintAtFolder(error, options.data);
    }
  });
  await program.parseAsync([...argv], { from: "user" });
  return code;
}

/** The error with --data in a hint to check the data sets, where the command looked in a folder of its own. */
function hintAtFolder(error: unknown, data: string | undefined): unknown {
  if (!(error instanceof KvtError) || error.hint === undefined || data === undefined) return error;
  const hint = error.hint.replace('"kvt data verify"', () => `"${commandLine(["data", "verify", "--data", data])}"`);
  return new KvtError(error.kind, error.message, { hint, cause: error.cause });
}

/** A task as a command is taken for a comparison on it. */
async function unknownCommand(word: string): Promise<KvtError> {
  const { tasks } = await import("../tasks/index.ts");
  const names = verbs.map(({ name }) => name);
  const error = unknownWord("usage", "command", word, names);
  if (tasks.every(({ name }) => name !== word)) return error;
  return new KvtError("usage", error.message, { hint: `Did you mean "kvt compare ${word}"?` });
}

function rootCommand(io: Io): Command {
  const { bold, cyan } = coloursFor(io.out, io.env);
  return new Command("kvt")
    .description("Train and compare small transformers whose attention needs no query.")
    .version(version, "-V, --version", "show the version of kvt")
    .helpOption("-h, --help", "show help for a command")
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ styleTitle: bold, styleCommandText: cyan, styleOptionTerm: cyan, styleSubcommandTerm: cyan })
    .configureOutput({
      writeOut: (text) => void io.out.write(text),
      writeErr: (text) => void io.err.write(text),
      // Errors are told by `reportError`, in one form.
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(io.out.columns ?? 100, 110),
      getErrHelpWidth: () => Math.min(io.err.columns ?? 100, 110),
      getOutHasColors: () => hasColours(io.out, io.env),
      getErrHasColors: () => hasColours(io.err, io.env),
    })
    .addHelpText(
      "after",
      '\nA first answer, in about a minute:\n  kvt compare reverse\n\n"kvt COMMAND --help" has the options and examples of a command.',
    );
}

/** Examples, and what the verb has to say about its words; worked out only when help was asked for. */
async function moreHelp(verb: Verb, rest: readonly string[], io: Io): Promise<string> {
  if (!rest.includes("--help") && !rest.includes("-h")) return "";
  const { bold } = coloursFor(io.out, io.env);
  const examples = `\n${bold("Examples:")}\n${verb.examples.map((line) => `  ${line}`).join("\n")}\n`;
  const words = rest.filter((word) => !word.startsWith("-"));
  return `${examples}${(await verb.help?.(words)) ?? ""}`.trimEnd();
}

/** Commander's error in our form: its first line without "error:", its suggestion as the hint. */
function usageError(error: CommanderError, argv: readonly string[]): KvtError {
  const [message = "", ...more] = error.message.replace(/^error: /, "").split("\n");
  const near = /Did you mean (?:one of )?([^)?]+)\?/.exec(more.join(" "))?.[1];
  const verb = verbs.some(({ name }) => name === argv[0]) ? ` ${argv[0]}` : "";
  const hint = near === undefined ? `"kvt${verb} --help" shows what it expects.` : `Did you mean ${near}?`;
  return new KvtError("usage", message.replace(/'/g, '"'), { hint });
}

/** The command line as a shell takes it. */
const commandLine = (argv: readonly string[]): string =>
  ["kvt", ...argv.map((word) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))].join(
    " ",
  );

const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}.`;

const version = ((): string => {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
})();
