/** Activation functions at their bends, at ±10⁴, infinities and NaN. */
import { hardswish, setDevice, softshrink, softsign, tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { vjp } from '../src/index.ts';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('activations', { tolerance: 1e-5, together: true });

describe.each(devices)('where PyTorch 1.13 is undecided, on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('hardswish has the gradients 0 and 1 at −3 and 3, as later versions', async () => {
    const [gradient] = vjp(hardswish, tensor([-3, 3])).pullback(tensor([5, 7]));
    expect(await gradient.toArray()).toEqual([0, 7]);
  });

  it('softshrink of NaN is NaN, as in later versions', async () => {
    expect(await softshrink(tensor([NaN, 1])).toArray()).toEqual([NaN, 0.5]);
  });

  it('the gradient of softsign vanishes far out', async () => {
    const [gradient] = vjp(softsign, tensor([-Infinity, Infinity, 1e4])).pullback(tensor([1, 1, 1]));
    const [low, high, far] = await gradient.data();
    expect([low, high]).toEqual([0, 0]);
    expect(far).toBeCloseTo(1 / 10_001 ** 2, 13);
  });
});
