import { createBreather } from "../../breathe.ts";
import { exitCodes } from "../exit.ts";
import { print, printJson } from "../io.ts";
import { addJson, integerFrom, number } from "../options.ts";
import { reportEnd } from "../outcome.ts";
import { openUse } from "../open-use.ts";
import { defineVerb } from "../verb.ts";

interface GenerateOptions {
  readonly prompt: string;
  readonly tokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly stop: readonly string[];
  readonly seed: number;
  readonly threads: number;
  readonly json?: boolean;
}

const append = (text: string, before: readonly string[] = []): string[] => [...before, text];

export const generateVerb = defineVerb<GenerateOptions>({
  configure(command) {
    command
      .argument("<run>", "folder of a finished run of a task that writes, such as chars")
      .requiredOption("--prompt <text>", "what the text begins with")
      .option("--tokens <n>", "tokens to write", integerFrom(1), 200)
      .option(
        "--temperature <t>",
        "below 1 more likely, above 1 more surprising; 0 = always the likeliest",
        number,
        0.8,
      )
      .option("--top-k <k>", "draw from the k likeliest tokens; 0 = from all", integerFrom(0), 0)
      .option("--top-p <p>", "draw from the likeliest tokens that together have this probability", number, 1)
      .option("--stop <text>", "end before this text; repeatable", append, [])
      .option("--seed <n>", "what the draws follow from", integerFrom(0), 1)
      .option("--threads <n>", "threads", integerFrom(1), 1);
    addJson(command);
  },
  examples: [
    'kvt generate runs/chars-kv-seed1-1 --prompt "ROMEO:" --tokens 500',
    'kvt generate runs/chars-kv-seed1-1 --prompt "To be" --temperature 0 --stop "\\n"',
  ],
  async run({ words, options }, io) {
    const folder = words[0] ?? "";
    const { prompt, threads, json, ...writing } = options;
    const signal = io.interruptible();
    const writer = await openUse(folder, threads, "writer", "one of a task that writes, such as chars");
    const breathe = createBreather();
    let text = "";
    try {
      const pieces = writer.write(prompt, { ...writing, stop: writing.stop.map(unescaped) });
      if (json !== true) io.out.write(prompt);
      for await (const piece of pieces) {
        text += piece;
        if (json !== true) io.out.write(piece);
        await breathe();
        if (signal.aborted) break;
      }
    } finally {
      await writer.release();
    }
    if (json === true) printJson(io, { folder, prompt, seed: writing.seed, text });
    else print(io.out, "");
    return signal.aborted ? reportEnd(io, "what was written stands above") : exitCodes.success;
  },
});

/** `\n` and `\t`, which a shell passes on as two characters, as the characters that they mean. */
const unescaped = (text: string): string => text.replaceAll("\\n", "\n").replaceAll("\\t", "\t");
