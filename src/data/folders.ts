import { existsSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { KvtError } from "../errors.ts";

/** What decides where data lies, so that tests can stand in another place. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly home: string;
}

function thisHost(): Host {
  return { env: process.env, platform: process.platform, home: os.homedir() };
}

/** Folder for what can be downloaded again: KVT_CACHE, or the place that the operating system has for such files. */
export function cacheFolder({ env, platform, home }: Host = thisHost()): string {
  if (env["KVT_CACHE"]) return path.resolve(env["KVT_CACHE"]);
  const name = "kv-transformer";
  if (env["XDG_CACHE_HOME"]) return path.resolve(env["XDG_CACHE_HOME"], name);
  if (platform === "darwin") return path.join(home, "Library", "Caches", name);
  if (platform === "win32") return path.join(env["LOCALAPPDATA"] ?? path.join(home, "AppData", "Local"), name, "Cache");
  return path.join(home, ".cache", name);
}

/**
 * Folders where data is looked for, in this order: `data` (the value of --data), KVT_DATA, the cache folder.
 * Throws a `data` error when `data` is given and is no folder, so that a misspelt one is not passed over.
 */
export function dataFolders(data?: string, host: Host = thisHost()): readonly string[] {
  if (data !== undefined && !(existsSync(data) && statSync(data).isDirectory())) {
    throw new KvtError("data", `--data: expected a folder, got "${data}"`, {
      hint: "Check its spelling; without --data the folders KVT_DATA and the cache are used.",
    });
  }
  const fromEnvironment = host.env["KVT_DATA"] === "" ? undefined : host.env["KVT_DATA"];
  const named = [data, fromEnvironment].flatMap((folder) => (folder === undefined ? [] : [path.resolve(folder)]));
  return [...new Set([...named, cacheFolder(host)])];
}
