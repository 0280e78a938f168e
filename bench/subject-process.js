/**
 * One of our own subjects in a process of its own: a training step or its floor, or what `decode.js` has.
 *
 *   node subject-process.js ours|floor --shape char-gpt --attention kv --threads 2 [--batch 64]
 *   node subject-process.js cached|recomputed|text --shape generate --attention kv --threads 1
 */
import { createRequire } from "node:module";
import { createWriter } from "./decode.js";
import { serve, subjectOptions } from "./protocol.js";
import { createFloor, createSubject } from "./subjects.js";

/** @typedef {"ours" | "floor" | import("./decode.js").WritingKind} Kind */

const TRAINING = { ours: createSubject, floor: createFloor };

await serve(async () => {
  const { positionals, name, attention, threads, batch } = subjectOptions();
  const [kind] = positionals;
  const subject =
    kind in TRAINING
      ? await TRAINING[kind](name, attention, { threads, ...(batch === undefined ? {} : { batch }) })
      : await createWriter(kind, attention, { threads });
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json");
  return { version, parameters: subject.parameters, run: (count) => subject.run(count) };
});
