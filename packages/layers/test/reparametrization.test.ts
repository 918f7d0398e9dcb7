/** Layers whose weights are computed of other parameters: weight and spectral normalisation. Their numbers are PyTorch's (golden/normalization.json). */
import { compile, manualSeed, norm, ones, randn, setDevice, svd, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { Conv2d, fromConfig, Linear, Sequential, SpectralNorm, WeightNorm, type Module } from '../src/index.ts';

beforeAll(() => {
  setDevice('reference');
  manualSeed(3);
});

const names = (module: Module): string[] => [...module.stateDict().keys()];

describe('weight normalisation', () => {
  it('begins with the weight that was there, and has the names of PyTorch', async () => {
    const inner = new Linear(4, 3);
    const x = randn([2, 4]);
    const before = await inner.forward(x).data();
    const layer = new WeightNorm(inner);
    expect(names(layer)).toEqual(['bias', 'weight_g', 'weight_v']);
    expect(names(new Sequential(layer))).toEqual(['0.bias', '0.weight_g', '0.weight_v']);
    const after = await layer.forward(x).data();
    after.forEach((value, i) => expect(value).toBeCloseTo(before[i] as number, 6));
    expect(layer.weight_g.shape).toEqual([3, 1]);
    expect(new WeightNorm(new Conv2d(2, 3, 2), { axis: 1 }).weight_g.shape).toEqual([1, 2, 1, 1]);
  });

  it('has weights as long as weight_g says, whatever weight_v is', async () => {
    const layer = new WeightNorm(new Linear(4, 3));
    layer.loadStateDict({ bias: ones([3]), weight_g: ones([3, 1]).mul(2), weight_v: randn([3, 4]).mul(100) });
    const lengths = await norm(layer.weight, 1).data();
    for (const length of lengths) expect(length).toBeCloseTo(2, 5);
  });

  it('is rebuilt from its configuration, in evaluation mode as its layer, and follows changes when compiled', async () => {
    const layer = new WeightNorm(new Linear(4, 3, { bias: false }));
    const again = fromConfig(JSON.parse(JSON.stringify(layer.config())) as ReturnType<Module['config']>);
    expect(again.describe()).toBe('WeightNorm of Linear 4 → 3');
    expect(names(again)).toEqual(['weight_g', 'weight_v']);
    const compiled = compile((x: Tensor) => layer.forward(x));
    const x = randn([2, 4]);
    const first = await compiled(x).data();
    layer.setMember('weight_g', new WeightNorm(new Linear(4, 3)).weight_g);
    expect(await compiled(x).data()).toEqual(await layer.forward(x).data());
    expect(await compiled(x).data()).not.toEqual(first);
  });

  it('is refused of what has no weight, and twice', () => {
    expect(() => new WeightNorm(new Sequential() as never)).toThrow(
      /\[WeightNorm\] takes a layer with a parameter 'weight'/,
    );
    expect(() => new WeightNorm(new WeightNorm(new Linear(2, 2)))).toThrow(/takes a layer with a parameter 'weight'/);
  });
});

describe('spectral normalisation', () => {
  it('divides by the largest singular value, to which training comes', async () => {
    const layer = new SpectralNorm(new Linear(6, 4), { iterations: 20 });
    expect(names(layer)).toEqual(['bias', 'weight_orig', 'weight_u', 'weight_v']);
    for (let i = 0; i < 5; i++) await layer.forward(ones([1, 6])).data();
    const { s } = svd(layer.weight);
    expect((await s.data())[0]).toBeCloseTo(1, 5);
  });

  it('leaves its vectors as they are in evaluation mode', async () => {
    const layer = new SpectralNorm(new Linear(6, 4)).eval();
    const before = await layer.weight_u.data();
    await layer.forward(ones([1, 6])).data();
    expect(await layer.weight_u.data()).toEqual(before);
    layer.train();
    await layer.forward(ones([1, 6])).data();
    expect(await layer.weight_u.data()).not.toEqual(before);
  });
});
