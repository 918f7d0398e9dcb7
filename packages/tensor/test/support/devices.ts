/** The devices that the tests run on: all that need nothing installed, and WebGPU where the environment asks for it; WebAssembly alone where what is varied is its own. */
import { tensor, type DeviceName } from '../../src/index.ts';

export const devices: readonly DeviceName[] =
  process.env['HEBB_TEST_WASM_ALONE'] === '1'
    ? ['wasm']
    : ['reference', 'wasm', ...(process.env['HEBB_TEST_WEBGPU'] === '1' ? (['webgpu'] as const) : [])];

/** Whether the current device rounds a product and a sum together, as drivers of graphics processors may. Then a result depends on what is fused, in its last digits. */
export async function contracts(): Promise<boolean> {
  const [x, y] = [tensor([1 + 2 ** -12]), tensor([1 + 2 ** -11])];
  return (await x.mul(x).sub(y).sum().item()) !== 0;
}

/** Whether the current device takes denormal numbers for 0, as WebGPU permits. */
export async function flushesDenormals(): Promise<boolean> {
  return (
    (await tensor([2 ** -130])
      .mul(2)
      .sum()
      .item()) === 0
  );
}
