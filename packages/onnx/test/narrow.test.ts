/** float16 and uint8 in files: inputs, weights and outputs have the dtype, and every operation gives the numbers that it gives here. */
import {
  conv2d,
  cumsum,
  gather,
  gelu,
  logSumExp,
  matmul,
  pad,
  scan,
  setDevice,
  softmax,
  tensor,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx } from '../src/index.ts';
import { openOnnx } from '../src/runtime.ts';

const half = (count: number, shape: readonly number[], seed = 1): Tensor =>
  tensor(
    Array.from({ length: count }, (_, i) => Math.sin(seed + i * 1.7) * 3),
    { dtype: 'float16', shape },
  );
const bytes = (shape: readonly number[]): Tensor =>
  tensor(
    Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 37) % 256),
    { shape },
  );

/** What a model computes of inputs, and whether its last step is exact. */
const models: Readonly<Record<string, readonly [(...x: Tensor[]) => Tensor, readonly Tensor[]]>> = {
  'a chain, rounded at each step': [(x) => x.mul(x).add(0.3).div(7).sub(x), [half(12, [3, 4])]],
  'a sum': [(x) => x.sum(1), [half(12, [3, 4])]],
  'a product': [(x, y) => matmul(x, y), [half(12, [3, 4]), half(8, [4, 2], 5)]],
  'a composite': [(x) => gelu(x), [half(12, [3, 4])]],
  softmax: [(x) => softmax(x, 1), [half(12, [3, 4])]],
  logSumExp: [(x) => logSumExp(x, 1), [half(12, [3, 4])]],
  'a convolution': [(x, w) => conv2d(x, w), [half(50, [1, 2, 5, 5]), half(36, [2, 2, 3, 3], 3)]],
  conversions: [(x) => x.to('float32').mul(1.1).to('float16').to('int32'), [half(12, [3, 4])]],
  'a comparison': [(x) => x.less(0.1).where(x, 0), [half(12, [3, 4])]],
  'padding': [(x) => pad(x, [[0, 1], [1, 0]]), [half(12, [3, 4])]], // prettier-ignore
  'a loop': [(x) => scan((c: Tensor, s: Tensor) => [c.mul(s).add(0.1), c], x.sum(0).mul(0), x)[1], [half(12, [3, 4])]],
  'images scaled': [(x) => x.div(255).sub(0.5), [bytes([2, 3, 4])]],
  'bytes wrapped': [(x) => x.mul(3).add(x).sub(7), [bytes([2, 3, 4])]],
  'bytes summed': [(x) => x.sum(0), [bytes([20, 3])]],
  'bytes cumulated': [(x) => cumsum(x, 0), [bytes([5, 3])]],
  'bytes gathered': [(x) => gather(x, 0, tensor([[1, 0, 1]], { dtype: 'int32' })), [bytes([2, 3])]],
  'bytes made': [(x) => x.mul(100).to('uint8'), [half(12, [3, 4])]],
};

describe('float16 and uint8 in onnxruntime', () => {
  beforeAll(() => setDevice('wasm'));

  it.each(Object.entries(models))('%s', async (_, [model, inputs]) => {
    const names = inputs.map((_, i) => `x${i}`);
    const file = await exportOnnx((...x: Tensor[]) => model(...x), {
      inputs: Object.fromEntries(inputs.map(({ shape, dtype }, i) => [names[i] as string, { shape, dtype }])),
    });
    const session = await openOnnx(file);
    const feeds = await Promise.all(
      inputs.map(async (x, i) => [names[i], { dtype: x.dtype, shape: x.shape, data: await x.data() }] as const),
    );
    const { output } = await session.run(Object.fromEntries(feeds));
    const expected = model(...inputs);
    expect([output?.dtype, output?.shape]).toEqual([expected.dtype, expected.shape]);
    const want = [...(await expected.data())];
    expect(output?.data.length).toBe(want.length);
    // Of an exponential or a sum onnxruntime may have another last bit of float32, and so now and then one of float16.
    Array.from((output?.data ?? []) as Float32Array).forEach((got, i) => {
      const w = want[i] as number;
      if (!(got === w || Math.abs(got - w) <= (expected.dtype === 'float16' ? 2 ** -10 : 1e-6) * Math.abs(w)))
        expect.fail(`element ${i} is ${got}, not ${w}`);
    });
    await session.release();
  });
});
