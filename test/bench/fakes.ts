import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("fake-subject.js", import.meta.url));

/** How to start a fake subject whose steps take `seconds`. */
export function launchFake(seconds: number, ...flags: string[]) {
  return { command: process.execPath, args: [script, String(seconds), ...flags] };
}
