/** Layers whose weights are computed of other parameters: weight and spectral normalisation. Their numbers are PyTorch's (golden/normalization.json). */
import { compile, manualSeed, norm, ones, randn, setDevice, svd, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  Conv2d,
  fromConfig,
  initialize,
  LazyConv1d,
  LazyLinear,
  Linear,
  parameter,
  Sequential,
  SpectralNorm,
  UninitializedError,
  WeightNorm,
  type Module,
} from '../src/index.ts';

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

  it('is refused of what has no weight, and of a layer that is wrapped already', () => {
    expect(() => new WeightNorm(new Sequential() as never)).toThrow(
      /\[WeightNorm\] takes a layer with a parameter 'weight'/,
    );
    const inner = new Linear(2, 2);
    const layer = new WeightNorm(inner);
    expect(() => new WeightNorm(inner)).toThrow(/that of Linear 2 → 2 is/);
    void new SpectralNorm(layer);
    expect(() => new SpectralNorm(layer)).toThrow(/is that of another reparametrization.*\n.*wrap that/);
  });
});

describe('one around another', () => {
  it('computes the weight of the weight', async () => {
    const inner = new WeightNorm(new Linear(6, 4));
    inner.weight_g = parameter(ones([4, 1]).mul(3));
    const layer = new SpectralNorm(inner, { iterations: 20 });
    expect(names(layer)).toEqual(['weight_u', 'weight_v', 'layer.bias', 'layer.weight_g', 'layer.weight_v']);
    for (let i = 0; i < 5; i++) await layer.forward(ones([1, 6])).data();
    expect((await svd(layer.weight).s.data())[0]).toBeCloseTo(1, 5);
    // All rows of the inner weight are 3 long, and the outer one divides them by one number.
    const lengths = await norm(layer.weight, 1).data();
    for (const length of lengths) expect(length).toBeCloseTo(lengths[0] as number, 5);
    const { weight, bias } = { weight: layer.weight, bias: layer.getMember('layer.bias') as Tensor };
    const x = randn([2, 6]);
    layer.eval();
    expect(await layer.forward(x).data()).toEqual(await x.matmul(weight.transpose(0, 1)).add(bias).data());
  });

  it('in the other order, too: lengths of what was divided', async () => {
    const layer = new WeightNorm(new SpectralNorm(new Linear(4, 3, { bias: false }))).eval();
    expect(names(layer)).toEqual(['weight_g', 'layer.weight_orig', 'layer.weight_u', 'layer.weight_v']);
    layer.setMember('weight_g', parameter(ones([3, 1]).mul(2)));
    for (const length of await norm(layer.weight, 1).data()) expect(length).toBeCloseTo(2, 5);
    const again = fromConfig(JSON.parse(JSON.stringify(layer.config())) as ReturnType<Module['config']>).eval();
    again.loadStateDict(layer.stateDict());
    const x = randn([2, 4]);
    expect(await (again as typeof layer).forward(x).data()).toEqual(await layer.forward(x).data());
  });
});

describe('around a lazy layer', () => {
  it('begins when the layer is made', async () => {
    const wrapped = new WeightNorm(new LazyLinear(3), { axis: -2 });
    expect(wrapped.isInitialized).toBe(false);
    expect(() => wrapped.forward(ones([2, 4]))).toThrow(UninitializedError);
    const model = initialize(new Sequential(wrapped, new SpectralNorm(new LazyConv1d(2, 1))), ['batch', 5, 4]);
    expect(wrapped.isInitialized).toBe(true);
    expect(names(model)).toEqual([
      ...['0.bias', '0.weight_g', '0.weight_v'],
      ...['1.bias', '1.weight_orig', '1.weight_u', '1.weight_v'],
    ]);
    expect(model.at(0)?.describe()).toBe('WeightNorm of Linear 4 → 3');
    expect(String(model.at(0)).split('\n')).toEqual([
      'WeightNorm(',
      '  axis=0',
      '  (layer): Linear(inFeatures=4, outFeatures=3, bias=true)',
      ')',
    ]);
    expect(model.forward(ones([2, 5, 4])).shape).toEqual([2, 2, 3]);
    const again = fromConfig(JSON.parse(JSON.stringify(model.config())) as ReturnType<Module['config']>);
    expect(names(again)).toEqual(names(model));
  });

  it('one around another, too', () => {
    const model = initialize(new Sequential(new SpectralNorm(new WeightNorm(new LazyLinear(3)))), ['batch', 4]);
    expect(names(model)).toEqual([
      ...['0.weight_u', '0.weight_v'],
      ...['0.layer.bias', '0.layer.weight_g', '0.layer.weight_v'],
    ]);
    expect(model.forward(ones([2, 4])).shape).toEqual([2, 3]);
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
