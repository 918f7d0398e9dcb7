/** Functional forms beside what they are made of: `linear`, and `gumbelSoftmax` with PyTorch's formula and its straight-through gradient. */
import {
  gumbel,
  gumbelSoftmax,
  Generator,
  linear,
  setDevice,
  ShapeError,
  ArgumentError,
  tensor,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { grad } from '../src/index.ts';

const near = async (got: Tensor, want: Tensor): Promise<void> => {
  const [a, b] = [await got.data(), await want.data()];
  expect(got.shape).toEqual(want.shape);
  b.forEach((value, i) => expect(a[i]).toBeCloseTo(value, 5));
};

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  const logits = (): Tensor =>
    tensor([
      [0.5, -1, 2],
      [0, 0.25, -3],
    ]);
  const factors = tensor([
    [1, 2, 3],
    [-1, 5, 0.5],
  ]);
  const noise = (): Tensor => gumbel([2, 3], { generator: new Generator(3) });

  it('linear is x Wᵀ + b', async () => {
    const weight = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const x = tensor([[[1, -1]], [[2, 0.5]]]);
    expect(await linear(x, weight, tensor([10, 20, 30])).toArray()).toEqual([[[9, 19, 29]], [[13, 28, 43]]]);
    expect(await linear(tensor([1, -1]), weight).toArray()).toEqual([-1, -1, -1]);
    expect(() => linear(tensor([1, 2, 3]), weight)).toThrow(ShapeError);
    expect(() => linear(tensor(1), weight)).toThrow(
      '[linear] cannot multiply float32[] by weight float32[3,2]ᵀ: the last axis of x must be 2',
    );
    expect(() => linear(x, weight, tensor([1]))).toThrow('the bias must be [3], not float32[1]');
  });

  it.each([-1, 1, 0])('gumbelSoftmax is softmax((logits + g) / τ) along axis %i', async (axis) => {
    const soft = noise().add(logits()).div(0.7).softmax(axis);
    const draw = (hard: boolean, x: Tensor): Tensor =>
      gumbelSoftmax(x, { temperature: 0.7, hard, axis, generator: new Generator(3) });
    await near(draw(false, logits()), soft);
    const hard = await draw(true, logits()).data();
    const largest = await soft.equal(soft.max(axis, { keepDims: true })).data();
    expect([...hard]).toEqual([...largest].map(Number));
    const gradient = (hard: boolean): Tensor => grad((x: Tensor) => draw(hard, x).mul(factors).sum())(logits());
    const byHand = grad((x: Tensor) => noise().add(x).div(0.7).softmax(axis).mul(factors).sum())(logits());
    await near(gradient(false), byHand);
    await near(gradient(true), byHand);
  });

  it('says what gumbelSoftmax takes', () => {
    expect(() => gumbelSoftmax(logits(), { temperature: 0 })).toThrow(ArgumentError);
    expect(() => gumbelSoftmax(logits(), { axis: 2, hard: true })).toThrow(ShapeError);
    expect(gumbelSoftmax(tensor(3), { hard: true }).shape).toEqual([]);
  });
});
