/** EMA, SWA, Lookahead, Accumulation: PyTorch's numbers, alone and around one another, recorded and compiled, and from saved states. */
import { ArgumentError, compile, manualSeed, randn, setDevice, tensor, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { expectClose, golden, toTensor, type Stored } from '../../tensor/test/support/golden.ts';
import { makers, sgd, stepOf } from './support/wrappers.ts';
import { Accumulation, AdamW, averagingOf, EMA, Lookahead, SGD, SWA, type TrainingOptimizer } from '../src/index.ts';

interface Run {
  readonly after: readonly Stored[];
  readonly averages: readonly Stored[];
}
const { initial, gradients, ...runs } = golden(new URL('golden/wrappers.json', import.meta.url)) as {
  readonly initial: Stored;
  readonly gradients: readonly Stored[];
} & Readonly<Record<'ema' | 'swa' | 'lookahead' | 'accumulation' | 'clippedAccumulation', Run>>;

const parameter = (value: Tensor = toTensor(initial)): Tensor => variable(value, { requiresGrad: true });
const all = Object.entries(runs) as [keyof typeof runs, Run][];

describe.each(devices)('wrappers on %s', (device) => {
  beforeAll(() => setDevice(device));

  describe.each(all)('%s', (name, { after, averages }) => {
    it.each([false, true])("steps and averages are PyTorch's (compiled: %s)", async (compiled) => {
      const weight = parameter();
      const optimizer = (makers[name] as (typeof makers)[string])(weight);
      const record = stepOf(name, optimizer, weight);
      const step = compiled ? compile(record) : record;
      for (const [i, gradient] of gradients.entries()) {
        step(toTensor(gradient));
        if (i % 3 !== 1) continue; // three steps in a row, also
        await expectClose(weight, after[i] as Stored, `step ${i}`);
        optimizer.apply();
        expect(optimizer.isApplied).toBe(averagingOf(optimizer) !== undefined);
        await expectClose(weight, averages[i] as Stored, `average after step ${i}`);
        optimizer.restore();
        expect(optimizer.isApplied).toBe(false);
        await expectClose(weight, after[i] as Stored, `step ${i}, restored`);
      }
    });

    it.each([1, 2, 5, 8])('goes on from the state after %i steps, applied or not', async (count) => {
      const first = parameter();
      const started = (makers[name] as (typeof makers)[string])(first);
      for (const gradient of gradients.slice(0, count)) stepOf(name, started, first)(toTensor(gradient));
      for (const applied of [false, true]) {
        if (applied) started.apply();
        const weight = parameter(first.detach());
        const optimizer = (makers[name] as (typeof makers)[string])(weight);
        expect(optimizer.differences(started.stateDict())).toEqual([]);
        optimizer.loadStateDict(started.stateDict());
        expect(optimizer.isApplied).toBe(started.isApplied);
        optimizer.restore();
        const step = compile(stepOf(name, optimizer, weight));
        for (const gradient of gradients.slice(count)) step(toTensor(gradient));
        await expectClose(weight, after.at(-1) as Stored, 'at the end');
        optimizer.apply();
        await expectClose(weight, averages.at(-1) as Stored, 'average at the end');
      }
    });
  });

  it('a step from .grad is one by the same gradients', async () => {
    for (const [name, { after }] of all) {
      if (name === 'clippedAccumulation') continue;
      const weight = parameter();
      const optimizer = (makers[name] as (typeof makers)[string])(weight);
      for (const gradient of gradients) {
        weight.grad = toTensor(gradient);
        optimizer.step();
        optimizer.zeroGrad();
      }
      await expectClose(weight, after.at(-1) as Stored, name);
    }
  });
});

describe('wrappers around one another', () => {
  const nests: Readonly<Record<string, (weight: Tensor) => TrainingOptimizer>> = {
    'EMA of Accumulation': (weight) => new EMA(new Accumulation(new AdamW({ weight }), { steps: 3 }), { decay: 0.5 }),
    'Accumulation of EMA': (weight) => new Accumulation(new EMA(new AdamW({ weight }), { decay: 0.5 }), { steps: 3 }),
    'EMA of Lookahead of Accumulation': (weight) =>
      new EMA(new Lookahead(new Accumulation(new AdamW({ weight }), { steps: 2 }), { steps: 2 }), { decay: 0.5 }),
    'SWA of Lookahead': (weight) => new SWA(new Lookahead(new AdamW({ weight }), { steps: 2 }), { from: 2, every: 2 }),
  };

  it.each(Object.entries(nests))('%s: compiled as recorded, cut and resumed as uncut', async (_, make) => {
    setDevice('wasm');
    const run = async (compiled: boolean, cut?: number): Promise<unknown> => {
      manualSeed(3);
      let weight = parameter();
      let optimizer = make(weight);
      const wrap = (): ((gradient: Tensor) => void) => {
        const record = (gradient: Tensor): void => optimizer.step(new Map([['weight', gradient]]));
        return compiled ? compile(record) : record;
      };
      let step = wrap();
      for (const [i, gradient] of gradients.entries()) {
        if (i === cut) {
          const state = optimizer.stateDict();
          weight = parameter(tensor(await weight.data(), { shape: weight.shape }));
          optimizer = make(weight);
          optimizer.loadStateDict(state);
          step = wrap();
        }
        step(toTensor(gradient));
      }
      const trained = await weight.toArray();
      averagingOf(optimizer)?.apply();
      return [trained, await weight.toArray(), optimizer.stepCount];
    };
    const expected = await run(false);
    expect(await run(true)).toEqual(expected);
    for (const cut of [1, 4, 5, 9]) {
      expect(await run(true, cut)).toEqual(expected);
      expect(await run(false, cut)).toEqual(expected);
    }
  });

  it('averages count updates, not gathered gradients, whichever is outside', async () => {
    setDevice('reference');
    const results: unknown[] = [];
    for (const name of ['EMA of Accumulation', 'Accumulation of EMA']) {
      const weight = parameter();
      const optimizer = (nests[name] as (typeof nests)[string])(weight);
      for (const gradient of gradients) optimizer.step(new Map([['weight', toTensor(gradient)]]));
      expect(optimizer.stepCount).toBe(4);
      const trained = await weight.toArray();
      averagingOf(optimizer)?.apply();
      results.push([trained, await weight.toArray()]);
    }
    expect(results[0]).toEqual(results[1]);
  });

  it('several steps in one compiled function decide one after the other', async () => {
    setDevice('wasm');
    const run = async (compiled: boolean): Promise<unknown> => {
      const weight = parameter();
      const optimizer = new SWA(new Accumulation(new AdamW({ weight }), { steps: 2 }), { from: 2, every: 2 });
      const record = (a: Tensor, b: Tensor, c: Tensor): void => {
        for (const gradient of [a, b, c]) optimizer.step(new Map([['weight', gradient]]));
      };
      const step = compiled ? compile(record) : record;
      for (let i = 0; i < 12; i += 3) step(...(gradients.slice(i, i + 3).map(toTensor) as [Tensor, Tensor, Tensor]));
      const trained = await weight.toArray();
      optimizer.apply();
      return [trained, await weight.toArray(), optimizer.stepCount];
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it('a compiled function is recorded once for each thing that a step may do, and no more', () => {
    setDevice('wasm');
    const weight = parameter();
    const optimizer = new EMA(new Lookahead(new Accumulation(new AdamW({ weight }), { steps: 4 }), { steps: 2 }));
    let recordings = 0;
    const step = compile((gradient: Tensor) => {
      recordings++;
      optimizer.step(new Map([['weight', gradient]]));
    });
    for (let i = 0; i < 50; i++) step(randn([2, 3]));
    // Before the first update: gathering and updating; then gathering, updating, updating with a synchronisation.
    expect(recordings).toBe(5);
  });
});

describe('averages in the place of the parameters', () => {
  beforeAll(() => setDevice('reference'));

  it('refuse steps, compiled or not, until they are put back', () => {
    const weight = parameter();
    const optimizer = new EMA(sgd(weight), { decay: 0.5 });
    const record = (gradient: Tensor): void => optimizer.step({ weight: gradient });
    const compiled = compile(record);
    for (const step of [record, compiled]) step(toTensor(gradients[0] as Stored));
    optimizer.apply();
    for (const step of [record, compiled]) {
      expect(() => step(toTensor(gradients[0] as Stored))).toThrow(ArgumentError);
      expect(() => step(toTensor(gradients[0] as Stored))).toThrow('[EMA.step] the parameters hold their averages.');
    }
    expect(optimizer.stepCount).toBe(2);
    optimizer.restore();
    for (const step of [record, compiled]) step(toTensor(gradients[0] as Stored));
    expect(optimizer.stepCount).toBe(4);
    expect(() => compile(() => optimizer.apply())()).toThrow('a compiled function cannot swap weights');
  });

  it('are the trained values before the first average, and applying twice is applying once', async () => {
    const weight = parameter();
    const optimizer = new SWA(sgd(weight), { from: 10 });
    optimizer.step({ weight: toTensor(gradients[0] as Stored) });
    const trained = await weight.toArray();
    optimizer.apply();
    optimizer.apply();
    expect([await weight.toArray(), optimizer.isApplied]).toEqual([trained, true]);
    optimizer.restore();
    optimizer.restore();
    expect([await weight.toArray(), optimizer.isApplied]).toEqual([trained, false]);
  });

  it('leave frozen parameters alone; one that is unfrozen later starts with its own first value', async () => {
    const [a, b] = [1, 1].map((value) => parameter(tensor([value]))) as [Tensor, Tensor];
    const optimizer = new EMA(new SGD({ a, b }, { learningRate: 1 }), { decay: 0.5 });
    b.trainable = false;
    const step = compile((gradient: Tensor) => optimizer.step(new Map([...optimizer.parameters.keys()].map((name) => [name, gradient])))); // prettier-ignore
    step(tensor([1]));
    step(tensor([1])); // a: 0, −1; average 0, −0.5
    b.trainable = true;
    step(tensor([1])); // a −2, average −1.25; b 0, average 0
    optimizer.apply();
    expect([await a.toArray(), await b.toArray()]).toEqual([[-1.25], [0]]);
    optimizer.restore();
    expect([await a.toArray(), await b.toArray()]).toEqual([[-2], [0]]);
  });
});

describe('states of wrappers', () => {
  beforeAll(() => setDevice('reference'));

  it('that do not fit are refused with every difference, those of what is wrapped too', () => {
    const weight = parameter();
    const ema = new EMA(new AdamW({ weight }));
    ema.step({ weight: toTensor(gradients[0] as Stored) });
    const other = parameter(tensor([1, 2]));
    const optimizer = new EMA(new AdamW({ weight: other }));
    expect(optimizer.differences(ema.stateDict())).toEqual([
      'weight.average is float32[2], in the state float32[2,3]',
      'weight.exp_avg is float32[2], in the state float32[2,3]',
      'weight.exp_avg_sq is float32[2], in the state float32[2,3]',
    ]);
    expect(() => optimizer.loadStateDict(ema.stateDict())).toThrow(
      /EMA\.loadStateDict\] the state does not fit: weight\.average/,
    );
    expect(optimizer.stepCount).toBe(0);
    expect(sgd(weight).differences(ema.stateDict())).toEqual(['the state is that of EMA, not of SGD']);
    expect(new SWA(sgd(weight)).differences(ema.stateDict())).toEqual(['the state is that of EMA, not of SWA']);
    expect(new EMA(sgd(weight)).differences(ema.stateDict())).toEqual(['the state is that of AdamW, not of SGD']);
  });
});

describe('Accumulation', () => {
  beforeAll(() => setDevice('reference'));

  it('forgets what it has gathered for a parameter that is frozen before the update', async () => {
    const [a, b] = [1, 1].map((value) => parameter(tensor([value]))) as [Tensor, Tensor];
    const optimizer = new Accumulation(new SGD({ a, b }, { learningRate: 1 }), { steps: 2 });
    const step = (value: number): void => optimizer.step(new Map([...optimizer.parameters.keys()].map((name) => [name, tensor([value])]))); // prettier-ignore
    step(10);
    b.trainable = false;
    step(10);
    b.trainable = true;
    step(2);
    step(4);
    expect([await a.toArray(), await b.toArray()]).toEqual([[-12], [-2]]);
  });
});

it('Accumulation refuses the state of another number of steps, whose sums are of another mean', () => {
  const make = (steps: number): Accumulation =>
    new Accumulation(new SGD([variable(tensor([8]), { requiresGrad: true })]), { steps });
  const [two, three] = [make(2), make(3)];
  three.step([tensor([1])]);
  expect(two.differences(three.stateDict())).toEqual(['it gathers 3 steps for an update, the optimizer 2']);
  expect(() => two.loadStateDict(three.stateDict())).toThrow('it gathers 3 steps for an update, the optimizer 2');
  expect(make(3).differences(three.stateDict())).toEqual([]);
});
