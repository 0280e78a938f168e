/**
 * What a benchmark subject says and hears: JSON, one document a line.
 *
 *   subject: {"ready": true, "version": "…", "parameters": 2482241}
 *   driver:  {"run": 4}
 *   subject: {"seconds": [0.35, …], "loss": 3.9, "peakBytes": 490000000}
 *
 * Anything that goes wrong is {"error": "…"}. The subject ends when its standard input closes.
 */
import readline from "node:readline";
import { parseArgs } from "node:util";
import { SHAPES } from "./shapes.js";

/**
 * @typedef {object} About
 * @property {string} version of the library
 * @property {number | undefined} [parameters] how many numbers are trained
 *
 * @typedef {About & { step: () => number | Promise<number> }} Stepper does one training step and gives its loss
 * @typedef {About & { run: (count: number) => Promise<number[]> }} Runner does several and times them itself
 */

/** Options that every subject takes: --shape, --attention, --threads and, if not the shape's own, --batch. */
export function subjectOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      shape: { type: "string" },
      attention: { type: "string" },
      threads: { type: "string", default: "2" },
      batch: { type: "string" },
    },
  });
  const name = values.shape ?? "";
  const batch = values.batch === undefined ? {} : { batch: Number(values.batch) };
  return {
    positionals,
    name,
    shape: { ...SHAPES[name], ...batch },
    attention: values.attention ?? "",
    threads: Number(values.threads),
    ...batch,
  };
}

/**
 * Answers requests on standard input until it closes. What libraries print goes to standard error.
 * @param {() => Promise<Stepper | Runner>} start
 */
export async function serve(start) {
  console.log = console.info = console.error;
  const send = (message) => process.stdout.write(JSON.stringify(message) + "\n");
  try {
    const subject = await start();
    send({ ready: true, version: subject.version, parameters: subject.parameters });
    for await (const line of readline.createInterface({ input: process.stdin })) {
      const count = JSON.parse(line).run;
      const timed = "run" in subject ? { seconds: await subject.run(count) } : await timeSteps(subject.step, count);
      send({ ...timed, peakBytes: process.resourceUsage().maxRSS * 1024 });
    }
    process.exit(0);
  } catch (error) {
    send({ error: error instanceof Error ? error.message : String(error) });
    console.error(error);
    process.exit(1);
  }
}

/** @param {() => number | Promise<number>} step @param {number} count */
async function timeSteps(step, count) {
  const seconds = [];
  let loss;
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    loss = await step();
    seconds.push((performance.now() - start) / 1000);
  }
  return { seconds, loss };
}
