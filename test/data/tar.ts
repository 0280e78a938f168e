import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { create } from "tar";

/** A tar.gz file with these files in one folder, as CIFAR is published. */
export function tarGz(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const folder = mkdtempSync(path.join(os.tmpdir(), "kvt-tar-"));
  mkdirSync(path.join(folder, "batches"));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(folder, "batches", name), bytes);
  const file = path.join(folder, "all.tar.gz");
  const names = Object.keys(files).map((name) => `batches/${name}`);
  create({ file, gzip: true, cwd: folder, sync: true, noDirRecurse: true }, ["batches", ...names]);
  const bytes = readFileSync(file);
  rmSync(folder, { recursive: true });
  return bytes;
}
