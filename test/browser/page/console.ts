/*
 * ONNX Runtime writes its log to the console, whose functions it binds when it starts. So they are replaced here, when
 * the worker starts; ONNX Runtime is loaded later.
 */

let lines: string[] | undefined;

for (const method of ["log", "info", "warn", "error", "debug"] as const) {
  const write = console[method].bind(console);
  console[method] = (...words: unknown[]) => {
    if (lines === undefined) write(...words);
    else lines.push(words.map(String).join(" "));
  };
}

/** What is written to the console while `work` runs, which then does not appear there. */
export async function recordConsole(work: () => Promise<void>): Promise<readonly string[]> {
  const recorded: string[] = [];
  lines = recorded;
  try {
    await work();
  } finally {
    lines = undefined;
  }
  return recorded;
}
