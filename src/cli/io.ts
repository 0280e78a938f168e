/** Where a command writes, and what it may know about the terminal. Tests put their own in the place of a process. */
interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface Io {
  /** results: what the command was asked for */
  readonly out: Output;
  /** everything else: progress, warnings, errors */
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks the person at the terminal; null where there is none to ask. */
  confirm(question: string): Promise<boolean | null>;
  /** A signal that the first Ctrl-C aborts. The second ends the process at once. */
  interruptible(): AbortSignal;
}

/** The streams and signals of this process. */
export function processIo(): Io {
  // The reader of a pipe may leave early, as `head` does: that is no failure, and nobody is left to tell.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
      if (stream === process.stdout) print(process.stderr, `error: cannot write the output: ${error.message}`);
      process.exit(1);
    });
  }
  let controller: AbortController | undefined;
  return {
    out: process.stdout,
    err: process.stderr,
    env: process.env,
    confirm,
    interruptible() {
      if (controller === undefined) {
        const stop = (controller = new AbortController());
        const interrupt = (): void => {
          if (stop.signal.aborted) process.exit(130);
          stop.abort();
        };
        process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
      }
      return controller.signal;
    },
  };
}

async function confirm(question: string): Promise<boolean | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
  const { createInterface } = await import("node:readline/promises");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** Whether an output shows colours: only a terminal, unless FORCE_COLOR says so or NO_COLOR says not. */
export function hasColours(output: Output, env: Io["env"]): boolean {
  if (env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "") return false;
  if (env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "" && env["FORCE_COLOR"] !== "0") return true;
  return output.isTTY === true && env["TERM"] !== "dumb";
}

type Paint = (text: string) => string;
export type Colours = Readonly<Record<"bold" | "dim" | "red" | "green" | "yellow" | "cyan", Paint>>;

/** Functions that colour a text for `output`, or leave it as it is. */
export function coloursFor(output: Output, env: Io["env"]): Colours {
  const on = hasColours(output, env);
  const paint = (open: number, close: number) => (text: string) =>
    on ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  };
}

/** Writes text and ends its line. */
export function print(output: Output, text: string): void {
  output.write(`${text}\n`);
}

/** One JSON document on the standard output. */
export function printJson(io: Io, value: unknown): void {
  print(io.out, JSON.stringify(value, null, 2));
}
