import http from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Request {
  readonly path: string;
  readonly range: string | undefined;
}

export interface Server {
  /** ends with a slash */
  readonly address: string;
  readonly requests: readonly Request[];
}

/** A server on this machine that lives as long as the test. */
export async function serve(answer: (request: Request, response: http.ServerResponse) => void): Promise<Server> {
  const requests: Request[] = [];
  const server = http.createServer((incoming, response) => {
    const request = { path: incoming.url ?? "", range: incoming.headers.range };
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests };
}

/** Answers as a server that knows ranges. */
export function sendRange(content: Uint8Array, { range }: Request, response: http.ServerResponse): void {
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  if (range === undefined) {
    response.writeHead(200, { "content-length": content.length }).end(content);
  } else if (start >= content.length) {
    response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
  } else {
    const headers = {
      "content-length": content.length - start,
      "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
    };
    response.writeHead(206, headers).end(content.subarray(start));
  }
}

/**
 * Promises everything, sends the bytes up to `end` and breaks the connection once `onProgress` hears that they have
 * arrived. Requests of a range go to `resumed`.
 */
export async function serveAndBreak(
  content: Uint8Array,
  end: number,
  resumed: (request: Request, response: http.ServerResponse) => void,
): Promise<Server & { onProgress: (progress: { received: number }) => void }> {
  let held: http.ServerResponse | undefined;
  const server = await serve((request, response) => {
    if (request.range !== undefined) return resumed(request, response);
    response.writeHead(200, { "content-length": content.length });
    response.write(content.subarray(0, end));
    held = response;
  });
  const onProgress = ({ received }: { received: number }): void => {
    if (received === end) held?.destroy();
  };
  return { ...server, onProgress };
}
