/**
 * Kernels of the steps of sixty parameters, on WebGPU with the adapter's own schedules and no more bindings than every implementation offers.
 *
 * @module-tag alone: it mocks modules.
 */
import { vi } from 'vitest';
import type { AcquireOptions } from '../../tensor/src/webgpu/device.ts';
import { testDispatches } from './support/dispatches.ts';

vi.mock(import('../../tensor/src/webgpu/device.ts'), async (original) => {
  const module = await original();
  return {
    ...module,
    acquireDevice: (options: AcquireOptions) => module.acquireDevice({ ...options, defaultLimits: true }),
  };
});

testDispatches([
  ['wasm', { clipping: 2 }],
  ...(process.env['HEBB_TEST_WEBGPU'] === '1' ? [['webgpu', { clipping: 3 }] as const] : []),
]);
