import { main } from "../../src/cli/main.ts";
import type { Io } from "../../src/cli/io.ts";

/** Streams that keep what is written to them, and a Ctrl-C that a test presses. */
export function fakeIo(env: Io["env"] = {}, terminal: { isTTY?: boolean; columns?: number; rows?: number } = {}) {
  const texts = { out: "", err: "" };
  const stop = new AbortController();
  const io: Io = {
    out: { ...terminal, write: (text: string) => (texts.out += text) },
    err: { ...terminal, write: (text: string) => (texts.err += text) },
    env,
    confirm: () => Promise.resolve(null),
    interruptible: () => stop.signal,
  };
  return { io, texts, interrupt: () => stop.abort() };
}

/** Runs one command line in this process. */
export async function kvt(line: string, env: Io["env"] = {}): Promise<{ code: number; out: string; err: string }> {
  const { io, texts } = fakeIo(env);
  const code = await main(
    line.split(" ").filter((word) => word !== ""),
    io,
  );
  return { code, ...texts };
}
