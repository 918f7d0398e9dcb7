/** Normalisations: how many kernels they are, and values that stay exact far from 0. Their numbers are PyTorch's (layers/test/golden/normalization.json). */
import {
  device,
  gelu,
  groupNorm,
  layerNorm,
  logSoftmax,
  matmul,
  realize,
  rmsNorm,
  setDevice,
  softmax,
  tensor,
  transpose,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { compileTensors } from '../../tensor/test/support/programs.ts';
import { vjp } from '../src/index.ts';
import { counted } from '../../tensor/test/support/optimised.ts';

/** Without pattern. */
function numbers(...shape: number[]): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => ((i * 37) % 101) / 16 - 3),
    { shape },
  );
}

const kernelsOf = (outputs: readonly Tensor[]): number => compileTensors(outputs).plan.kernels.length;

describe('kernels', () => {
  const [x, weight, bias] = [numbers(8, 16), numbers(16), numbers(16)];
  beforeAll(() => setDevice('reference'));

  it('layerNorm forward is 1 kernel, rmsNorm, softmax and logSoftmax too', () => {
    expect(kernelsOf([layerNorm(x, 16, { weight, bias })])).toBe(1);
    expect(kernelsOf([rmsNorm(x, 16, { weight })])).toBe(1);
    expect(kernelsOf([softmax(x, -1)])).toBe(1);
    expect(kernelsOf([logSoftmax(x, -1)])).toBe(1);
  });

  /** Kernels that gradients add to the result, where the cotangent waits for a product of the result: that product counts for nothing. */
  const added = (apply: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): number => {
    const { value, pullback } = vjp(apply, ...inputs);
    return kernelsOf([value, ...pullback(matmul(value, numbers(16, 16)))]) - kernelsOf([value]) - 1;
  };

  it('the backward pass of layerNorm adds 2: by rows the gradient of x, by columns those of weight and bias', () => {
    expect(added((i, w, b) => layerNorm(i, 16, { weight: w, bias: b }), x, weight, bias)).toBe(2);
  });

  it('the backward pass of rmsNorm adds 2, that of softmax 1, that of logSoftmax 1', () => {
    expect(added((i, w) => rmsNorm(i, 16, { weight: w }), x, weight)).toBe(2);
    expect(added((i) => softmax(i, -1), x)).toBe(1);
    expect(added((i) => logSoftmax(i, -1), x)).toBe(1);
  });

  it('a product with a bias and GELU, in both forms, is 1 kernel', () => {
    const product = matmul(x, transpose(numbers(32, 16), 0, 1)).add(numbers(32));
    expect(kernelsOf([gelu(product)])).toBe(1);
    expect(kernelsOf([gelu(product, { approximate: 'tanh' })])).toBe(1);
  });
});

describe.each(devices)('on %s', (name) => {
  beforeAll(() => setDevice(name));

  if (name !== 'reference') {
    it(`layerNorm forward is 1 kernel on ${name}, its backward pass adds 2`, async () => {
      const [x, weight, bias, w] = [numbers(8, 16), numbers(16), numbers(16), numbers(16, 16)];
      await realize(x, weight, bias, w);
      await realize(layerNorm(x, 16, { weight, bias }));
      expect(device.stats().kernelsInLastRun).toEqual(counted(1));
      const { value, pullback } = vjp(
        (i: Tensor, a: Tensor, b: Tensor) => layerNorm(i, 16, { weight: a, bias: b }),
        x,
        weight,
        bias,
      );
      await realize(value, ...pullback(matmul(value, w)));
      // The third is the product.
      expect(device.stats().kernelsInLastRun).toEqual(counted(1 + 1 + 2));
    });
  }

  it('layerNorm and groupNorm keep their digits for numbers around ±1e4', async () => {
    for (const far of [1e4, -1e4]) {
      const x = numbers(2, 8).add(far);
      const values = [...(await x.data())].map(Number);
      const expected = [0, 1].flatMap((row) => {
        const part = values.slice(row * 8, row * 8 + 8);
        const mean = part.reduce((sum, value) => sum + value, 0) / 8;
        const variance = part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 8;
        return part.map((value) => (value - mean) / Math.sqrt(variance + 1e-5));
      });
      for (const y of [layerNorm(x, 8), groupNorm(x.reshape([2, 4, 2]), 1).reshape([2, 8])]) {
        const actual = await y.data();
        expected.forEach((value, i) => expect(Math.abs((actual[i] as number) - value)).toBeLessThan(1e-5));
      }
    }
  });
});
