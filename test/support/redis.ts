import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** Redis, or the program that KVT_REDIS_SERVER names, such as a valkey-server. */
const program = process.env["KVT_REDIS_SERVER"] ?? "redis-server";

/** Why tests of the queue are skipped here, or null where they run. */
export const withoutRedis: string | null =
  spawnSync(program, ["--version"]).status === 0 ? null : `${program} is not installed (Debian: redis-server)`;

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** ends it as `kill -9` does; what it acknowledged is in its append-only file */
  kill(): Promise<void>;
  /** starts it again on the same port and data */
  start(): Promise<void>;
  /** ends it and removes its data */
  close(): Promise<void>;
}

/** A real Redis on the loopback interface, as docs/scaling-out.md says to start one; `more` are its options. */
export async function startRedis(...more: string[]): Promise<RedisServer> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "kvt-redis-"));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    const gone = new Promise((resolve) => ending.once("close", resolve));
    ending.kill("SIGKILL");
    await gone;
  };
  const start = async (): Promise<void> => {
    const durable = ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"];
    const own = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
    child = spawn(program, [...own, ...durable, ...more], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text: Buffer) => (said += text.toString()));
    for (let tries = 0; !(await accepts(port)); tries++) {
      if (child.exitCode !== null || tries > 200) throw new Error(`${program} does not start: ${said}`);
      await wait(50);
    }
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    start,
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}
