/**
 * Kernels of the steps of sixty parameters with the schedules of graphics processors, whichever adapter there is, and no more bindings than every implementation offers.
 *
 * @module-tag alone: it mocks modules.
 */
import { describe, vi } from 'vitest';
import type { AcquireOptions } from '../../tensor/src/webgpu/device.ts';
import { gpuProfile } from '../../tensor/src/webgpu/profile.ts';
import { testDispatches } from './support/dispatches.ts';

vi.mock(import('../../tensor/src/webgpu/device.ts'), async (original) => {
  const module = await original();
  return {
    ...module,
    acquireDevice: async (options: AcquireOptions) => {
      const acquired = await module.acquireDevice({ ...options, defaultLimits: true });
      // Unrolled loops take software adapters long, and change no dispatch.
      return 'unavailable' in acquired ? acquired : { ...acquired, profile: { ...gpuProfile, unroll: false } };
    },
  };
});

describe.runIf(process.env['HEBB_TEST_WEBGPU'] === '1')('with the schedules of graphics processors', () => {
  testDispatches([['webgpu', { clipping: 3 }]]);
});
