/** Dynamic loss scaling: what it leaves out, what it carries, and that it stays one plan. */
import { compile, device, ones, setDevice, Tensor, tensor, variable } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { expectClose } from '../../tensor/test/support/golden.ts';
import * as optimizers from '../src/index.ts';
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

/** Options with which counts matter: dampening, rates that fall, averages that are corrected. */
const counting: Readonly<Record<string, object>> = {
  SGD: { learningRate: 0.1, momentum: 0.5, dampening: 0.5 },
  Adam: { learningRate: 0.1, amsgrad: true },
  AdamW: { learningRate: 0.1 },
  Adamax: { learningRate: 0.1 },
  SparseAdam: { learningRate: 0.1 },
  NAdam: { learningRate: 0.1, momentumDecay: 0.1 },
  RAdam: { learningRate: 0.1, betas: [0.8, 0.9] },
  Adagrad: { learningRate: 0.1, lrDecay: 0.1 },
  Adadelta: {},
  RMSprop: { learningRate: 0.05, momentum: 0.5 },
  Rprop: { learningRate: 0.1 },
  ASGD: { learningRate: 0.1, lambd: 0.1, alpha: 0.5, t0: 3 },
  Lion: { learningRate: 0.05 },
  LAMB: { learningRate: 0.05 },
  Adafactor: { learningRate: 0.3 },
  Muon: { learningRate: 0.02, groups: [{ match: /bias/, useMuon: false, learningRate: 0.1 }] },
};

describe.each(devices)('a step that is left out leaves no trace on %s', (name) => {
  beforeAll(() => setDevice(name));

  type Named = Readonly<Record<string, Tensor>>;
  const fresh = (): Named => ({
    weight: variable(tensor([[1, -2], [0.5, 4]]), { requiresGrad: true }), // prettier-ignore
    bias: variable(tensor([1, -0.25]), { requiresGrad: true }),
  });
  /** Of step `i`, other at each, infinite where it is to be left out. */
  const gradientOf = (i: number): Named => ({
    weight: tensor([[Math.sin(i), 0.5], [-1, Math.cos(i)]]), // prettier-ignore
    bias: tensor([0.3 * i - 1, 1]),
  });
  const overflowing: Named = { weight: tensor([[1, 2], [Infinity, 0]]), bias: tensor([1, 1]) }; // prettier-ignore
  type Made = new (parameters: Named, options: object) => SGD;

  it('of every optimizer there is a case', () => {
    const all = Object.entries(optimizers).filter(
      ([, each]) => typeof each === 'function' && each.prototype instanceof optimizers.Optimizer,
    );
    expect(Object.keys(counting).sort()).toEqual(all.map(([type]) => type).sort());
  });

  const chosen = name === 'webgpu' ? ['AdamW', 'RAdam'] : Object.keys(counting);
  it.each(chosen)('%s', async (type) => {
    const Type = Reflect.get(optimizers, type) as Made;
    const [plain, scaled] = [fresh(), fresh()];
    const reference = new Type(plain, counting[type] ?? {});
    const inner = new Type(scaled, counting[type] ?? {});
    const optimizer = new LossScaling(inner, { initialScale: 2 ** 20 });
    const step = compile((weight: Tensor, bias: Tensor) => {
      const { scale } = optimizer;
      optimizer.step({ weight: weight.mul(scale), bias: bias.mul(scale) });
    });
    let taken = 0;
    // Overflows at the beginning, as with a scale that is too large at first, in the middle, and at the end.
    for (const isGood of [0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0]) {
      optimizer.factor = 1 / (1 + taken);
      reference.factor = optimizer.factor;
      const { weight, bias } = (isGood === 1 ? gradientOf(taken) : overflowing) as { weight: Tensor; bias: Tensor };
      step(weight, bias);
      if (isGood === 0) continue;
      reference.step(gradientOf(taken++));
      for (const [key, value] of Object.entries(plain))
        await expectClose(scaled[key] as Tensor, { shape: [...value.shape], data: await list(value) }, `${key} after ${taken} steps`, 2e-6); // prettier-ignore
    }
    expect(await optimizer.skippedSteps.item()).toBe(7);
    expect(optimizer.stepCount - (await optimizer.skippedSteps.item())).toBe(reference.stepCount);
    for (const [key, entry] of reference.stateDict().state) {
      const own = inner.stateDict().state.get(key) as Readonly<Record<string, Tensor | number>>;
      expect((own['step'] as number) - (await (own['leftOut'] as Tensor).item())).toBe(entry.step);
      for (const [slot, value] of Object.entries(entry))
        if (value instanceof Tensor)
          await expectClose(own[slot] as Tensor, { shape: [...value.shape], data: await list(value) }, `${key}.${slot}`, 2e-6); // prettier-ignore
    }
  });

  it('goes on from a saved state with the steps that it took, and says them to PyTorch', async () => {
    const run = async (cut: boolean): Promise<number[]> => {
      const parameters = fresh();
      let optimizer = new LossScaling(new AdamW(parameters, { learningRate: 0.1 }));
      for (const [i, isGood] of [0, 1, 0, 1, 1, 0, 1].entries()) {
        if (cut && i === 4) {
          const state = optimizer.stateDict();
          optimizer = new LossScaling(new AdamW(parameters, { learningRate: 0.1 }));
          optimizer.loadStateDict(state);
        }
        const { scale } = optimizer;
        const given = isGood === 1 ? gradientOf(i) : overflowing;
        optimizer.step(Object.fromEntries(Object.entries(given).map(([key, each]) => [key, each.mul(scale)])));
      }
      const { state } = optimizers.toPyTorchState(optimizer.optimizer);
      const { step } = (state as Readonly<Record<number, unknown>>)[0] as { readonly step: Tensor };
      expect(await step.item()).toBe(4);
      return list(parameters['weight'] as Tensor);
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it('counts for what was frozen meanwhile by itself', async () => {
    const parameters = fresh();
    const { weight, bias } = parameters as { weight: Tensor; bias: Tensor };
    const optimizer = new LossScaling(new AdamW(parameters, { learningRate: 0.1, weightDecay: 0 }), {
      initialScale: 1,
    });
    optimizer.step(overflowing);
    bias.trainable = false;
    optimizer.step({ weight: (overflowing as { weight: Tensor }).weight });
    optimizer.step({ weight: ones([2, 2]) });
    bias.trainable = true;
    optimizer.step({ weight: ones([2, 2]), bias: ones([2]) });
    // First steps of Adam are as long as the rate.
    for (const value of await list(bias.sub(tensor([1, -0.25])))) expect(value).toBeCloseTo(-0.1, 5);
    for (const value of await list(weight.sub((fresh() as { weight: Tensor }).weight)))
      expect(value).toBeCloseTo(-0.2, 5);
    const { state } = optimizer.optimizer.stateDict();
    const left = await Promise.all([...state.values()].map((entry) => (entry['leftOut'] as Tensor).item()));
    expect([...state.values()].map(({ step }, i) => step - (left[i] as number))).toEqual([2, 1]);
  });
});
