/** Dynamic loss scaling: what it leaves out, what it carries, and that it stays one plan. */
import { compile, device, setDevice, tensor, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { Accumulation, AdamW, EMA, LossScaling, minimize, SGD } from '../src/index.ts';

const half = (values: number[]): Tensor => variable(tensor(values, { dtype: 'float16' }), { requiresGrad: true });
const list = async (x: Tensor): Promise<number[]> => [...(await x.data())] as number[];

describe.each(devices)('loss scaling on %s', (name) => {
  beforeAll(() => setDevice(name));

  it.each(['recorded', 'compiled'] as const)(
    'leaves out steps that overflow, halves the scale, and grows after good ones: %s',
    async (how) => {
      const weight = half([1, 2]);
      const inner = new SGD([weight], { learningRate: 0.25, momentum: 0.5 });
      const optimizer = new LossScaling(inner, { initialScale: 2 ** 12, growthInterval: 3 });
      const once = (factor: Tensor): Tensor => minimize(optimizer, () => weight.mul(factor).sum());
      const step = how === 'compiled' ? compile(once) : once;
      // Gradients are 32 · 2¹² = 2¹⁷ and 2¹⁶, which float16 does not hold, then 2¹⁵ and less.
      const gradients = [32, 32, 32, 1, 1, 1, 1, 1];
      const scales = [2 ** 11, 2 ** 10, 2 ** 10, 2 ** 10, 2 ** 11, 2 ** 11, 2 ** 11, 2 ** 12];
      let [value, velocity, kernels] = [1, 0, 0];
      for (const [i, gradient] of gradients.entries()) {
        const loss = step(tensor([gradient, gradient], { dtype: 'float16' }));
        await loss.item();
        if (i === 3) kernels = device.stats().planCache.misses;
        if (i >= 2) {
          velocity = 0.5 * velocity + gradient;
          value -= 0.25 * velocity;
        }
        expect(await list(weight), `step ${i}`).toEqual([value, value + 1]);
        expect(await optimizer.scale.item(), `step ${i}`).toBe(scales[i]);
      }
      if (how === 'compiled') expect(device.stats().planCache.misses).toBe(kernels);
      const buffer = inner.stateDict().state.get('0')?.['momentum_buffer'] as Tensor;
      expect(await list(buffer)).toEqual([velocity, velocity]);
    },
  );

  it('carries gradients that are 0 in float16', async () => {
    // The gradient of a weight is 2⁻¹³ · 2⁻¹³ = 2⁻²⁶, the smallest number of float16 2⁻²⁴.
    const train = async (scaled: boolean): Promise<number[]> => {
      const weight = variable(tensor([1]), { requiresGrad: true });
      const inner = new SGD([weight], { learningRate: 2 ** 20 });
      const optimizer = scaled ? new LossScaling(inner, { initialScale: 2 ** 14 }) : inner;
      const tiny = tensor([2 ** -13], { dtype: 'float16' });
      minimize(optimizer, () => weight.to('float16').mul(tiny).mul(tiny).sum());
      return list(weight);
    };
    expect(await train(false)).toEqual([1]);
    expect(await train(true)).toEqual([1 - 2 ** -6]);
  });

  it('clips what is left without the scale, inside other wrappers, too', async () => {
    const weight = variable(tensor([0, 0]), { requiresGrad: true });
    const scaling = new LossScaling(new SGD([weight], { learningRate: 1 }), { initialScale: 256 });
    const optimizer = new EMA(new Accumulation(scaling, { steps: 2 }), { decay: 0.5 });
    for (const gradient of [
      [1, 4],
      [5, 4],
    ])
      minimize(optimizer, () => weight.mul(tensor(gradient)).sum(), { clipNorm: 1 });
    // The mean of the gradients is (3, 4).
    const [a, b] = (await list(weight)) as [number, number];
    expect(a).toBeCloseTo(-0.6, 5);
    expect(b).toBeCloseTo(-0.8, 5);
  });
});

describe('LossScaling', () => {
  beforeAll(() => setDevice('wasm'));

  it('goes on from a saved state, and refuses others', async () => {
    const weight = half([1]);
    const optimizer = new LossScaling(new AdamW([weight]), { initialScale: 4, growthInterval: 2 });
    for (let i = 0; i < 3; i++) minimize(optimizer, () => weight.to('float32').square().sum());
    expect(await optimizer.scale.item()).toBe(8);
    const next = new LossScaling(new AdamW([weight]), { initialScale: 4, growthInterval: 2 });
    next.loadStateDict(optimizer.stateDict());
    minimize(next, () => weight.to('float32').square().sum());
    expect(await next.scale.item()).toBe(16);
    const { scale: _, ...others } = next.stateDict();
    expect(next.differences(others)).toEqual(['scale must be float32[], not undefined']);
  });

  it('stands around an optimizer, not around wrappers', () => {
    const inner = new EMA(new SGD([half([1])]));
    expect(() => new LossScaling(inner as never)).toThrow('Wrappers go around LossScaling');
    expect(() => new LossScaling(new SGD([half([1])]), { backoffFactor: 1 })).toThrow('> 0 and < 1');
  });
});
