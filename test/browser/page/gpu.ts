/*
 * Counts GPU buffers and the traffic between host and GPU. The functions of WebGPU are replaced here when the worker
 * starts, before a device is made.
 */

/** The part of WebGPU that is counted; TypeScript's DOM library has none of it. */
interface Gpu {
  readonly GPUDevice?: { readonly prototype: { createBuffer(descriptor: BufferDescriptor): Buffer } };
  readonly GPUBuffer?: { readonly prototype: Buffer };
}
interface BufferDescriptor {
  readonly size: number;
  readonly mappedAtCreation?: boolean;
}
interface Buffer {
  readonly size: number;
  mapAsync(mode: number, offset?: number, size?: number): Promise<void>;
  destroy(): void;
}

export interface GpuCount {
  /** buffers made and not destroyed, and their bytes */
  readonly buffers: number;
  readonly bytes: number;
  /** bytes of buffers that the host has filled, and bytes that it has read back */
  readonly uploaded: number;
  readonly downloaded: number;
}

const MAP_READ = 1;
const live = new Set<Buffer>();
let [bytes, uploaded, downloaded] = [0, 0, 0];

const { GPUDevice, GPUBuffer } = globalThis as unknown as Gpu;
if (GPUDevice !== undefined && GPUBuffer !== undefined) {
  const { createBuffer } = GPUDevice.prototype;
  const { destroy, mapAsync } = GPUBuffer.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    live.add(buffer);
    bytes += descriptor.size;
    if (descriptor.mappedAtCreation === true) uploaded += descriptor.size;
    return buffer;
  };
  GPUBuffer.prototype.destroy = function () {
    if (live.delete(this)) bytes -= this.size;
    destroy.call(this);
  };
  GPUBuffer.prototype.mapAsync = function (this: Buffer, mode, offset = 0, size = this.size - offset) {
    if (mode === MAP_READ) downloaded += size;
    return mapAsync.call(this, mode, offset, size);
  };
}

export const countGpu = (): GpuCount => ({ buffers: live.size, bytes, uploaded, downloaded });
