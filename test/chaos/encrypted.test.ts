import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { queueAddress } from "../../src/study/queue/address.ts";
import { openConnection } from "../../src/study/queue/connection.ts";
import { builtKvt, ended } from "../support/built.ts";
import { freePort, type RedisServer, startRedis, withoutRedis } from "../support/redis.ts";
import { cellsOf, quickStudy } from "./quick-study.ts";

const withoutOpenssl = spawnSync("openssl", ["version"]).status === 0 ? null : "openssl is not installed";
const reason = withoutRedis ?? withoutOpenssl;
const skipped = reason === null ? "" : ` [skipped: ${reason}]`;

describe.skipIf(reason !== null)(`a queue with TLS${skipped}`, () => {
  const kvt = builtKvt();
  const folder = mkdtempSync(path.join(os.tmpdir(), "kvt-tls-"));
  const file = (name: string): string => path.join(folder, name);
  let server: RedisServer | undefined;
  let port = 0;
  const url = (host: string): string => `rediss://${host}:${port}`;

  beforeAll(async () => {
    for (const [name, subject] of [
      ["queue", "DNS:localhost,IP:127.0.0.1"],
      ["other", "DNS:queue.example"],
    ] as const) {
      const made = spawnSync(
        "openssl",
        [
          ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
          ...["-keyout", file(`${name}.key`), "-out", file(`${name}.crt`)],
          ...["-subj", `/CN=${name}`, "-addext", `subjectAltName=${subject}`],
        ],
        { encoding: "utf8" },
      );
      if (made.status !== 0) throw new Error(`openssl makes no certificate: ${made.stderr}`);
    }
    port = await freePort();
    server = await startRedis(...encrypted("queue", port));
  });
  afterAll(async () => {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What docs/scaling-out.md writes into redis.conf, as options. */
  const encrypted = (name: string, at: number): string[] => [
    ...["--tls-port", String(at), "--tls-auth-clients", "no"],
    ...["--tls-cert-file", file(`${name}.crt`), "--tls-key-file", file(`${name}.key`)],
  ];

  test("brings a study's cells to a worker and back, where NODE_EXTRA_CA_CERTS names its authority", async () => {
    vi.stubEnv("NODE_EXTRA_CA_CERTS", file("queue.crt"));
    try {
      const study = { ...quickStudy([1]), tasks: ["copy"], attention: ["kv"] };
      writeFileSync(path.join(kvt.work, "one.json"), JSON.stringify(study));
      const worker = kvt.start("worker", "--queue", url("127.0.0.1"), "--out", "worker", "--lease", "5");
      const left = ended(worker);
      const { code, err } = await kvt.run("study", "run", "one.json", "--out", "store", "--queue", url("localhost"));
      worker.kill("SIGINT");
      expect(code, err).toBe(0);
      const said = await left;
      expect(said.code, said.err).toBe(130);
      expect(said.err).toContain(`waiting for cells from ${url("127.0.0.1")}`);
      const store = path.join(kvt.work, "store");
      const [cell = "none"] = cellsOf(store, "one");
      expect(existsSync(path.join(store, "cells", cell, "result.json"))).toBe(true);
      expect(existsSync(path.join(kvt.work, "worker", "worker-1", cell, "result.json"))).toBe(true);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("is refused by name where its certificate is not trusted", async () => {
    const { code, err } = await kvt.run("worker", "--queue", url("localhost"), "--out", "refused");
    expect(code).toBe(1);
    expect(err).toMatch(
      new RegExp(`^error: the certificate of ${url("localhost")} is not trusted: self-signed certificate`),
    );
    expect(err).toContain("hint: NODE_EXTRA_CA_CERTS=FILE names the certificate of an authority of your own.");
  });

  test("is refused by name where its certificate is of another server", async () => {
    const at = await freePort();
    const other = await startRedis(...encrypted("other", at));
    vi.stubEnv("NODE_EXTRA_CA_CERTS", file("other.crt"));
    try {
      const { code, err } = await kvt.run("worker", "--queue", `rediss://127.0.0.1:${at}`, "--out", "refused");
      expect(code).toBe(1);
      expect(err).toMatch(
        new RegExp(`^error: the certificate of rediss://127.0.0.1:${at} is not trusted: .*127.0.0.1`),
      );
    } finally {
      vi.unstubAllEnvs();
      await other.close();
    }
  });

  test("is told where redis:// was meant for it", async () => {
    await expect(openConnection(queueAddress(`redis://127.0.0.1:${port}`), () => undefined)).rejects.toMatchObject({
      kind: "queue",
      message: expect.stringContaining(`redis://127.0.0.1:${port} does not answer as Redis does`) as string,
    });
  });
});
