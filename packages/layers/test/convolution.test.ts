/** Convolutions, pooling, borders: initial distributions, sizes that are asked for, lazy layers, errors. */
import { ArgumentError, manualSeed, ones, setDevice, ShapeError, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import * as layers from '../src/index.ts';
import {
  Bilinear,
  Conv1d,
  Conv3d,
  ConvTranspose2d,
  initialize,
  MaxPool2d,
  MaxUnpool2d,
  ReflectionPad2d,
  Sequential,
  Upsample,
  type LazyModule,
  type Module,
} from '../src/index.ts';

beforeAll(() => setDevice('reference'));

describe('initial weights', () => {
  it.each<[string, () => { weight: Tensor; bias: Tensor | undefined }, number]>([
    ['Conv1d', () => new Conv1d(20, 60, 5), 20 * 5],
    ['Conv3d, groups', () => new Conv3d(8, 16, [1, 2, 3], { groups: 2 }), 4 * 6],
    ['ConvTranspose2d, groups', () => new ConvTranspose2d(30, 20, 3, { groups: 2 }), 10 * 9],
    ['Bilinear', () => new Bilinear(25, 10, 20), 25],
  ])('of %s are uniform in ± 1 / √%$', async (_, make, fanIn) => {
    manualSeed(5);
    const { weight, bias } = make();
    const bound = 1 / Math.sqrt(fanIn);
    for (const values of [await weight.data(), await (bias as Tensor).data()])
      expect(Math.max(...Array.from(values, (v) => Math.abs(v)))).toBeLessThanOrEqual(bound);
    expect((await weight.abs().max().item()) / bound).toBeGreaterThan(0.98);
    expect((await weight.variance().item()) / (bound ** 2 / 3)).toBeCloseTo(1, 0);
  });
});

describe('sizes that are asked for', () => {
  it('are extents, a shape, or a tensor of that shape', () => {
    const up = new ConvTranspose2d(2, 1, 3, { stride: 2, padding: 1 });
    const x = zeros([1, 2, 4, 4]);
    for (const size of [[8, 7], [1, 2, 8, 7], zeros([1, 5, 8, 7])])
      // prettier-ignore
      expect(up.forward(x, size).shape).toEqual([1, 1, 8, 7]);
    const { output, indices } = new MaxPool2d(2, { returnIndices: true }).forward(ones([1, 1, 5, 5]));
    expect(new MaxUnpool2d(2).forward(output, indices, ones([1, 1, 5, 5])).shape).toEqual([1, 1, 5, 5]);
  });

  it('that there are not are refused, with the module', () => {
    const model = { up: new ConvTranspose2d(2, 1, 3, { stride: 2, padding: 1 }) };
    const x = zeros([1, 2, 4, 4]);
    expect(() => model.up.forward(x, [9, 7])).toThrow(/outputs from \[7, 7\] to \[8, 8\].*not \[9, 7\]/);
    expect(() => model.up.forward(x, [6, 7])).toThrow(ShapeError);
    expect(() => model.up.forward(x, [7])).toThrow(/2 integers ≥ 1, a shape \[batch, channels, …\] or a tensor of it/);
    expect(() => new ConvTranspose2d(2, 1, 3, { outputPadding: 1 })).toThrow(ArgumentError);
  });
});

describe('lazy convolutions', () => {
  type Lazy = new (outChannels: number, kernelSize: number, options: object) => LazyModule;
  type Written = new (inChannels: number, outChannels: number, kernelSize: number, options: object) => Conv1d;

  it.each<[string, number, Lazy, unknown]>([
    ['LazyConv1d', 1, layers.LazyConv1d, layers.Conv1d],
    ['LazyConv2d', 2, layers.LazyConv2d, layers.Conv2d],
    ['LazyConv3d', 3, layers.LazyConv3d, layers.Conv3d],
    ['LazyConvTranspose1d', 1, layers.LazyConvTranspose1d, layers.ConvTranspose1d],
    ['LazyConvTranspose2d', 2, layers.LazyConvTranspose2d, layers.ConvTranspose2d],
    ['LazyConvTranspose3d', 3, layers.LazyConvTranspose3d, layers.ConvTranspose3d],
  ])('%s becomes the layer that one would have written, from the same draws', async (_, axes, Lazy, Written) => {
    const input = ['batch', 3, ...new Array<number>(axes).fill(4)];
    const options = { stride: 2, padding: 1, dilation: 1 };
    manualSeed(2);
    const made = initialize(new Sequential(new Lazy(2, 3, options) as unknown as Module), input);
    manualSeed(2);
    const written = new (Written as Written)(3, 2, 3, options);
    expect(made.at(0)?.config()).toEqual(written.config());
    expect(await (made.getMember('0.weight') as Tensor).toArray()).toEqual(await written.weight.toArray());
  });
});

describe('a single example, without a batch', () => {
  const image = tensor([...Array(32).keys()].map(Math.sin), { shape: [2, 4, 4] });

  it.each<[string, () => Module]>([
    ['Conv2d', () => new layers.Conv2d(2, 3, 3)],
    ['ConvTranspose2d', () => new ConvTranspose2d(2, 3, 3)],
    ['MaxPool2d', () => new MaxPool2d(2)],
    ['AvgPool2d', () => new layers.AvgPool2d(2)],
    ['LPPool2d', () => new layers.LPPool2d(2, 2)],
    ['AdaptiveAvgPool2d', () => new layers.AdaptiveAvgPool2d(3)],
    ['AdaptiveMaxPool2d', () => new layers.AdaptiveMaxPool2d(3)],
  ])('is what %s makes of a batch of one', async (_, make) => {
    const layer = make();
    const single = layer.forward(image);
    expect(single.ndim).toBe(3);
    expect(await single.toArray()).toEqual(await layer.forward(image.unsqueeze(0)).squeeze(0).toArray());
  });

  it('keeps its indices, and comes back from them', () => {
    const { output, indices } = new MaxPool2d(2, { returnIndices: true }).forward(image);
    expect([output.shape, indices.shape]).toEqual([[2, 2, 2], [2, 2, 2]]); // prettier-ignore
    expect(new MaxUnpool2d(2).forward(output, indices, image).shape).toEqual([2, 4, 4]);
    expect(new ConvTranspose2d(2, 1, 3, { stride: 2 }).forward(image, [10, 9]).shape).toEqual([1, 10, 9]);
  });
});

describe('what does not fit', () => {
  it.each<[string, () => Module, Tensor, RegExp]>([
    ['channels', () => new Conv1d(4, 2, 3), zeros([1, 3, 8]), /3 channels, the weight takes 4/],
    ['axes', () => new ReflectionPad2d(1), zeros([4]), /takes \[batch, channels, height, width\]/],
    ['a border that is too long', () => new ReflectionPad2d(4), zeros([1, 1, 4, 4]), /at most 3 elements/],
    ['a window that is too large', () => new MaxPool2d(5), zeros([1, 1, 4, 4]), /does not fit/],
    ['a rank of another mode', () => new Upsample({ size: 4, mode: 'linear' }), zeros([1, 1, 2, 2]), /mode 'linear'/],
  ])('%s: says what, and in which module', (_, make, x, message) => {
    const model = new Sequential(new Sequential(make()));
    let said = '';
    try {
      model.forward(x);
    } catch (error) {
      expect(error).toBeInstanceOf(ShapeError);
      said = String(error);
    }
    expect(said).toMatch(message);
    expect(said).toContain('module: 0.0 (');
  });

  it('options that go against each other', () => {
    expect(() => new Upsample({ size: 4, scaleFactor: 2 })).toThrow('not both');
    expect(() => new Upsample({ size: 4, alignCorners: true })).toThrow('no corners to align');
    expect(() => new Conv1d(2, 2, 3, { padding: 'same', stride: 2 })).toThrow("padding 'same' needs stride 1");
    expect(() => new Conv1d(3, 2, 3, { groups: 2 })).toThrow('do not divide into 2 groups');
    expect(() => new ReflectionPad2d([1, 2])).toThrow('4 of them');
  });
});

it('indices of a maximum are those that unpooling takes, where it stood', async () => {
  const x = tensor([[[[1, 2, 0], [4, 3, 5]]]]); // prettier-ignore
  const { output, indices } = new MaxPool2d([2, 1], { returnIndices: true }).forward(x);
  expect(await indices.toArray()).toEqual([[[[3, 4, 5]]]]);
  expect(await new MaxUnpool2d([2, 1]).forward(output, indices).toArray()).toEqual([[[[0, 0, 0], [4, 3, 5]]]]); // prettier-ignore
});
