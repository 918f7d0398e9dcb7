/** Attention beside PyTorch, its gradients beside finite differences, and its dropout beside what it must do. */
import { eye, Generator, ones, scaledDotProductAttention, setDevice, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { vjp } from '../src/index.ts';
import { gradientErrors, input } from './support/finite-differences.ts';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('attention');

it('has gradients of first and second order that agree with finite differences', () => {
  const mask = tensor([true, false, true, true, true, false]).reshape([2, 3]);
  const f = (q: Tensor, k: Tensor, v: Tensor): Tensor => scaledDotProductAttention(q, k, v, { mask });
  const { first, second } = gradientErrors(f, [input([2, 2]), input([3, 2]), input([3, 2])]);
  expect(first).toBeLessThan(1e-6);
  expect(second).toBeLessThan(1e-5);
});

describe.each(devices)('attention on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('gives gradients 0, not NaN, where a query sees nothing', async () => {
    const mask = tensor([[-Infinity, -Infinity], [0, -Infinity]]); // prettier-ignore
    const { pullback } = vjp((q: Tensor) => scaledDotProductAttention(q, ones([2, 3]), eye(2), { mask }), ones([2, 3]));
    const [gradient] = pullback(ones([2, 2]));
    expect(await gradient.toArray()).toEqual([[0, 0, 0], [0, 0, 0]]); // prettier-ignore
  });

  it('drops weights and scales the others, by the draws of its generator', async () => {
    // All keys alike and the values a unit matrix: the result is the weights, 1 / 64 each.
    const weights = (seed: number): Promise<Float32Array> =>
      scaledDotProductAttention(zeros([100, 4]), zeros([64, 4]), eye(64), {
        dropout: 0.25,
        generator: new Generator(seed),
      }).data() as Promise<Float32Array>;
    const drawn = await weights(1);
    const kept = drawn.filter((weight) => weight !== 0);
    expect(Math.max(...kept.map((weight) => Math.abs(weight - 1 / 64 / 0.75)))).toBeLessThan(1e-8);
    // 6400 draws have a standard deviation of 0.0054.
    expect(Math.abs(kept.length / drawn.length - 0.75)).toBeLessThan(0.025);
    expect(await weights(1)).toEqual(drawn);
    expect(await weights(2)).not.toEqual(drawn);
  });
});
