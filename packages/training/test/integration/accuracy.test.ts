/** Gradients of losses and activations keep their digits where predictions are confident: against closed forms in float64. */
import { grad } from '@hebb/autograd';
import { binaryCrossEntropyWithLogits, crossEntropy } from '@hebb/losses';
import { setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { gradientOfSoftplus as sigma, logits } from '../../../losses/test/support/exact.ts';
import { devices } from '../../../tensor/test/support/devices.ts';
import { worstRelativeError } from '../../../tensor/test/support/relative.ts';

describe.each(devices)('gradients on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each([
    [1, (x: number) => -sigma(-x)],
    [0, (x: number) => sigma(x)],
  ])('binary cross-entropy with the target %d', async (target, exact) => {
    const targets = tensor(logits.map(() => target));
    const loss = (x: Tensor): Tensor => binaryCrossEntropyWithLogits(x, targets, { reduction: 'sum' });
    const gradient = await grad(loss)(tensor(logits)).data();
    expect(worstRelativeError(gradient, [...logits].map(exact))).toBeLessThan(1e-6);
  });

  it('cross-entropy of two classes', async () => {
    const labels = tensor(new Int32Array(logits.length));
    const loss = (x: Tensor): Tensor => crossEntropy(x, labels, { reduction: 'sum' });
    const rows = tensor([...logits].map((x) => [x, 0]));
    const gradient = await grad(loss)(rows).data();
    const exact = [...logits].flatMap((x) => [-sigma(-x), sigma(-x)]);
    // e^y has the rounding error of y = ln p times |y|: 2⁻²⁴ · 88 at the least probability that float32 has.
    expect(worstRelativeError(gradient, exact)).toBeLessThan(1e-5);
  });

  it('expm1 and log1p', async () => {
    const x = Float32Array.from([-80, -20, -5, -0.5, -1e-6, 1e-6, 0.5, 5, 80]);
    const derivative = await grad((t: Tensor) => t.expm1().sum())(tensor(x)).data();
    expect(worstRelativeError(derivative, [...x].map(Math.exp))).toBeLessThan(3e-7);
    const positive = x.map(Math.abs);
    const reciprocal = await grad((t: Tensor) => t.log1p().sum())(tensor(positive)).data();
    expect(
      worstRelativeError(
        reciprocal,
        [...positive].map((v) => 1 / (1 + v)),
      ),
    ).toBeLessThan(3e-7);
  });
});
