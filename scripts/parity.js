// npm run parity -- <directory>: runs every vector file in a directory through this implementation.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
await runnerImport(path.join(root, "test/parity/main.ts"), { root, configFile: false, logLevel: "error" });
