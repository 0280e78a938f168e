import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll } from "vitest";

/**
 * One JavaScript file of a TypeScript entry beside this file and all that it imports, for a process of its own. Called
 * at the top of a test file, it builds before the tests; what it returns gives the address then.
 */
export function bundled(entry: string): () => URL {
  const outDir = mkdtempSync(path.join(os.tmpdir(), "kvt-bundle-"));
  beforeAll(async () => {
    await build({
      configFile: false,
      logLevel: "error",
      build: {
        ssr: fileURLToPath(new URL(entry, import.meta.url)),
        outDir,
        target: "node20",
        rollupOptions: { output: { entryFileNames: "entry.mjs" } },
      },
      ssr: { noExternal: true },
    });
  }, 60_000);
  afterAll(() => rmSync(outDir, { recursive: true, force: true }));
  return () => pathToFileURL(path.join(outDir, "entry.mjs"));
}
