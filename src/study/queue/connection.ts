import { isIP } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { ConnectionOptions } from "bullmq";
import type { Redis, RedisOptions } from "ioredis";
import { errorCode } from "../../disk.ts";
import { KvtError } from "../../errors.ts";
import type { QueueAddress } from "./address.ts";
import { keys } from "./jobs.ts";

/** Of which every client is made. */
export type ClientOptions = Omit<RedisOptions, "replyMapping">;

/** Tells the user something that is no failure. */
export type Warn = (message: string) => void;

/** An open connection to Redis that outlives its restarts. */
export interface QueueConnection {
  readonly client: Redis;
  /** for clients of a library's own */
  readonly options: ClientOptions;
  /** Hears of an error of any client; an outage is told once, however many of them notice it. */
  readonly noticed: (error: Error) => void;
  close(): void;
}

/** How long a server may take to answer at the start. */
const ANSWER_MS = 5_000;
/** How long a server that was just started may take to read its data. */
const LOADING_MS = 30_000;
const OLDEST = [6, 2] as const;

/**
 * Connects to a queue. Throws a `queue` error within seconds where nothing answers, the password is wrong, or what
 * answers is not Redis. Later losses of the connection are told to `warn` once each, and outlived.
 */
export async function openConnection(address: QueueAddress, warn: Warn): Promise<QueueConnection> {
  const { Redis } = await import("ioredis");
  const options: ClientOptions = {
    host: address.host,
    port: address.port,
    db: address.database,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.encrypted ? { tls: isIP(address.host) === 0 ? { servername: address.host } : {} } : {}),
    connectTimeout: ANSWER_MS,
    // A command waits until the server is there again.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(100 * times, 2_000),
  };
  checkServer(await askServer(Redis, options, address), address, warn);
  const client = new Redis(options);
  const outage = createOutage(address, warn);
  client.on("error", outage.noticed).on("close", outage.lost).on("ready", outage.over);
  return {
    client,
    options,
    noticed: outage.noticed,
    close() {
      outage.end();
      client.disconnect();
    },
  };
}

/** What the server says of itself (INFO). */
async function askServer(RedisClient: typeof Redis, options: ClientOptions, address: QueueAddress): Promise<string> {
  const end = performance.now() + LOADING_MS;
  for (;;) {
    const probe = new RedisClient({ ...options, lazyConnect: true, enableReadyCheck: false, retryStrategy: null });
    let heard: Error | undefined;
    probe.on("error", (error: Error) => (heard ??= error));
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS);
    });
    try {
      return await Promise.race([probe.connect().then(() => probe.info()), silence]);
    } catch (error) {
      const told = heard ?? (error instanceof Error ? error : new Error(String(error)));
      if (/^(LOADING|BUSY)/.test(told.message) && performance.now() < end) {
        await wait(500);
        continue;
      }
      throw connectionError(told, address);
    } finally {
      clearTimeout(timer);
      probe.disconnect();
    }
  }
}

const HOW_TO_START = "docs/scaling-out.md says how to start one.";

function connectionError(cause: Error, { shown, password }: QueueAddress): KvtError {
  const { message } = cause;
  const code = errorCode(cause) ?? "";
  const error = (what: string, hint: string): KvtError => new KvtError("queue", what, { hint, cause });
  if (/WRONGPASS|NOAUTH|invalid (username-)?password|AUTH/.test(message)) {
    const got = password === undefined ? "none" : "one that it refuses";
    const hint = "Put it into the address (redis://user:password@host) or into KVT_QUEUE_PASSWORD.";
    return error(`the queue ${shown} asks for a password: expected the right one, got ${got}`, hint);
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code) && !code.startsWith("ERR_SSL")) {
    const hint = "NODE_EXTRA_CA_CERTS=FILE names the certificate of an authority of your own.";
    return error(`the certificate of ${shown} is not trusted: ${message}`, hint);
  }
  if (
    /Protocol error|RESP type|no answer|NOPROTO/.test(message) ||
    code === "EPROTO" ||
    code === "ECONNRESET" ||
    /^ERR_(SSL|TLS)/.test(code)
  ) {
    const hint = "redis:// is for servers without TLS, rediss:// for those with it. Is the port right?";
    const why = /RESP/.test(message) ? "its words are of another protocol" : message;
    return error(`${shown} does not answer as Redis does: expected Redis or Valkey (${why})`, hint);
  }
  const reason = code === "" || message.includes(code) ? message : `${message} (${code})`;
  return error(`cannot reach the queue ${shown}: expected Redis or Valkey there (${reason})`, HOW_TO_START);
}

/** Throws a `queue` error for a server that is too old; warns of one that would lose what it is given. */
function checkServer(info: string, { shown }: QueueAddress, warn: Warn): void {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const version = field("redis_version");
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
  if (version === undefined || major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new KvtError(
      "queue",
      `${shown}: expected Redis ${OLDEST.join(".")} or newer, got ${version ?? "no version"}`,
    );
  }
  if (field("aof_enabled") === "0") {
    warn(`the queue ${shown} keeps no append-only file: a restart of it loses results that are not collected yet`);
  }
  const policy = field("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction") {
    warn(`the queue ${shown} drops keys when its memory is full (${policy}): expected the policy noeviction`);
  }
}

/** What BullMQ's queues and workers are made with. */
export const libraryOptions = ({ options }: QueueConnection) => ({
  connection: options as ConnectionOptions,
  prefix: keys.prefix,
  // It is done above, in our words.
  skipVersionCheck: true,
});

const RETRY_MS = 1_000;
/** What Redis says while it cannot do what it will do again: it starts, its disk or memory is full, its rights change. */
const PASSING = /^(LOADING|BUSY|MISCONF|OOM|READONLY|MASTERDOWN|NOREPLICAS|TRYAGAIN|CLUSTERDOWN|NOAUTH|WRONGPASS)/;

/** Does what may be done twice until it succeeds, through outages of Redis. Throws what has another reason at once. */
export async function outlive<T>({ noticed }: Pick<QueueConnection, "noticed">, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error) || !isOutage(error)) throw error;
      noticed(error);
      await wait(RETRY_MS);
    }
  }
}

function isOutage(error: Error): boolean {
  if (error instanceof KvtError) return false;
  if (PASSING.test(error.message)) return true;
  return (
    /Connection is closed|connection close|aborted/i.test(error.message) ||
    /^E(CONN|TIMEDOUT|PIPE|HOST|NET)/.test(errorCode(error) ?? "")
  );
}

/** How long the server has been there. */
export async function upMilliseconds(client: Redis): Promise<number> {
  const seconds = /^uptime_in_seconds:(\d+)/m.exec(await client.info("server"))?.[1];
  return Number(seconds ?? 0) * 1000;
}

/** Tells of an outage once, and of its end. */
function createOutage({ shown }: QueueAddress, warn: Warn) {
  let [told, ended] = [false, false];
  let reason = "";
  const lost = (): void => {
    if (told || ended) return;
    told = true;
    warn(`lost the connection to the queue ${shown}${reason}: trying again until it is back`);
  };
  return {
    lost,
    noticed(error: Error): void {
      const code = errorCode(error) ?? "";
      if (/^E[A-Z]+$/.test(code)) reason = ` (${code})`;
      else if (/^(WRONGPASS|NOAUTH|OOM|MISCONF|READONLY)/.test(error.message)) {
        reason = ` (${error.message})`;
        lost();
      }
    },
    over(): void {
      if (told && !ended) warn(`connected to the queue ${shown} again`);
      told = false;
      reason = "";
    },
    end: () => void (ended = true),
  };
}
