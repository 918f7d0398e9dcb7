import { describe, expect, it } from 'vitest';
import { WorkCounter } from '../bench/adapter.ts';

/** What a device does as far as it is counted: nothing, but that it remembers what is written. */
function fakeClasses() {
  class GPUBuffer {
    readonly size: number;
    constructor(size: number) {
      this.size = size;
    }
    async mapAsync(_mode: number, _offset?: number, _size?: number): Promise<void> {}
  }
  class GPUComputePassEncoder {
    setBindGroup(_index: number, _group: object, _offsets?: number[]): void {}
    dispatchWorkgroups(_x: number): void {}
    dispatchWorkgroupsIndirect(_buffer: object, _offset: number): void {}
  }
  class GPUCommandEncoder {
    copyBufferToBuffer(..._: unknown[]): void {}
  }
  class GPUQueue {
    readonly written: unknown[] = [];
    submit(_commands: object[]): void {}
    writeBuffer(_buffer: object, _offset: number, data: ArrayBuffer | ArrayBufferView, _from?: number, _count?: number): void { this.written.push(data); } // prettier-ignore
  }
  class GPUDevice {
    createBuffer({ size }: { size: number; mappedAtCreation?: boolean }): GPUBuffer {
      return new GPUBuffer(size);
    }
    createBindGroup(_: { entries: { binding: number; resource: object }[] }): object {
      return {};
    }
  }
  return { GPUBuffer, GPUComputePassEncoder, GPUCommandEncoder, GPUQueue, GPUDevice };
}

const nothing = { dispatches: 0, submissions: 0, bound: 0, uploaded: 0, read: 0, copied: 0 };

describe('what a run asks of WebGPU', () => {
  const classes = fakeClasses();
  const counter = new WorkCounter(classes);
  const device = new classes.GPUDevice();
  const buffer = device.createBuffer({ size: 1000 });
  const entries = (...resources: object[]) => ({ entries: resources.map((resource, binding) => ({ binding, resource })) }); // prettier-ignore

  it('is what its dispatches see, of groups made before, each as often as it is bound', async () => {
    const first = device.createBindGroup(entries(buffer, { buffer, offset: 256 }, { buffer, offset: 256, size: 40 }));
    const second = device.createBindGroup(entries({ buffer, size: 8 }));
    const work = await counter.count(async () => {
      const pass = new classes.GPUComputePassEncoder();
      pass.setBindGroup(0, first);
      pass.dispatchWorkgroups(7);
      pass.setBindGroup(1, second, [0]);
      pass.dispatchWorkgroupsIndirect(buffer, 0);
      const other = new classes.GPUComputePassEncoder();
      other.setBindGroup(0, second);
      other.dispatchWorkgroups(1);
    });
    expect(work).toEqual({ ...nothing, dispatches: 3, bound: 1784 + (1784 + 8) + 8 });
  });

  it('is what goes to the device, comes back and is copied', async () => {
    const [queue, encoder] = [new classes.GPUQueue(), new classes.GPUCommandEncoder()];
    const work = await counter.count(async () => {
      queue.writeBuffer(buffer, 0, new Float32Array(10));
      queue.writeBuffer(buffer, 0, new Float32Array(10), 4);
      queue.writeBuffer(buffer, 0, new Float32Array(10), 4, 2);
      queue.writeBuffer(buffer, 0, new ArrayBuffer(16), 4);
      device.createBuffer({ size: 64, mappedAtCreation: true });
      device.createBuffer({ size: 64 });
      encoder.copyBufferToBuffer(buffer, 0, buffer, 500, 100);
      encoder.copyBufferToBuffer(buffer, buffer, 20);
      encoder.copyBufferToBuffer(buffer, buffer);
      queue.submit([]);
      await buffer.mapAsync(1, 0, 48);
      await buffer.mapAsync(1, 900);
      await buffer.mapAsync(2);
    });
    const uploaded = 40 + 24 + 8 + 12 + 64;
    expect(work).toEqual({ ...nothing, submissions: 1, uploaded, read: 148, copied: 1120 });
    expect(queue.written).toHaveLength(4);
  });

  it('is counted while it runs and no longer, and methods are what they were, also where it fails', async () => {
    const before = Object.getOwnPropertyDescriptor(classes.GPUQueue.prototype, 'writeBuffer');
    await expect(counter.count(() => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
    expect(before?.value).toBeTypeOf('function');
    expect(Object.getOwnPropertyDescriptor(classes.GPUQueue.prototype, 'writeBuffer')?.value).toBe(before?.value);
    new classes.GPUComputePassEncoder().dispatchWorkgroups(1);
    expect(await counter.count(async () => {})).toEqual(nothing);
  });

  it('cannot be counted where something that is counted is missing', () => {
    expect(() => new WorkCounter({})).toThrow('There is no GPUDevice.createBindGroup to count.');
  });
});
