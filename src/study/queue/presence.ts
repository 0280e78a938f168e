import os from "node:os";
import type { Redis } from "ioredis";
import { isRecord } from "../../record.ts";
import { keys, type Role } from "./jobs.ts";

/** A worker or coordinator that is connected. */
export interface Present {
  readonly host: string;
  readonly version: string;
}

export const PRESENCE_MS = 5_000;
const GONE_MS = 4 * PRESENCE_MS;

/** Says that one is there; to be repeated every `PRESENCE_MS`. */
export async function sayPresent(client: Redis, role: Role, id: string, version: string): Promise<void> {
  const at = await serverTime(client);
  await client.hset(keys.present(role), id, JSON.stringify({ host: os.hostname(), version, at }));
}

export async function sayGone(client: Redis, role: Role, id: string): Promise<void> {
  await client.hdel(keys.present(role), id);
}

/** Who of a role was heard of lately. Those who left without a word are forgotten. */
export async function whoIsPresent(client: Redis, role: Role): Promise<Present[]> {
  const now = await serverTime(client);
  const present: Present[] = [];
  for (const [id, text] of Object.entries(await client.hgetall(keys.present(role)))) {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value)) continue;
    if (now - Number(value["at"]) < GONE_MS) {
      present.push({ host: String(value["host"]), version: String(value["version"]) });
    } else await client.hdel(keys.present(role), id);
  }
  return present;
}

/** Milliseconds by the clock of Redis: those of machines differ. */
export async function serverTime(client: Redis): Promise<number> {
  const [seconds = 0, microseconds = 0] = await client.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

/** Others of another version, as a text that names some: `2 of kvt 0.2.0 (on atlas)`; null when there are none. */
export const otherVersions = (present: readonly Present[], own: string): string | null =>
  versionsOf(present.filter(({ version }) => version !== own));

/** Who is there by version, as a text that names some; null for nobody. */
export function versionsOf(others: readonly Present[]): string | null {
  if (others.length === 0) return null;
  return [...new Set(others.map(({ version }) => version))]
    .map((version) => {
      const hosts = others.filter((other) => other.version === version).map(({ host }) => host);
      return `${hosts.length} of kvt ${version} (on ${[...new Set(hosts)].slice(0, 3).join(", ")})`;
    })
    .join(", ");
}
