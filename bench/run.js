/** `npm run bench`: see README.md beside this file. */
import { findPeers } from "./catalog.js";
import { measureMemory } from "./memory.js";
import { parseOptions } from "./options.js";
import { measureSpeed } from "./speed.js";
import { memoryTable, speedTable } from "./table.js";

const options = parseOptions(process.argv.slice(2));
const note = (text) => console.error(text);

try {
  const { present, absent } = await findPeers(options.wanted);
  for (const { name, hint } of absent) note(`${name} is not here and takes no part; to install it: ${hint}`);
  if (options.memory) {
    const rows = await measureMemory(
      options,
      present.filter(({ name }) => name === "pytorch"),
      note,
    );
    console.log(options.json ? JSON.stringify({ memory: rows }) : memoryTable(rows));
  } else {
    const { details, ...report } = await measureSpeed(options, present, note);
    console.log(options.json ? JSON.stringify(report) : speedTable({ ...report, details }));
  }
} catch (error) {
  note(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
