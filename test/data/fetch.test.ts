import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../src/data/checksum.ts";
import type { DataSet } from "../../src/data/data-set.ts";
import { fetchDataSet } from "../../src/data/fetch.ts";
import type { FetchOptions, FetchProgress } from "../../src/data/fetch-file.ts";
import { temporaryFolder } from "./folder.ts";
import { sendRange, serve, serveAndBreak } from "./server.ts";

const content = Uint8Array.from({ length: 200_000 }, (_, k) => (k * k) % 253);
const other = content.map((byte) => byte ^ 1);

function dataSet(...mirrors: string[]): DataSet {
  const checksum = { kind: "sha256", value: sha256(content) } as const;
  const file = { name: "numbers.bin", bytes: content.length, checksum };
  return { name: "numbers", summary: "", licence: "", mirrors, files: [file] };
}

interface Places {
  readonly folder: string;
  readonly file: string;
  readonly part: string;
}

/** A folder with what an earlier download left. */
function places(part?: Uint8Array): Places {
  const folder = temporaryFolder();
  const file = path.join(folder, "numbers", "numbers.bin");
  mkdirSync(path.dirname(file));
  if (part !== undefined) writeFileSync(`${file}.part`, part);
  return { folder, file, part: `${file}.part` };
}

function expectWhole({ file, part }: Places): void {
  expect(sha256(readFileSync(file))).toBe(sha256(content));
  expect(existsSync(part)).toBe(false);
}

describe("a data set is downloaded", () => {
  test("once, with its progress, and not again when it is there and whole", async () => {
    const server = await serve((request, response) => sendRange(content, request, response));
    const place = places();
    const seen: FetchProgress[] = [];
    const options = { onProgress: (progress: FetchProgress) => seen.push(progress) };
    expect(await fetchDataSet(dataSet(server.address), place.folder, options)).toEqual([
      { set: "numbers", file: "numbers.bin", path: place.file, downloaded: true },
    ]);
    expectWhole(place);
    expect(seen.at(-1)).toEqual({ set: "numbers", file: "numbers.bin", received: 200_000, total: 200_000 });
    const again = await fetchDataSet(dataSet(server.address), place.folder);
    expect(again[0]?.downloaded).toBe(false);
    expect(server.requests).toEqual([{ path: "/numbers.bin", range: undefined }]);
  });

  test("again when the file that is there is broken", async () => {
    const server = await serve((request, response) => sendRange(content, request, response));
    const place = places();
    writeFileSync(place.file, content.subarray(0, 1000));
    await fetchDataSet(dataSet(server.address), place.folder);
    expectWhole(place);
  });

  test("on from where an earlier download ended", async () => {
    const server = await serve((request, response) => sendRange(content, request, response));
    const place = places(content.subarray(0, 150_000));
    await fetchDataSet(dataSet(server.address), place.folder);
    expectWhole(place);
    expect(server.requests.map(({ range }) => range)).toEqual(["bytes=150000-"]);
  });

  test("on from where the connection broke, in the same call", async () => {
    const server = await serveAndBreak(content, 80_000, (request, response) => sendRange(content, request, response));
    const place = places();
    await fetchDataSet(dataSet(server.address), place.folder, server);
    expectWhole(place);
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, "bytes=80000-"]);
  });

  test("anew from a server that ignores the range", async () => {
    const server = await serve((_request, response) => response.writeHead(200).end(content));
    const place = places(content.subarray(0, 150_000));
    await fetchDataSet(dataSet(server.address), place.folder);
    expectWhole(place);
  });

  test("anew from a server that refuses the range, or answers another", async () => {
    for (const status of [416, 206]) {
      const server = await serve((request, response) => {
        if (request.range === undefined) sendRange(content, request, response);
        else response.writeHead(status, { "content-range": "bytes 0-199999/200000" }).end();
      });
      const place = places(content.subarray(0, 150_000));
      await fetchDataSet(dataSet(server.address), place.folder);
      expectWhole(place);
      expect(server.requests.length).toBe(2);
    }
  });

  test("anew when what an earlier download left was of another file", async () => {
    const server = await serve((request, response) => sendRange(content, request, response));
    for (const left of [other.subarray(0, 150_000), other, Uint8Array.from([...content, 1])]) {
      const place = places(left);
      await fetchDataSet(dataSet(server.address), place.folder);
      expectWhole(place);
    }
  });

  test("from the next mirror when one fails, going on with what the first gave", async () => {
    const broken = await serveAndBreak(content, 80_000, (_request, response) => response.writeHead(503).end());
    const server = await serve((request, response) => sendRange(content, request, response));
    const place = places();
    await fetchDataSet(dataSet("http://127.0.0.1:1/", broken.address, server.address), place.folder, broken);
    expectWhole(place);
    expect(server.requests.map(({ range }) => range)).toEqual(["bytes=80000-"]);
  });
});

describe("a download that fails is an error that names file and address:", () => {
  interface Failure {
    readonly kind: string;
    readonly message: string;
    readonly hint?: string;
  }
  async function failure(set: DataSet, place: Places, options: FetchOptions = {}): Promise<Failure> {
    return fetchDataSet(set, place.folder, options).then(
      () => ({ kind: "none", message: "" }),
      (error: Failure) => error,
    );
  }

  test("the checksum is another, and nothing of it stays", async () => {
    const server = await serve((request, response) => sendRange(other, request, response));
    const place = places();
    const error = await failure(dataSet(server.address), place);
    expect(error.kind).toBe("data");
    expect(error.message).toBe(
      `cannot download numbers/numbers.bin: ${server.address}numbers.bin: ` +
        `expected SHA-256 ${sha256(content)}, got ${sha256(other)}`,
    );
    expect([existsSync(place.file), existsSync(place.part)]).toEqual([false, false]);
  });

  test("the server has a file of another size, before a byte of it is taken", async () => {
    const server = await serve((request, response) => sendRange(content.subarray(0, 180_000), request, response));
    for (const left of [undefined, content.subarray(0, 150_000)]) {
      const place = places(left);
      const { message } = await failure(dataSet(server.address), place);
      expect(message).toContain(`${server.address}numbers.bin: expected a file of 200000 bytes, got one of 180000`);
      expect(existsSync(place.part) ? readFileSync(place.part).length : undefined).toBe(left?.length);
    }
  });

  test("the server sends more or less than it should, without saying how much", async () => {
    const longer = await serve((_request, response) => {
      response.write(content);
      response.end("more");
    });
    const place = places();
    expect((await failure(dataSet(longer.address), place)).message).toContain(
      "expected a file of 200000 bytes, got a longer",
    );
    expect(existsSync(place.part)).toBe(false);
    const shorter = await serve((_request, response) => {
      response.write(content.subarray(0, 1000));
      response.end();
    });
    expect((await failure(dataSet(shorter.address), places())).message).toContain(
      "the connection ended after 1000 of 200000 bytes",
    );
  });

  test("every mirror is listed, and what has arrived is kept", async () => {
    const broken = await serveAndBreak(content, 80_000, (_request, response) => response.writeHead(404).end());
    const place = places();
    const error = await failure(dataSet(broken.address, "http://127.0.0.1:1/"), place, broken);
    expect(error.message).toContain(`${broken.address}numbers.bin: expected the file, got HTTP status 404 Not Found; `);
    expect(error.message).toMatch(/http:\/\/127\.0\.0\.1:1\/numbers\.bin: fetch failed \(.*\)$/);
    expect(error.hint).toContain("what has arrived is kept");
    expect(readFileSync(place.part).length).toBe(80_000);
  });

  test("the server says nothing", async () => {
    const silent = await serve(() => {});
    const { message } = await failure(dataSet(silent.address), places(), { idleSeconds: 0.1 });
    expect(message).toContain(`${silent.address}numbers.bin: no answer for 0.1 seconds`);
  });

  test("the folder cannot be made", async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, "numbers"), "a file where a folder should be");
    const error = await failure(dataSet("http://127.0.0.1:1/"), { folder, file: "", part: "" });
    expect(error.kind).toBe("disk");
    expect(error.message).toContain(`cannot write ${path.join(folder, "numbers")}`);
    expect(error.hint).toMatch(/^Name another folder \(.*--data or KVT_CACHE/);
  });

  test.skipIf(process.platform !== "linux")("the disk is full", async () => {
    const server = await serve((request, response) => sendRange(content, request, response));
    const place = places();
    symlinkSync("/dev/full", place.part);
    const error = await failure(dataSet(server.address), place);
    expect(error.kind).toBe("disk");
    expect(error.message).toBe(`cannot write ${place.part}: the disk is full (ENOSPC)`);
  });

  test("Ctrl-C ends it at once and keeps what has arrived", async () => {
    const place = places();
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 80_000));
    });
    const control = new AbortController();
    const onProgress = ({ received }: FetchProgress): void => {
      if (received === 80_000) control.abort(new Error("interrupted"));
    };
    const mirrors = dataSet(server.address, server.address);
    const fetching = fetchDataSet(mirrors, place.folder, { onProgress, signal: control.signal });
    await expect(fetching).rejects.toThrow("interrupted");
    expect(readFileSync(place.part).length).toBe(80_000);
    expect(server.requests.length).toBe(1);
  });
});
