#!/usr/bin/env node
let cli;
try {
  cli = await import("../dist/cli/main.js");
} catch (error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.error(`error: kvt is not built or its packages are not installed: ${error.message.split("\n")[0]}`);
  console.error("hint: npm run setup does both.");
  process.exit(1);
}
const { processIo } = await import("../dist/cli/io.js");
process.exitCode = await cli.main(process.argv.slice(2), processIo());
