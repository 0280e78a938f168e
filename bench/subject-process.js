/**
 * Our training step or its floor as a subject of its own process.
 *
 *   node subject-process.js ours|floor --shape char-gpt --attention kv --threads 2 [--batch 64]
 */
import { createRequire } from "node:module";
import { serve, subjectOptions } from "./protocol.js";
import { createFloor, createSubject } from "./subjects.js";

await serve(async () => {
  const { positionals, name, attention, threads, batch } = subjectOptions();
  const create = positionals[0] === "floor" ? createFloor : createSubject;
  const subject = await create(name, attention, { threads, ...(batch === undefined ? {} : { batch }) });
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json");
  return { version, parameters: subject.parameters, run: (count) => subject.run(count) };
});
