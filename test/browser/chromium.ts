import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

/** Debian's Chromium, or the one that KVT_CHROMIUM names. */
const EXECUTABLE = process.env["KVT_CHROMIUM"] ?? "/usr/bin/chromium";

const MISSING = `no Chromium at ${EXECUTABLE}: apt-get install chromium fonts-dejavu-core, or name one in KVT_CHROMIUM`;

/** Whether the browser tests can run. Where there is no browser they are left out, and say so; in CI they fail. */
export function hasChromium(): boolean {
  if (existsSync(EXECUTABLE)) return true;
  if (process.env["CI"] !== undefined) throw new Error(MISSING);
  console.warn(`browser tests left out: ${MISSING}`);
  return false;
}

const COMMON = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Switches by device; headless Chromium offers WebGPU on its software adapter only when told that this is fine. */
const SWITCHES = { cpu: ["--disable-gpu"], webgpu: ["--enable-unsafe-webgpu"] } as const;

/** A headless Chromium with an empty profile. */
export const launchChromium = (device: keyof typeof SWITCHES): Promise<Browser> =>
  chromium.launch({ executablePath: EXECUTABLE, headless: true, args: [...COMMON, ...SWITCHES[device]] });
