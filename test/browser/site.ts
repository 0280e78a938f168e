import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { isBuiltin } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, createLogger, type Plugin } from "vite";

const PAGE = fileURLToPath(new URL("page", import.meta.url));

/** Makes the page cross-origin isolated, without which WebAssembly has no threads. */
const ISOLATION = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

export interface Site {
  readonly url: string;
  /** what Vite warned of, and every import of a Node module in our own files */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

/** Builds the test page with the core in its worker into a temporary folder, and serves it on the loopback address. */
export async function openSite(): Promise<Site> {
  const folder = await mkdtemp(path.join(tmpdir(), "kvt-site-"));
  const warnings = await buildPage(folder);
  const server = createServer((request, response) => void serve(folder, request.url ?? "/", response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    warnings,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await rm(folder, { recursive: true });
    },
  };
}

async function buildPage(outDir: string): Promise<string[]> {
  const warnings: string[] = [];
  const logger = createLogger("warn");
  logger.warn = logger.warnOnce = (message) => void warnings.push(message);
  await build({
    configFile: false,
    root: PAGE,
    logLevel: "warn",
    customLogger: logger,
    plugins: [noteNodeModules(warnings)],
    worker: { format: "es", plugins: () => [noteNodeModules(warnings)] },
    build: {
      outDir,
      emptyOutDir: true,
      target: "esnext",
      minify: false,
      chunkSizeWarningLimit: Infinity,
      // A slow machine is no fault of the bundle.
      rolldownOptions: { checks: { bundlerTimings: false } },
    },
  });
  return warnings;
}

/** Vite puts an empty module in the place of one of Node's and says nothing. */
const noteNodeModules = (warnings: string[]): Plugin => ({
  name: "note-node-modules",
  enforce: "pre",
  resolveId(id, importer) {
    if (isBuiltin(id) && importer?.includes("node_modules") !== true) warnings.push(`${importer} imports ${id}`);
  },
});

async function serve(folder: string, url: string, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(url, "http://127.0.0.1");
  const file = path.join(folder, pathname === "/" ? "index.html" : pathname);
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) {
    response.writeHead(404).end();
    return;
  }
  const type = TYPES[path.extname(file)] ?? "application/octet-stream";
  response.writeHead(200, { ...ISOLATION, "Content-Type": type, "Content-Length": found.size });
  createReadStream(file).pipe(response);
}
