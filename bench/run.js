/** `npm run bench`: see README.md beside this file. */
import { findPeers } from "./catalog.js";
import { measureGeneration } from "./generation.js";
import { measureMemory } from "./memory.js";
import { parseOptions } from "./options.js";
import { measureSpeed } from "./speed.js";
import { measureStore } from "./store.js";
import { measureStudy } from "./study.js";
import { generationTable, memoryTable, speedTable, storeTable, studyTable } from "./table.js";

const options = parseOptions(process.argv.slice(2));
const note = (text) => console.error(text);

try {
  const { present, absent } = await findPeers(options.wanted);
  for (const { name, hint } of absent) note(`${name} is not here and takes no part; to install it: ${hint}`);
  if (options.memory) {
    const withMemory = present.filter(({ name }) => name === "pytorch");
    const rows = await measureMemory(options, withMemory, note);
    console.log(options.json ? JSON.stringify({ memory: rows }) : memoryTable(rows));
  } else {
    const training = options.shapes.length > 0 ? await measureSpeed(options, present, note) : undefined;
    const writing = options.generation && (await measureGeneration(options.generation, options, present, note));
    const queries = options.store && measureStore(options.store, note);
    const studies = options.study && (await measureStudy(options.study, note));
    if (options.json) {
      const { details: _, ...report } = training ?? {};
      console.log(
        JSON.stringify({
          ...report,
          ...(writing && { generation: writing }),
          ...(queries && { store: queries }),
          ...(studies && { study: studies }),
        }),
      );
    } else {
      if (training) console.log(speedTable(training));
      if (writing) console.log(generationTable(writing));
      if (queries) console.log(storeTable(queries));
      if (studies) console.log(studyTable(studies));
    }
  }
} catch (error) {
  note(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
