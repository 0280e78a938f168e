/** The command line of `npm run bench`. */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { ATTENTIONS, SHAPES } from "./shapes.js";

/**
 * @typedef {object} BenchOptions
 * @property {string[]} shapes
 * @property {boolean} memory peak memory by batch size instead of time
 * @property {string[]} attentions
 * @property {number} steps
 * @property {number} threads
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
    .description("Times our training step beside its floor and its peers. `memory`: peak memory by batch size.")
    .addArgument(new Argument("[what...]", "shapes to time, all if none is named").choices([...names, "memory"]))
    .addOption(
      new Option("--attention <list>", "formulations, by commas").argParser(attentionList).default(ATTENTIONS, "all"),
    )
    .addOption(new Option("--steps <n>", "about so many steps a subject").argParser(positiveInteger).default(16))
    .addOption(new Option("--threads <n>", "threads of every subject").argParser(positiveInteger).default(2))
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

  const what = command.args;
  const { attention, steps, threads, peers, smoke, json } = command.opts();
  const shapes = what.filter((word) => word !== "memory");
  const memory = what.includes("memory");
  const listed = peers === undefined ? undefined : peers.split(",");
  return {
    shapes: shapes.length > 0 ? shapes : memory ? ["char-gpt"] : names,
    memory,
    attentions: attention,
    steps,
    threads,
    smoke,
    json,
    wanted: (peer) => listed === undefined || listed.includes(peer),
  };
}

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
