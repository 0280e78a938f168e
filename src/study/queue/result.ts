import { createHash, randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { finished } from "node:stream/promises";
import type { Redis } from "ioredis";
import { onDisk } from "../../disk.ts";
import { makeFolder } from "../../folder.ts";
import { isRecord } from "../../record.ts";
import { checkpointSteps } from "../../train/checkpoint-folder.ts";
import { syncFolder } from "../../train/durable.ts";
import { keys } from "./jobs.ts";

/**
 * A finished run on its way from a worker to the coordinator: its folder as a compressed archive, in chunks under a key
 * of its own. It is there as a whole or not at all, and the first one stays.
 */
const CHUNK = 2 ** 20;
/** What a worker that died while it was writing leaves. */
const UPLOAD_SECONDS = 86_400;

/** A run's folder as a tar archive, compressed. Weights and the last checkpoint only where they are asked for. */
export async function packRun(folder: string, weights: boolean): Promise<Buffer> {
  const names = onDisk("read", folder, () => fs.readdirSync(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile() && !/^lock|\.part$/.test(entry.name))
    .map(({ name }) => name)
    .filter((name) => weights || !name.endsWith(".safetensors"));
  if (weights && checkpointSteps(folder).length > 0) names.push("checkpoints");
  const { create } = await import("tar");
  const parts: Buffer[] = [];
  for await (const part of create({ cwd: folder, gzip: true, portable: true }, names.toSorted())) parts.push(part);
  return Buffer.concat(parts);
}

/** Puts an upload into its place, once: a mark that the run was collected is of an earlier result, and goes only then. */
const PLACE = `
if redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
if redis.call("RENAMENX", KEYS[1], KEYS[2]) == 0 then
  redis.call("DEL", KEYS[1])
  return 0
end
redis.call("PERSIST", KEYS[2])
redis.call("DEL", KEYS[3])
return 1`;

/** Stores a run's archive, unless there is one of its cell already. `from`: the machine and folder that keep the run. */
export async function storeResult(client: Redis, id: string, archive: Buffer, from: string): Promise<void> {
  const upload = keys.upload(id, randomUUID());
  const chunks = Math.ceil(archive.length / CHUNK);
  const sha256 = createHash("sha256").update(archive).digest("hex");
  await client.hset(upload, "about", JSON.stringify({ chunks, bytes: archive.length, sha256, from }));
  await client.expire(upload, UPLOAD_SECONDS);
  // A command whose answer a lost connection swallowed is sent again, so each must be harmless when done twice.
  for (let n = 0; n < chunks; n++) await client.hset(upload, String(n), archive.subarray(n * CHUNK, (n + 1) * CHUNK));
  await client.eval(PLACE, 3, upload, keys.result(id), keys.collected(id));
}

/** A run's folder as others name it: with its machine. */
export const placeOf = (folder: string): string => `${os.hostname()}:${path.resolve(folder)}`;

/** Which machine and folder a cell's archive was packed from; null where there is no archive. */
export async function sourceOf(client: Redis, id: string): Promise<string | null> {
  const described = await aboutOf(client, id);
  return isRecord(described) && typeof described["from"] === "string" ? described["from"] : null;
}

/** What is written beside an archive's chunks, as JSON; null where there is none. */
async function aboutOf(client: Redis, id: string): Promise<unknown> {
  const about = await client.hget(keys.result(id), "about");
  return about === null ? null : JSON.parse(about);
}

export const hasResult = async (client: Redis, id: string): Promise<boolean> =>
  (await client.exists(keys.result(id))) === 1;

/** The archive of a cell's run: null where there is none, "damaged" where its bytes are not those that were sent. */
export async function fetchResult(client: Redis, id: string): Promise<Buffer | null | "damaged"> {
  const described = await aboutOf(client, id);
  if (described === null) return null;
  if (!isRecord(described)) return "damaged";
  const parts: Buffer[] = [];
  for (let n = 0; n < Number(described["chunks"]); n++) {
    const part = await client.hgetBuffer(keys.result(id), String(n));
    if (part !== null) parts.push(part);
  }
  const archive = Buffer.concat(parts);
  return createHash("sha256").update(archive).digest("hex") === described["sha256"] ? archive : "damaged";
}

/** Writes an archive's files into a new folder and returns once they are on the disk. */
export async function unpackRun(archive: Buffer, folder: string): Promise<void> {
  makeFolder(folder);
  const { extract } = await import("tar");
  // The archive came over a network: nothing of it may land anywhere else.
  const isExpected = (name: string): boolean =>
    /^(?:checkpoints\/(?:\d+\/)?)?[\w.-]*$/.test(name) && !name.includes("..");
  const out = extract({
    cwd: folder,
    strict: true,
    filter: (name, entry) =>
      isExpected(name) && "type" in entry && (entry.type === "File" || entry.type === "Directory"),
  });
  const done = finished(out);
  out.end(archive);
  try {
    await done;
  } catch (cause) {
    onDisk("write", folder, () => {
      throw cause;
    });
  }
  sync(folder);
}

function sync(folder: string): void {
  for (const entry of onDisk("read", folder, () => fs.readdirSync(folder, { withFileTypes: true }))) {
    const target = path.join(folder, entry.name);
    if (entry.isDirectory()) sync(target);
    else {
      onDisk("write", target, () => {
        const descriptor = fs.openSync(target, "r+");
        try {
          fs.fsyncSync(descriptor);
        } finally {
          fs.closeSync(descriptor);
        }
      });
    }
  }
  syncFolder(folder);
}
