/** Losses of confident predictions keep all of their digits: against closed forms in float64, over the whole range of logits. */
import { setDevice, tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { worstRelativeError } from '../../tensor/test/support/relative.ts';
import { binaryCrossEntropyWithLogits, crossEntropy } from '../src/index.ts';
import { gradientOfSoftplus, logits, softplus } from './support/exact.ts';

describe.each(devices)('losses on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('binary cross-entropy of logit 12.3 is 4.552e-6, and of 16 it is 1.125e-7', async () => {
    const losses = binaryCrossEntropyWithLogits(tensor([12.3, 16]), tensor([1, 1]), { reduction: 'none' });
    const [first, second] = await losses.toArray(1);
    expect(first).toBeCloseTo(4.5517e-6, 10);
    expect(second).toBeCloseTo(1.12535e-7, 12);
  });

  it.each([0, 1, 0.25, 0.875])('binary cross-entropy with the target %d', async (target) => {
    const targets = tensor(logits.map(() => target));
    for (const weight of [undefined, 3]) {
      const options = weight === undefined ? {} : { positiveWeight: tensor(weight) };
      const losses = binaryCrossEntropyWithLogits(tensor(logits), targets, { reduction: 'none', ...options });
      const exact = [...logits].map((x) => (weight ?? 1) * target * softplus(-x) + (1 - target) * softplus(x));
      expect(worstRelativeError(await losses.data(), exact)).toBeLessThan(5e-7);
    }
  });

  it('cross-entropy of two and of three classes', async () => {
    const rows = [...logits].map((x) => [x, 0]);
    const labels = tensor(new Int32Array(rows.length));
    const two = crossEntropy(tensor(rows), labels, { reduction: 'none' });
    expect(
      worstRelativeError(
        await two.data(),
        [...logits].map((x) => softplus(-x)),
      ),
    ).toBeLessThan(5e-7);
    // ln(1 + 2e⁻ˣ) = softplus(ln 2 − x).
    const three = crossEntropy(tensor(rows.map(([x = 0]) => [x, 0, 0])), labels, { reduction: 'none' });
    expect(
      worstRelativeError(
        await three.data(),
        [...logits].map((x) => softplus(Math.LN2 - x)),
      ),
    ).toBeLessThan(5e-7);
  });
});

it('the closed forms are those of the derivative', () => {
  for (const x of [-30, -2, 0, 3, 40])
    expect((softplus(x + 1e-6) - softplus(x - 1e-6)) / 2e-6).toBeCloseTo(gradientOfSoftplus(x), 6);
});
