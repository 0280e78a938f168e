/** The command line of `npm run bench`. */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { ATTENTIONS, SHAPES, TRAINED_ATTENTIONS } from "./shapes.js";

/**
 * @typedef {object} BenchOptions
 * @property {string[]} shapes whose training step is timed
 * @property {readonly string[]} attentions of those
 * @property {number} threads of their subjects
 * @property {{ attentions: readonly string[], threads: number } | undefined} generation if text is written
 * @property {{ runs: number, lines: number, repeats: number } | undefined} store if queries over many runs are timed
 * @property {{ rounds: number, smoke: boolean } | undefined} study if whole studies are timed
 * @property {boolean} memory peak memory by batch size instead of time
 * @property {number} steps
 * @property {boolean} smoke
 * @property {boolean} json
 * @property {(peer: string) => boolean} wanted
 */

/**
 * @param {string[]} argv without node and script
 * @param {{ exit?: boolean }} [settings] exit false: throw commander's error instead of ending the process
 * @returns {BenchOptions}
 */
export function parseOptions(argv, { exit = true } = {}) {
  const names = Object.keys(SHAPES);
  const command = new Command("npm run bench --")
    .description(
      "Times our training step beside its floor and its peers, and text that a model writes (`generate`). `store`: " +
        "queries over many runs. `study`: cells a minute on one core and on two. `memory`: peak memory by batch size.",
    )
    .addArgument(
      new Argument("[what...]", "what to time, all but memory if nothing is named").choices([
        ...names,
        "generate",
        "store",
        "study",
        "memory",
      ]),
    )
    .addOption(
      new Option(
        "--attention <list>",
        `formulations, by commas (${TRAINED_ATTENTIONS.join(",")}; generate: all six)`,
      ).argParser(attentionList),
    )
    .addOption(new Option("--steps <n>", "about so many steps a subject").argParser(positiveInteger).default(16))
    .addOption(new Option("--threads <n>", "threads of every subject (2; generate: 1)").argParser(positiveInteger))
    .option("--peers <list>", "only these peers, by commas; none: no peer")
    .option("--smoke", "small batches and hardly a step: shows that all runs, times mean nothing", false)
    .option("--json", "one JSON document on standard output", false)
    .addHelpText("after", "\nExample: npm run bench -- char-gpt --attention qkv,kv --json")
    .exitOverride((error) => {
      if (!exit) throw error;
      process.exit(error.exitCode === 0 ? 0 : 2);
    });
  if (!exit) command.configureOutput({ writeErr: () => {} });
  command.parse(argv, { from: "user" });

  const what = command.args.length > 0 ? command.args : [...names, "generate", "store", "study"];
  const { attention, steps, threads, peers, smoke, json } = command.opts();
  const shapes = names.filter((name) => what.includes(name));
  const memory = what.includes("memory");
  const generates = what.includes("generate");
  const listed = peers === undefined ? undefined : peers.split(",");
  return {
    shapes: shapes.length === 0 && memory ? ["char-gpt"] : shapes,
    attentions: attention ?? TRAINED_ATTENTIONS,
    threads: threads ?? 2,
    generation: generates ? { attentions: attention ?? ATTENTIONS, threads: threads ?? 1 } : undefined,
    store: what.includes("store") ? (smoke ? SMOKE_STORE : STORE) : undefined,
    study: what.includes("study") ? { rounds: smoke ? 1 : 3, smoke } : undefined,
    memory,
    steps,
    smoke,
    json,
    wanted: (peer) => listed === undefined || listed.includes(peer),
  };
}

/** The bar: so many runs are summarised in under two seconds. */
const STORE = { runs: 10_000, lines: 100, repeats: 7 };
const SMOKE_STORE = { runs: 20, lines: 10, repeats: 1 };

/** @param {string} text */
function attentionList(text) {
  const list = text.split(",");
  const unknown = list.find((word) => !ATTENTIONS.includes(word));
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is not one of ${ATTENTIONS.join(", ")}.`);
  return list;
}

/** @param {string} text */
function positiveInteger(text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Expected a whole number of at least 1.");
  return value;
}
