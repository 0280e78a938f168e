import { readFileSync } from "node:fs";
import path from "node:path";

// node coordinator.js DIST CELLS.json STORE URL: brings the cells through the queue that STORE lacks, and ends with 0.
const [dist = "", cellsFile = "", root = "", url = ""] = process.argv.slice(2);
/** @param {string} file */
const load = (file) => import(path.join(dist, file));
const { queueAddress } = await load("study/queue/address.js");
const { queueEngine } = await load("study/queue/queue-engine.js");
const { StudyStore } = await load("study/study-store.js");

const store = new StudyStore(root);
/** @type {{ name: string }[]} */
const cells = JSON.parse(readFileSync(cellsFile, "utf8"));
const missing = cells.filter((cell) => store.stateOf(cell).kind !== "finished");
/** @param {string} text */
const say = (text) => process.stderr.write(`${text}\n`);
await queueEngine({ address: queueAddress(url), warn: say }).run({
  cells: missing,
  folderOf: store.folderOf,
  data: undefined,
  onEvent: () => undefined,
  onOutcome(/** @type {{ name: string }} */ cell, /** @type {{ kind: string }} */ outcome) {
    say(`${cell.name} ${JSON.stringify(outcome)}`);
    if (outcome.kind === "failed") process.exitCode = 3;
  },
  signal: new AbortController().signal,
});
