/** Normalisations: how many kernels they are, and values that stay exact far from 0. Their numbers are PyTorch's (layers/test/golden/normalization.json). */
import { gelu, groupNorm, layerNorm, matmul, rmsNorm, setDevice, tensor, transpose, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { compileTensors } from '../../tensor/test/support/programs.ts';
import { vjp } from '../src/index.ts';

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
  const [x, weight, bias, cotangent] = [numbers(8, 16), numbers(16), numbers(16), numbers(8, 16)];
  beforeAll(() => setDevice('reference'));

  it('layerNorm is 3 kernels forwards: mean, variance, result', () => {
    expect(kernelsOf([layerNorm(x, 16, { weight, bias })])).toBe(3);
  });

  it('layerNorm is 3 kernels more backwards: two sums of each row, the gradient of x, those of weight and bias', () => {
    const { value, pullback } = vjp(
      (input: Tensor, w: Tensor, b: Tensor) => layerNorm(input, 16, { weight: w, bias: b }),
      x,
      weight,
      bias,
    );
    expect(kernelsOf([value, ...pullback(cotangent)])).toBe(6);
  });

  it('rmsNorm is 2 kernels forwards: mean square, result', () => {
    expect(kernelsOf([rmsNorm(x, 16, { weight })])).toBe(2);
  });

  it('a product with a bias and GELU, in both forms, is 1 kernel', () => {
    const product = matmul(x, transpose(numbers(32, 16), 0, 1)).add(numbers(32));
    expect(kernelsOf([gelu(product)])).toBe(1);
    expect(kernelsOf([gelu(product, { approximate: 'tanh' })])).toBe(1);
  });
});

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

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
