/**
 * A value that was read before its gradient is asked for is stored, and what it was computed of is computed again, perhaps rounded otherwise: of every
 * differentiable operation, the gradient is the same all the same. The reference device stores float32 of what it computes in float64.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { vjp } from '../../../packages/autograd/src/index.ts';
import { setDevice, tensor, type Tensor } from '../../../packages/tensor/src/index.ts';
import { devices } from '../../../packages/tensor/test/support/devices.ts';
import { operations } from '../src/catalogue.ts';
import { differentiable, leaf } from '../src/samples.ts';

/** What float32 does not hold. */
const computed = (x: Tensor): Tensor => x.mul(0.99);

const cases = [...operations].flatMap(([name, operation]) =>
  differentiable(operation).map((sample, i) => [i === 0 ? name : `${name}, ${i + 1}`, sample] as const),
);

describe.each(devices.filter((device) => device !== 'webgpu'))('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(cases)('%s', async (_, { f, inputs }) => {
    const gradientsOf = async (readFirst: boolean): Promise<number[]> => {
      const { value, pullback } = vjp((...x: Tensor[]) => f(...x.map(computed)), ...inputs.map(leaf));
      if (readFirst) await value.data();
      const weights = Float32Array.from({ length: value.size }, (__, i) => 1 + (i % 3) / 4);
      const all = pullback(tensor(weights, { shape: value.shape }));
      return (await Promise.all(all.map((x) => x.data()))).flatMap((data) => Array.from(data, Number));
    };
    const [expected, actual] = [await gradientsOf(false), await gradientsOf(true)];
    const scale = Math.max(1, ...expected.map(Math.abs));
    actual.forEach((x, i) => expect(Math.abs(x - (expected[i] ?? NaN)) / scale).toBeLessThan(1e-4));
  });
});
