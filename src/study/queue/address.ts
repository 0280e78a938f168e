import { KvtError } from "../../errors.ts";

/** Where a queue is, and how it is shown: without user name and password. */
export interface QueueAddress {
  readonly shown: string;
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** TLS, with a certificate that Node trusts (NODE_EXTRA_CA_CERTS adds to these) */
  readonly encrypted: boolean;
}

const FORM = "redis://[user:password@]host[:port][/database], or rediss://… for TLS";

/**
 * Reads the address of a queue: `given`, or KVT_QUEUE. A password may stand in it or in KVT_QUEUE_PASSWORD, which other
 * users of the machine cannot read off the list of processes. `mayBeBare`: the command takes --queue without an address
 * too. Throws a `usage` error that shows neither user nor password.
 */
export function queueAddress(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
  mayBeBare = false,
): QueueAddress {
  const text = given ?? env["KVT_QUEUE"] ?? "";
  if (text === "") {
    throw new KvtError("usage", "--queue: expected an address, got none", {
      hint: `Say --queue URL or set KVT_QUEUE, to ${FORM}.`,
    });
  }
  const url = URL.parse(text);
  const database = /^\/?(\d{0,4})$/.exec(url?.pathname ?? "")?.[1];
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === "" || database === undefined) {
    const source = given === undefined ? "KVT_QUEUE" : "--queue";
    const isWord = given !== undefined && !given.includes("://");
    const where = mayBeBare ? "write --queue at the end" : "leave --queue away";
    throw new KvtError("usage", `${source}: expected ${FORM}, got "${withoutSecrets(text)}"`, {
      ...(isWord ? { hint: `The word after --queue is taken for its address. Where KVT_QUEUE has it, ${where}.` } : {}),
    });
  }
  const port = url.port === "" ? 6379 : Number(url.port);
  const path = database === "" ? "" : `/${database}`;
  return {
    shown: `${url.protocol}//${url.hostname}:${port}${path}`,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
    database: Number(database),
    username: part(url.username),
    password: part(url.password) ?? part(env["KVT_QUEUE_PASSWORD"] ?? "", false),
    encrypted: url.protocol === "rediss:",
  };
}

/** A text, such as a command line, without what addresses in it say of user and password. */
export const withoutSecrets = (text: string): string =>
  text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s'"]*@/gi, "$1").replace(/^[^/\s]*:[^/\s]*@/, "");

function part(text: string, encoded = true): string | undefined {
  if (text === "") return undefined;
  try {
    return encoded ? decodeURIComponent(text) : text;
  } catch {
    // A per cent sign that stands for itself.
    return text;
  }
}
