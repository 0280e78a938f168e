import { type ChildProcess, spawn } from "node:child_process";

const AGAIN_MS = 300;

/**
 * A process that a test kills and starts again, with everything that it said. When it leaves because it finds no queue,
 * it is started again, as systemd does for a worker and a person for a command.
 */
export function restartable(command: string, words: readonly string[], env: NodeJS.ProcessEnv) {
  let child: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  let again: NodeJS.Timeout | undefined;
  let said = "";
  const start = (): void => {
    clearTimeout(again);
    again = undefined;
    let own = "";
    const process = spawn(command, words, { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [process.stdout, process.stderr]) {
      stream.on("data", (text: Buffer) => {
        own += text.toString();
        said += text.toString();
      });
    }
    ended = new Promise((resolve) => process.once("close", resolve));
    process.once("close", (code) => {
      if (code === 1 && own.includes("cannot reach the queue")) again = setTimeout(start, AGAIN_MS);
    });
    child = process;
  };
  return {
    start,
    said: () => said,
    isRunning: () =>
      again !== undefined || (child !== undefined && child.exitCode === null && child.signalCode === null),
    exitCode: () => child?.exitCode ?? null,
    /** ends it with `signal` and waits until it is gone */
    async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
      child?.kill(signal);
      await ended;
      clearTimeout(again);
      again = undefined;
    },
  };
}
