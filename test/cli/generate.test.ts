import { writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { builtKvt } from "../support/built.ts";

const { work, run } = builtKvt();

/** A model that knows nothing, of a text of its own. */
beforeAll(async () => {
  writeFileSync(path.join(work, "song.txt"), "row, row, row your boat\n".repeat(40));
  const sizes = ["model.width=8", "model.layers=1", "model.heads=2", "data.length=8", "train.steps=3", "train.batch=4"];
  const settings = sizes.flatMap((setting) => ["--set", setting]);
  const { code, out, err } = await run("train", "chars", "--text", "song.txt", "--out", "song", ...settings);
  expect(code, err).toBe(0);
  expect(out).toMatch(/^test loss +\d\.\d+$/m);
  expect(out).toMatch(/^test loss in bits +\d\.\d+$/m);
  // What the model writes while it trains is shown.
  expect(err).toContain("step 3 writes:\n");
}, 60_000);

const generate = (...words: string[]) => run("generate", "song", ...words);

test("writes as many characters of the text as asked for, past its context, and the same again for one seed", async () => {
  const words = ["--prompt", "row, ", "--tokens", "30", "--temperature", "1"];
  const { code, out, err } = await generate(...words, "--seed", "3");
  expect(code, err).toBe(0);
  expect(out).toMatch(/^row, [row, yubat\n]{30}\n$/);
  expect(err).toBe("");
  expect((await generate(...words, "--seed", "3")).out).toBe(out);
  expect((await generate(...words, "--seed", "4")).out).not.toBe(out);
});

test("gives JSON, ends before a stop text, and needs no data", async () => {
  const { out } = await generate("--prompt", "row", "--tokens", "40", "--temperature", "0", "--json");
  const { text, ...rest } = JSON.parse(out) as { text: string; folder: string; prompt: string };
  expect(rest).toMatchObject({ folder: "song", prompt: "row", seed: 1 });
  expect(text).toHaveLength(40);
  const end = text.slice(5, 7);
  const stopped = await generate("--prompt", "row", "--tokens", "40", "--temperature", "0", "--json", "--stop", end);
  expect(JSON.parse(stopped.out)).toMatchObject({ text: text.slice(0, text.indexOf(end)) });
});

test("names what it cannot read, and writes nothing then", async () => {
  const { code, out, err } = await generate("--prompt", "röw €");
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain('error: the model does not know "ö" "€": expected characters of the text it learned');
  expect((await generate("--prompt", "")).err).toContain("error: the prompt: expected at least one token, got none");
  expect((await generate("--prompt", "r", "--top-p", "2")).err).toContain("top-p: expected a number above 0 up to 1");
});

test("shows what a text of one's own is attended to, as far as the model reads", async () => {
  const { code, out, err } = await run("attention", "song", "--prompt", "row y", "--json");
  expect(code, err).toBe(0);
  const { parts } = JSON.parse(out) as { parts: readonly { queries: string[] }[] };
  expect(parts[0]?.queries).toHaveLength(5);
  expect((await run("attention", "song", "--prompt", "row, row,")).err).toContain(
    "the text: expected 1 to 8 tokens, got 9",
  );
  expect((await run("attention", "song", "--prompt", "€")).err).toContain('the model does not know "€"');
});
