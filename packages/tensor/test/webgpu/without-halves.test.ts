/**
 * Everything that is said of float16 and uint8, on a WebGPU device whose shaders have no float16: elements of 4 bytes there.
 *
 * @module-tag alone: it mocks modules.
 */
import { expect, it, vi } from 'vitest';
import type { AcquireOptions } from '../../src/webgpu/device.ts';
import { describeWebgpu, openBackend } from './support.ts';

vi.mock(import('../../src/webgpu/device.ts'), async (original) => {
  const module = await original();
  const acquireDevice = async (options: AcquireOptions): ReturnType<typeof module.acquireDevice> => {
    const acquired = await module.acquireDevice(options);
    return 'unavailable' in acquired ? acquired : { ...acquired, halves: false };
  };
  return { ...module, acquireDevice };
});
vi.mock(import('../support/devices.ts'), async (original) => {
  const module = await original();
  return { ...module, devices: module.devices.filter((name) => name === 'webgpu') };
});

describeWebgpu('without float16 in shaders', () => {
  it('an element has 4 bytes', async () => {
    const backend = await openBackend();
    expect(backend.elementBytes).toMatchObject({ float16: 4, uint8: 4 });
    backend.destroy();
  });
});

await import('../narrow.test.ts');
