/** Fourier transforms beside PyTorch, and what holds of them for any signal. */
import { fft, hannWindow, ifft, irfft, istft, randn, rfft, setDevice, stft, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { gradientErrors, input } from './support/finite-differences.ts';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('fourier');
testAgainstPyTorch('signals');

it('has gradients of first and second order that agree with finite differences', () => {
  for (const n of [6, 37]) {
    const f = (x: Tensor): Tensor => irfft(rfft(x).square(), { n });
    const { first, second } = gradientErrors(f, [input([n])]);
    expect(first).toBeLessThan(1e-6);
    expect(second).toBeLessThan(1e-5);
  }
});

it('gives gradients of the parts of a signal, and of a signal of parts, that agree with finite differences', () => {
  const options = { hopLength: 2, normalized: true };
  const f = (x: Tensor, w: Tensor): Tensor =>
    istft(stft(x, 6, { ...options, window: w }).square(), 6, { ...options, window: w.square().add(1) });
  const { first, second } = gradientErrors(f, [input([13]), input([6])]);
  expect(first).toBeLessThan(1e-6);
  expect(second).toBeLessThan(1e-5);
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

  it('istft gives a signal back, also one that is cut off and has leading axes', async () => {
    const x = randn([2, 3, 500]);
    const options = { hopLength: 20, windowLength: 75, window: hannWindow(75), normalized: true };
    const back = istft(stft(x, 96, options), 96, { ...options, length: 500 });
    expect(await back.sub(x).abs().max().item()).toBeLessThan(1e-5);
  });
});
