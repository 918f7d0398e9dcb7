/** Parameters and gradients of float16: what the formulas give in float32, rounded once per step; beside PyTorch's where it rounds state, too. */
import { assign, compile, setDevice, tensor, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { roundToHalf } from '../../tensor/src/graph/half.ts';
import { devices } from '../../tensor/test/support/devices.ts';
import {
  Accumulation,
  Adam,
  AdamW,
  clipGradientNorm,
  EMA,
  Lookahead,
  minimize,
  SGD,
  type Optimizer,
} from '../src/index.ts';

const initial = [1, 2, -3, 0.1, 300];
const gradients = [
  [0.5, 0.1, -0.25, 2 ** -14, 1000],
  [0.25, -0.3, 0.125, 2 ** -14, -500],
  [-1, 0.7, 3, 2 ** -13, 0],
];
const half = (values: number[]): Tensor => tensor(values, { dtype: 'float16' });
const parameter = (value: Tensor): Tensor => variable(value, { requiresGrad: true });

const optimizers: Readonly<Record<string, (p: Tensor) => Optimizer>> = {
  SGD: (p) => new SGD([p], { learningRate: 0.1 }),
  'SGD with momentum': (p) => new SGD([p], { learningRate: 0.1, momentum: 0.9, dampening: 0.5, weightDecay: 0.01 }),
  Nesterov: (p) => new SGD([p], { learningRate: 0.1, momentum: 0.9, nesterov: true }),
  Adam: (p) => new Adam([p], { learningRate: 0.1, weightDecay: 0.1 }),
  AdamW: (p) => new AdamW([p], { learningRate: 0.1 }),
};

describe.each(devices)('float16 on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(Object.entries(optimizers))('%s computes in float32 and rounds once per step', async (_, make) => {
    const [stepped, compiled] = [parameter(half(initial)), parameter(half(initial))];
    const exact = parameter(half(initial).to('float32'));
    const [own, other, reference] = [make(stepped), make(compiled), make(exact)];
    const step = compile((gradient: Tensor) => other.step([gradient]));
    for (const values of gradients) {
      // The same optimizer with float32 parameters, which are rounded by hand after each step.
      reference.step([half(values).to('float32')]);
      assign(exact, exact.to('float16').to('float32'));
      own.step([half(values)]);
      step(half(values));
      expect([stepped.dtype, compiled.dtype]).toEqual(['float16', 'float16']);
      expect(await stepped.toArray()).toEqual(await exact.toArray());
      expect(await compiled.toArray()).toEqual(await exact.toArray());
    }
  });

  it("SGD with momentum moves as PyTorch's does, whose buffer is float16", async () => {
    // torch 1.13: p = [1, 2, −3].half(); two steps of SGD(lr 0.1, momentum 0.9) by [0.5, 0.1, −0.25].half().
    const p = parameter(half([1, 2, -3]));
    const optimizer = new SGD([p], { learningRate: 0.1, momentum: 0.9 });
    for (let i = 0; i < 2; i++) optimizer.step([half([0.5, 0.1, -0.25])]);
    const torch = [0.85546875, 1.9716796875, -2.927734375];
    const got = (await p.toArray()) as number[];
    // One unit in the last place: roundings of the buffer and of products, which are not made here.
    got.forEach((value, i) => expect(Math.abs(value - (torch[i] as number))).toBeLessThanOrEqual(2 ** -9));
  });

  it('AdamW goes by gradients whose squares are 0 in float16', async () => {
    const p = parameter(half([1, 1]));
    new AdamW([p], { learningRate: 0.125, weightDecay: 0 }).step([half([2 ** -14, -(2 ** -20)])]);
    // eps counts beside the smaller gradient: the root of v is 2⁻²⁰ = 95 eps.
    const moves = [2 ** -14, -(2 ** -20)].map((g) => (0.125 * g) / (Math.abs(g) + 1e-8));
    expect(await p.toArray()).toEqual(moves.map((move) => roundToHalf(1 - move)));
  });

  it('the norm of gradients beyond 255 is finite, and scales them', async () => {
    const { grads, norm } = clipGradientNorm([half([30000, 0]), half([40000])], 5);
    expect([norm.dtype, await norm.item()]).toEqual(['float32', 50000]);
    expect(grads.map(({ dtype }) => dtype)).toEqual(['float16', 'float16']);
    expect(await Promise.all(grads.map((x) => x.toArray()))).toEqual([[3, 0], [4]]);
  });

  it('averages, slow weights and sums of gradients are kept in float32', async () => {
    const p = parameter(half([1]));
    const ema = new EMA(new Accumulation(new SGD([p], { learningRate: 1 }), { steps: 2 }), { decay: 0.5 });
    // Their sum is 2049, in float16 2048, which would give −1023.
    for (const gradient of [2048, 1]) ema.step([half([gradient])]);
    expect(await p.toArray()).toEqual([-1023.5]);
    ema.apply();
    expect([p.dtype, await p.toArray()]).toEqual(['float16', [-1023.5]]);
    ema.restore();
    expect(await p.toArray()).toEqual([-1023.5]);

    const slow = parameter(half([1]));
    const lookahead = new Lookahead(new SGD([slow], { learningRate: 1 }), { steps: 2, alpha: 0.5 });
    for (let i = 0; i < 2; i++) lookahead.step([half([1])]);
    expect([slow.dtype, ...((await slow.toArray()) as number[])]).toEqual(['float16', 0]);
    const state = lookahead.stateDict();
    lookahead.loadStateDict(state);
    expect(await slow.toArray()).toEqual([0]);
  });

  it('minimize trains them', async () => {
    const p = parameter(half([4, -2]));
    const optimizer = new AdamW([p], { learningRate: 0.5, weightDecay: 0 });
    const step = compile(() => minimize(optimizer, () => p.square().sum(), { clipNorm: 10 }));
    let loss = NaN;
    for (let i = 0; i < 40; i++) loss = await step().item();
    expect(loss).toBeLessThan(0.3);
  });
});
