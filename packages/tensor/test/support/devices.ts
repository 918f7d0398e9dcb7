/** The devices that the tests run on: all that need nothing installed, and WebGPU where the environment asks for it. */
import type { DeviceName } from '../../src/index.ts';

export const devices: readonly DeviceName[] = [
  'reference',
  'wasm',
  ...(process.env['HEBB_TEST_WEBGPU'] === '1' ? (['webgpu'] as const) : []),
];
