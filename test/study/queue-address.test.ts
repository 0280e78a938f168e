import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { KvtError } from "../../src/errors.ts";
import { queueAddress, withoutSecrets } from "../../src/study/queue/address.ts";
import { openConnection } from "../../src/study/queue/connection.ts";
import { kvt } from "../cli/io.ts";
import { freePort, type RedisServer, startRedis, withoutRedis } from "../support/redis.ts";

describe("the address of a queue", () => {
  test("is shown without user and password", () => {
    expect(queueAddress("rediss://ada:s3cr%40t@queue.example/2", {})).toEqual({
      shown: "rediss://queue.example:6379/2",
      host: "queue.example",
      port: 6379,
      database: 2,
      username: "ada",
      password: "s3cr@t",
      encrypted: true,
    });
  });

  test("comes from KVT_QUEUE, and its password from KVT_QUEUE_PASSWORD", () => {
    const env = { KVT_QUEUE: "redis://[::1]:6380", KVT_QUEUE_PASSWORD: "100%" };
    expect(queueAddress(undefined, env)).toMatchObject({ host: "::1", port: 6380, password: "100%", encrypted: false });
    expect(queueAddress("redis://:own@elsewhere", env)).toMatchObject({ host: "elsewhere", password: "own" });
  });

  test.each([
    "http://user:pass-word@queue.example",
    "user:pass-word@queue.example",
    "redis://user:pass-word@h/x",
    "redis://",
  ])("%s is refused, without its password", (text) => {
    const error = caught(() => queueAddress(text, {}));
    expect(error).toMatchObject({ kind: "usage" });
    expect(error.message).toContain("--queue: expected redis://[user:password@]host[:port][/database]");
    expect(error.message.slice(error.message.indexOf("got"))).not.toMatch(/pass-word|user/);
  });

  test.each(["study run --queue study.yaml", "study status --queue study.yaml", "reproduce --queue synthetic"])(
    "kvt %s takes no word for it that is none, and says where --queue goes",
    async (line) => {
      const { code, err } = await kvt(line, { KVT_QUEUE: "redis://queue.example" });
      expect(code).toBe(2);
      expect(err).toBe(
        `error: --queue: expected redis://[user:password@]host[:port][/database], or rediss://… for TLS, got "${line.split(" ").at(-1)}"\n` +
          "hint: The word after --queue is taken for its address. Where KVT_QUEUE has it, write --queue at the end.\n",
      );
    },
  );

  test("kvt worker, whose --queue always has an address, says to leave it away", async () => {
    const { code, err } = await kvt("worker --queue --clean", { KVT_QUEUE: "redis://queue.example" });
    expect(code).toBe(2);
    expect(err).toMatch(/^error: --queue: expected redis:.*, got "--clean"$/m);
    expect(err).toContain(
      "hint: The word after --queue is taken for its address. Where KVT_QUEUE has it, leave --queue away.\n",
    );
  });

  test("that is wrong in the environment is told by its name", () => {
    expect(caught(() => queueAddress(undefined, { KVT_QUEUE: "queue.example" })).message).toMatch(
      /^KVT_QUEUE: expected/,
    );
  });

  test("is asked for where there is none", () => {
    expect(caught(() => queueAddress(undefined, {}))).toMatchObject({
      kind: "usage",
      message: "--queue: expected an address, got none",
    });
  });

  test("loses its password in a command line", () => {
    expect(withoutSecrets("kvt study run a.yaml --queue redis://u:p@ss@host:1/2 --out x@y")).toBe(
      "kvt study run a.yaml --queue redis://host:1/2 --out x@y",
    );
  });
});

const skipped = withoutRedis === null ? "" : ` [skipped: ${withoutRedis}]`;

describe.skipIf(withoutRedis !== null)(`connecting to a queue${skipped}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis("--requirepass", "right-one");
  });
  afterAll(() => redis.close());

  const connect = async (url: string, env: Record<string, string> = {}) => {
    const warnings: string[] = [];
    const connection = await openConnection(queueAddress(url, env), (message) => warnings.push(message));
    onTestFinished(() => connection.close());
    return { connection, warnings };
  };
  const at = (login: string): string => redis.url.replace("//", `//${login}`);

  test("works with the right password, in the address or in the environment", async () => {
    const { connection, warnings } = await connect(at(":right-one@"));
    expect(await connection.client.ping()).toBe("PONG");
    expect(warnings).toEqual([]);
    await expect(connect(redis.url, { KVT_QUEUE_PASSWORD: "right-one" })).resolves.toBeDefined();
  });

  test.each([
    ["", "none"],
    [":wrong-one@", "one that it refuses"],
    ["ada:wrong-one@", "one that it refuses"],
  ])("with the login %j is refused by name, without telling it", async (login, got) => {
    const error = await failure(connect(at(login)));
    expect(error).toMatchObject({
      kind: "queue",
      message: `the queue ${redis.url} asks for a password: expected the right one, got ${got}`,
    });
    expect(`${error.message}${error.hint}`).not.toContain("wrong-one");
  });

  test("tells within seconds that nothing is there", async () => {
    const port = await freePort();
    const error = await failure(connect(`redis://127.0.0.1:${port}`));
    expect(error.message).toBe(
      `cannot reach the queue redis://127.0.0.1:${port}: expected Redis or Valkey there (connect ECONNREFUSED 127.0.0.1:${port})`,
    );
    expect((await failure(connect("redis://nowhere.invalid"))).message).toMatch(
      /^cannot reach the queue redis:\/\/nowhere.invalid:6379/,
    );
  });

  test.each([
    ["another protocol", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["silence", ""],
  ])("tells a server that answers with %s", async (_, answer) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      if (answer !== "") socket.end(answer);
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const error = await failure(connect(`redis://127.0.0.1:${port}`));
    expect(error).toMatchObject({ kind: "queue" });
    expect(error.message).toContain(`redis://127.0.0.1:${port} does not answer as Redis does`);
  });

  test("tells a server without TLS that was taken for one with it", async () => {
    const error = await failure(connect(redis.url.replace("redis:", "rediss:")));
    expect(error).toMatchObject({ kind: "queue" });
    expect(error.hint).toContain("rediss:// for those with it");
  });

  test("tells a server with TLS that was taken for one without", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.resetAndDestroy());
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const error = await failure(connect(`redis://127.0.0.1:${port}`));
    expect(error.message).toContain(`redis://127.0.0.1:${port} does not answer as Redis does`);
    expect(error.hint).toContain("rediss:// for those with it");
  });

  test("warns of a server that keeps nothing, or drops keys", async () => {
    const careless = await startRedis("--appendonly", "no", "--maxmemory-policy", "allkeys-lru");
    onTestFinished(() => careless.close());
    expect((await connect(careless.url)).warnings).toEqual([
      `the queue ${careless.url} keeps no append-only file: a restart of it loses results that are not collected yet`,
      `the queue ${careless.url} drops keys when its memory is full (allkeys-lru): expected the policy noeviction`,
    ]);
  });
});

function caught(action: () => unknown): KvtError {
  try {
    action();
  } catch (error) {
    if (error instanceof KvtError) return error;
  }
  throw new Error("no KvtError was thrown");
}

async function failure(work: Promise<unknown>): Promise<KvtError> {
  return work.then(
    () => {
      throw new Error("it succeeded");
    },
    (error: unknown) => {
      if (error instanceof KvtError) return error;
      throw error;
    },
  );
}
