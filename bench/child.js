/** The driver's end of the protocol: starts a subject as a child process and asks it for steps. */
import { spawn } from "node:child_process";
import readline from "node:readline";

/** A subject that says nothing for this long is taken for dead. */
const PATIENCE_MS = 5 * 60 * 1000;

/**
 * @typedef {object} Launch how to start a subject
 * @property {string} command
 * @property {string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 *
 * @typedef {object} Timing
 * @property {number[]} seconds of each step
 * @property {number} peakBytes largest resident size of the process so far
 * @property {number} [loss] of the last step
 *
 * @typedef {object} Subject
 * @property {string} version
 * @property {number | undefined} parameters
 * @property {(count: number) => Promise<Timing>} run
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a subject and waits until it is ready.
 * @param {Launch} launch
 * @returns {Promise<Subject>}
 * @throws {Error} with the subject's own words, when it cannot start or dies
 */
export async function startSubject({ command, args, env = process.env }) {
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let complaint = "";
  child.stderr.on("data", (text) => (complaint = (complaint + text).slice(-2000)));
  child.stdin.on("error", () => {}); // the child has died; the reply says so
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(lastLine(complaint) ?? `ended with ${signal ?? `code ${code}`}`));
  });

  const reply = async () => {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE_MS, "late")));
    const line = await Promise.race([lines.next(), late]);
    clearTimeout(timer);
    if (line === "late") {
      child.kill("SIGKILL");
      throw new Error(`no answer for ${PATIENCE_MS / 1000} s`);
    }
    if (line.done) throw new Error(await ended);
    const message = JSON.parse(line.value);
    if (message.error !== undefined) throw new Error(message.error);
    return message;
  };

  const { version, parameters } = await reply();
  return {
    version,
    parameters,
    run: async (count) => {
      child.stdin.write(JSON.stringify({ run: count }) + "\n");
      return reply();
    },
    stop: async () => {
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split("\n").at(-1) || undefined;
}
