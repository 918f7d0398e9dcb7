/** `minimize`: one step down a loss, recorded and compiled, for one optimizer or several, at batches of changing size. */
import { valueAndGrad } from '@hebb/autograd';
import { ArgumentError, compile, device, setDevice, tensor, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import {
  Accumulation,
  AdamW,
  clipGradientNorm,
  clipGradientValue,
  EMA,
  LBFGS,
  minimize,
  OptimizerWrapper,
  SGD,
  type Gradients,
} from '../src/index.ts';

const parameter = (values: number[]): Tensor => variable(tensor(values), { requiresGrad: true });
const batch = (rows: number, seed: number): Tensor =>
  tensor(
    Float32Array.from({ length: rows * 3 }, (_, i) => Math.sin(seed + i)),
    { shape: [rows, 3] },
  );
const sizes = [4, 4, 7, 4, 1, 7, 2];

describe('optimizers whose steps cannot be recorded', () => {
  beforeAll(() => setDevice('wasm'));
  const asynchronous = (): SGD => {
    class Asynchronous extends SGD {
      static override readonly type: string = 'Asynchronous';
      override step(): void {
        return Promise.reject(new Error('nobody hears this')) as never;
      }
    }
    return new Asynchronous([parameter([1])]);
  };

  it('refuses L-BFGS at the call, compiled or not, and around it', () => {
    const weight = parameter([3, -4]);
    const optimizer = new LBFGS([weight]) as never;
    const loss = (): Tensor => weight.square().sum();
    const step = compile(() => minimize(optimizer, loss));
    for (const body of [() => minimize(optimizer, loss), () => step(), () => new EMA(optimizer, { decay: 0.5 })]) {
      expect(body).toThrow(ArgumentError);
      expect(body).toThrow(/a step of LBFGS takes a function that records the loss[^]*await optimizer.step/);
    }
  });

  it("refuses a step that returns a promise, whose rejection is nobody's", () => {
    const optimizer = asynchronous();
    const loss = (): Tensor => [...optimizer.parameters.values()][0]?.sum() as Tensor;
    expect(() => minimize(optimizer, loss)).toThrow('[minimize] the step of Asynchronous is asynchronous');
    expect(() => minimize(new Accumulation(optimizer, { steps: 1 }), loss)).toThrow(
      '[Accumulation.step] the step of Asynchronous is asynchronous',
    );
  });
});

describe.each(devices)('minimize on %s', (name) => {
  beforeAll(() => setDevice(name));

  it.each([{}, { clipNorm: 0.25 }, { clipValue: 0.125 }, { clipNorm: 0.25, clipValue: 0.125 }])(
    'is gradients, clipping (%o) and a step',
    async (options) => {
      const run = async (step: (weight: Tensor, optimizer: AdamW) => (x: Tensor) => Tensor): Promise<unknown> => {
        const weight = parameter([1, -2, 3]);
        const own = step(weight, new AdamW({ weight }, { learningRate: 0.1 }));
        const losses = [];
        for (const [i, rows] of sizes.entries()) losses.push(await own(batch(rows, i)).item());
        return [losses, await weight.toArray()];
      };
      const lossOf = (weight: Tensor, x: Tensor): Tensor => x.mul(weight).sum(-1).square().mean();
      const byHand = await run((weight, optimizer) => (x) => {
        const { value, grads } = valueAndGrad(() => lossOf(weight, x), optimizer.parameters);
        const { clipNorm, clipValue } = { clipNorm: undefined, clipValue: undefined, ...options };
        const bounded = clipValue === undefined ? grads : clipGradientValue(grads, clipValue);
        optimizer.step(clipNorm === undefined ? bounded : clipGradientNorm(bounded, clipNorm).grads);
        return value;
      });
      const record = (weight: Tensor, optimizer: AdamW) => (x: Tensor) =>
        minimize(optimizer, () => lossOf(weight, x), options);
      expect(await run(record)).toEqual(byHand);
      expect(await run((weight, optimizer) => compile(record(weight, optimizer)))).toEqual(byHand);
    },
  );

  it('two networks in turns, in one compiled step: the same losses as recorded', async () => {
    const run = async (compiled: boolean): Promise<unknown> => {
      const [g, d] = [parameter([0.5, -0.5, 0.25]), parameter([1, 2, -1])];
      const [optG, optD] = [
        new EMA(new AdamW({ g }), { decay: 0.9 }),
        new SGD({ d }, { learningRate: 0.05, momentum: 0.9 }),
      ];
      const score = (x: Tensor): Tensor => x.mul(d).sum(-1).sigmoid().log();
      const record = ({ x, noise }: { x: Tensor; noise: Tensor }): Record<'dLoss' | 'gLoss' | 'fake', Tensor> => {
        const fake = noise.mul(g);
        const dLoss = minimize(optD, () => score(x).mean().neg().add(score(fake.detach()).mean()));
        // The generator meets the discriminator as it is after its step.
        const { loss, mean } = minimize(optG, () => {
          const made = noise.mul(g);
          return { loss: score(made).mean().neg(), mean: made.mean() };
        });
        return { dLoss, gLoss: loss, fake: mean };
      };
      const step = compiled ? compile(record) : record;
      const losses: number[] = [];
      for (const [i, rows] of sizes.entries()) {
        const { dLoss, gLoss, fake } = step({ x: batch(rows, i), noise: batch(rows, -i) });
        losses.push(await dLoss.item(), await gLoss.item(), await fake.item());
      }
      return [losses, await g.toArray(), await d.toArray()];
    };
    const recorded = (await run(false)) as [number[]];
    expect(recorded[0].every(Number.isFinite)).toBe(true);
    expect(await run(true)).toEqual(recorded);
  });
});

/** A wrapper of a user: it hands gradients on. */
class Counting extends OptimizerWrapper {
  calls = 0;

  step(given?: Gradients): void {
    this.calls++;
    this.stepWrapped(given);
  }
  protected ownState(): Readonly<Record<string, never>> {
    return {};
  }
  protected ownDifferences(): readonly string[] {
    return [];
  }
  protected loadOwnState(): void {
    // It has none.
  }
}

describe('minimize', () => {
  beforeAll(() => setDevice('reference'));

  it('clips what has been gathered, not its parts', async () => {
    const weight = parameter([0]);
    const optimizer = new EMA(new Accumulation(new SGD({ weight }, { learningRate: 1 }), { steps: 2 }));
    for (const slope of [10, -9]) minimize(optimizer, () => weight.mul(slope).sum(), { clipNorm: 0.25 });
    // The mean is 0.5; parts of norm 0.25 would have cancelled.
    expect((await weight.data())[0]).toBeCloseTo(-0.25, 5);
  });

  it('clips what has been gathered inside of a wrapper that knows nothing of it, and nothing later', async () => {
    const weight = parameter([0]);
    const inner = new Accumulation(new SGD({ weight }, { learningRate: 1 }), { steps: 2 });
    const optimizer = new Counting(inner);
    for (const slope of [10, -9]) minimize(optimizer, () => weight.mul(slope).sum(), { clipNorm: 0.25 });
    expect((await weight.data())[0]).toBeCloseTo(-0.25, 5);
    for (const slope of [10, -9]) minimize(optimizer, () => weight.mul(slope).sum());
    expect((await weight.data())[0]).toBeCloseTo(-0.75, 5);
    expect(optimizer.calls).toBe(4);
  });

  it('says what is missing', () => {
    const [weight, other] = [parameter([1]), parameter([2])];
    const optimizer = new SGD({ weight });
    const attempt = (body: () => unknown, message: string): void => {
      expect(body).toThrow(ArgumentError);
      expect(body).toThrow(message);
    };
    attempt(() => minimize(optimizer, () => other.sum()), 'the loss does not depend on the parameter');
    attempt(() => minimize(optimizer, () => ({ error: weight.sum() }) as never), 'an object with the tensor loss');
    attempt(() => minimize(optimizer, (async () => weight.sum()) as never), 'it must not be async');
    attempt(() => minimize({} as never, () => weight.sum()), 'hint: Make one for the model: new AdamW(model).');
    weight.trainable = false;
    attempt(() => minimize(optimizer, () => weight.sum()), 'all parameters of the optimizer are frozen');
    attempt(() => minimize(optimizer, () => weight.sum(), { clip: 1 } as never), "there is no option 'clip'");
    expect(optimizer.stepCount).toBe(0);
  });

  it('records one plan for a rate, a factor and a count that change', () => {
    setDevice('wasm');
    const weight = parameter([1, 2]);
    const optimizer = new AdamW({ weight });
    const record = (): Tensor => minimize(optimizer, () => weight.square().sum());
    for (let i = 0; i < 2; i++) record();
    void record().item();
    const { misses } = device.stats().planCache;
    for (let i = 0; i < 20; i++) {
      optimizer.factor = 1 / (i + 1);
      optimizer.learningRate *= 0.9;
      const [group] = optimizer.groups;
      if (group !== undefined) Object.assign(group.options, { betas: [0.9 - i / 100, 0.99], eps: i * 1e-8, weightDecay: 0.1 / (i + 1) }); // prettier-ignore
      void record().item();
    }
    expect(device.stats().planCache.misses).toBe(misses);
  });
});
