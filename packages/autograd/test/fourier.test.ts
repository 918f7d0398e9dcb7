/** Fourier transforms beside PyTorch, and what holds of them for any signal. */
import { fft, ifft, irfft, randn, rfft, setDevice, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { gradientErrors, input } from './support/finite-differences.ts';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('fourier');

it('has gradients of first and second order that agree with finite differences', () => {
  for (const n of [6, 37]) {
    const f = (x: Tensor): Tensor => irfft(rfft(x).square(), { n });
    const { first, second } = gradientErrors(f, [input([n])]);
    expect(first).toBeLessThan(1e-6);
    expect(second).toBeLessThan(1e-5);
  }
});

describe.each(devices)('fft on %s', (device) => {
  beforeAll(() => setDevice(device));

  // Powers of two, many small factors, a large prime, and a large prime times a small one.
  it.each([1024, 720, 997, 2 * 499])('is undone by ifft, and keeps the energy: %i', async (n) => {
    const x = randn([2, n, 2]);
    const spectrum = fft(x, { norm: 'ortho' });
    const error = ifft(spectrum, { norm: 'ortho' }).sub(x).abs().max();
    expect(await error.item()).toBeLessThan(1e-5);
    const ratio = spectrum.square().sum().div(x.square().sum());
    expect(Math.abs((await ratio.item()) - 1)).toBeLessThan(1e-5);
  });
});
