import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseDevice } from "../../src/runtime/backend.ts";
import { openNode } from "../../src/runtime/node.ts";
import { openWeb } from "../../src/runtime/web.ts";

describe("a device as the user names it", () => {
  it.each(["cpu", "webgpu", "cuda", "auto"])("knows %s", (word) => expect(parseDevice(word)).toBe(word));

  it("refuses another word with the nearest one", () => {
    expect(() => parseDevice("wegpu")).toThrow(
      expect.objectContaining({
        kind: "usage",
        message: 'unknown device "wegpu": expected one of cpu, webgpu, cuda, auto',
        hint: 'Did you mean "webgpu"?',
      }),
    );
  });
});

describe("in Node", () => {
  it("takes the CPU for auto, and says why", async () => {
    const { device, reason } = await openNode("auto", 1);
    expect(device).toBe("cpu");
    expect(reason).toBe("auto: no CUDA here, and WebGPU in Node is used only when asked for");
  });

  it("gives no reason where the device is the one asked for", async () => {
    expect(await openNode("cpu", 1)).toMatchObject({ device: "cpu", results: "caller" });
    expect(await openNode("cpu", 1)).not.toHaveProperty("reason");
  });

  it("refuses CUDA where ONNX Runtime was installed without it", async () => {
    await expect(openNode("cuda", 1)).rejects.toMatchObject({
      kind: "device",
      message: 'device "cuda" is not available: this onnxruntime-node is installed without CUDA',
      hint: "Use --device cpu, which is always there.",
    });
  });

  // Elsewhere the GPU is found without Vulkan, whose drivers can be hidden.
  describe.runIf(process.platform === "linux")("without a Vulkan driver", () => {
    const variables = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];
    const before = variables.map((name) => process.env[name]);
    beforeEach(() => variables.forEach((name) => (process.env[name] = "/nowhere.json")));
    afterEach(() =>
      variables.forEach((name, i) => {
        if (before[i] === undefined) delete process.env[name];
        else process.env[name] = before[i];
      }),
    );

    it("refuses WebGPU, and does not fall back", async () => {
      await expect(openNode("webgpu", 1)).rejects.toMatchObject({
        kind: "device",
        message: 'device "webgpu" is not available: Failed to get a WebGPU adapter: No supported adapters',
        hint: "Use --device cpu, which is always there.",
      });
    });
  });
});

/** The runtime for browsers, in Node: neither WebGPU nor an isolated page. */
describe("in a browser", () => {
  it("has no CUDA", async () => {
    await expect(openWeb("cuda", 1)).rejects.toMatchObject({
      kind: "device",
      message: 'device "cuda" is not available in a browser',
      hint: "Use webgpu or cpu.",
    });
  });

  it("refuses WebGPU where the browser has none", async () => {
    await expect(openWeb("webgpu", 1)).rejects.toMatchObject({
      kind: "device",
      message: 'device "webgpu" is not available: this browser has no WebGPU',
      hint: "Use cpu.",
    });
  });

  it("refuses threads on a page that is not isolated", async () => {
    await expect(openWeb("cpu", 2)).rejects.toMatchObject({
      kind: "device",
      message: "expected a cross-origin-isolated page for 2 threads, got one that is not",
      hint: "Serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or use 1 thread.",
    });
  });

  it("takes WebAssembly for auto where the browser has no WebGPU, and says so", async () => {
    expect(await openWeb("auto", 1)).toMatchObject({ device: "cpu", reason: "auto: this browser has no WebGPU" });
  });
});
