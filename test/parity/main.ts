import path from "node:path";
import { parity } from "./parity.ts";

const [directory, ...more] = process.argv.slice(2);

if (directory === undefined || more.length > 0) {
  process.stderr.write("usage: npm run parity -- <directory>\nExample: npm run parity -- test/parity/vectors\n");
  process.exitCode = 2;
} else {
  // npm changes to the project's root, and remembers where it was called.
  const npm = process.env["npm_lifecycle_event"] === "parity" ? process.env["INIT_CWD"] : undefined;
  const { failed } = await parity(path.resolve(npm ?? process.cwd(), directory), (line) =>
    process.stdout.write(`${line}\n`),
  );
  process.exitCode = failed > 0 ? 1 : 0;
}
