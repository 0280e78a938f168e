import { openSession, type Backend, type Tensor } from "../../../src/index.ts";
import { recordConsole } from "./console.ts";

/** Where ONNX Runtime put the nodes of a session. */
export interface Placements {
  /** number of nodes on WebGPU */
  readonly onGpu: number;
  /** nodes elsewhere, as `Cast (Cast.4) on CPUExecutionProvider`, and copies between the two memories */
  readonly fallen: readonly string[];
}

/** Makes a graph ready to run, and says where its nodes are. */
export async function placementsOf(backend: Backend, outputs: Readonly<Record<string, Tensor>>): Promise<Placements> {
  const log = await recordConsole(async () => {
    const session = await openSession(backend, outputs, { options: { logSeverityLevel: 0 } });
    await session.release();
  });
  return parsePlacements(log);
}

const PROVIDER = /(All nodes|Node\(s\)) placed on \[(\w+)\]\. Number of nodes: (\d+)/;
const NODE = /VerifyEachNodeIsAssignedToAnEp\]\s+(\w+) \((.*)\)/;
const COPY = /AddCopyNode\] Add (Memcpy\w+ \w+ \S+)/;

/**
 * Reads the placement of nodes out of the verbose log of a session's creation. When all nodes have one provider the
 * log gives their number alone; else it lists them. Throws where the log does not tell.
 */
function parsePlacements(log: readonly string[]): Placements {
  let provider: string | undefined;
  let told = false;
  let onGpu = 0;
  const fallen: string[] = [];
  for (const line of log) {
    told ||= line.includes("VerifyEachNodeIsAssignedToAnEp]");
    const [, whole, name, count] = PROVIDER.exec(line) ?? [];
    if (name !== undefined) {
      provider = name;
      if (provider === "WebGpuExecutionProvider") onGpu = Number(count);
      else if (whole === "All nodes") fallen.push(`all ${count} nodes on ${provider}`);
    }
    const [, type, node] = NODE.exec(line) ?? [];
    if (type !== undefined && provider !== undefined && provider !== "WebGpuExecutionProvider") {
      fallen.push(`${type} (${node}) on ${provider}`);
    }
    const [, copy] = COPY.exec(line) ?? [];
    if (copy !== undefined) fallen.push(copy);
  }
  if (!told) throw new Error(`expected a log that tells where nodes are, got:\n${log.join("\n")}`);
  return { onGpu, fallen };
}
