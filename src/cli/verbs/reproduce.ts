import { exitCodes } from "../exit.ts";
import type { Io } from "../io.ts";
import { addJson, commaList, oneOf, runsFolder } from "../options.ts";
import { SCALES } from "../../study/published/publication.ts";
import type { ReproduceRequest } from "../reproduce/tables.ts";
import { addEngineOptions } from "../study/engine.ts";
import { defineVerb } from "../verb.ts";

export const reproduceVerb = defineVerb<Omit<ReproduceRequest, "line">>({
  configure(command) {
    command
      .argument("[tables...]", "synthetic, vision, chars, numbers or translate; none: list them")
      .option(
        "--scale <name>",
        "quick: minutes; half: up to hours; paper: the author's whole grid",
        oneOf("scale", SCALES),
        "quick",
      )
      .option("--attention <names>", "formulations between commas (default: qkv,kv,kv+pos)", commaList)
      .option("--out <folder>", "where runs and reports lie, shared with kvt study", runsFolder)
      .option("--data <folder>", "folder of data sets (default: KVT_DATA, then the cache)")
      .option("--retry", "run failed and damaged cells again");
    addEngineOptions(command);
    addJson(command);
  },
  examples: [
    "kvt reproduce",
    "kvt reproduce synthetic",
    "kvt reproduce numbers chars --scale half",
    "kvt reproduce synthetic --attention qkv,q-kv,k,k+pos",
  ],
  async run({ words, options, line }, io: Io) {
    const { listTables } = await import("../reproduce/list.ts");
    if (words.length === 0) {
      await listTables(options, io);
      return exitCodes.success;
    }
    const { reproduceTables } = await import("../reproduce/tables.ts");
    return reproduceTables(words, { ...options, line }, io);
  },
});
