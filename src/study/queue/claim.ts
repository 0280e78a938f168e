import type { Redis } from "ioredis";
import { upMilliseconds } from "./connection.ts";
import { keys } from "./jobs.ts";
import { serverTime } from "./presence.ts";

/**
 * Who trains a cell. The queue's own lock lasts for the lease; it is lost when Redis is away for longer, although the
 * worker trains on. The claim tells such a worker from a dead one, so that no cell is trained twice.
 */
export type Claim =
  /** this worker's, from now for a lease */
  | "mine"
  /** another worker's, which lived within the last lease */
  | "taken"
  /** nobody's: the cell's result is there */
  | "finished";

const CLAIM = `
if redis.call("EXISTS", KEYS[2]) == 1 then return {"finished"} end
local owner = redis.call("HGET", KEYS[1], "worker")
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if owner and owner ~= ARGV[1] and owner ~= ARGV[3] then
  return {"taken", owner, now - tonumber(redis.call("HGET", KEYS[1], "seen"))}
end
redis.call("HSET", KEYS[1], "worker", ARGV[1], "token", ARGV[2], "seen", now, "lease", ARGV[4])
return {"mine"}`;

const RELEASE = `
if redis.call("HGET", KEYS[1], "worker") == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0`;

export interface Claimant {
  /** of the worker, the same after its restart */
  readonly worker: string;
  /** the job's lock */
  readonly token: string;
  readonly leaseMs: number;
}

/** Claims a cell, or renews the claim. A worker that was not heard of for a lease has lost its own. */
export async function claimCell(client: Redis, id: string, { worker, token, leaseMs }: Claimant): Promise<Claim> {
  const claim = async (instead: string): Promise<[Claim, string, number]> =>
    (await client.eval(CLAIM, 2, keys.owner(id), keys.result(id), worker, token, instead, leaseMs)) as [
      Claim,
      string,
      number,
    ];
  const [state, owner, age] = await claim("");
  if (state !== "taken" || age < leaseMs) return state;
  // While Redis was away nobody could be heard: the lease begins anew with it.
  if ((await upMilliseconds(client)) < leaseMs) return "taken";
  return (await claim(owner))[0];
}

export async function releaseCell(client: Redis, id: string, worker: string): Promise<void> {
  await client.eval(RELEASE, 1, keys.owner(id), worker);
}

/** Which of the cells a worker trains that was heard of within its lease, whatever the queue has of their jobs. */
export async function trainedCells(client: Redis, ids: readonly string[]): Promise<Set<string>> {
  const now = await serverTime(client);
  const pipeline = client.pipeline();
  for (const id of ids) pipeline.hmget(keys.owner(id), "seen", "lease");
  const owners = ((await pipeline.exec()) ?? []).map(([, reply]) => reply as (string | null)[]);
  return new Set(
    ids.filter((_, index) => {
      const [seen, lease] = owners[index] ?? [];
      return seen != null && now - Number(seen) < Number(lease);
    }),
  );
}

/** The lock that a worker held a cell with before it was started again, or null. */
export async function formerToken(client: Redis, id: string, worker: string): Promise<string | null> {
  const { worker: owner, token } = await client.hgetall(keys.owner(id));
  return owner === worker && token !== undefined ? token : null;
}
