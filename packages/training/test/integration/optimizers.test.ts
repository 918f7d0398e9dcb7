/** Optimizers of models: a part of a frozen network with two rates, and states that go through a file. */
import { BatchNorm1d, Dropout, Linear, ReLU, Sequential, type StateDict } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { Accumulation, AdamW, EMA, minimize, SGD, type WrapperState } from '@hebb/optimizers';
import { compile, manualSeed, randint, randn, setDevice, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeState, encodeState } from '../../src/index.ts';

beforeAll(() => setDevice('wasm'));

interface Network {
  readonly model: Sequential;
  readonly first: Linear;
  readonly body: Linear;
  readonly head: Linear;
}

function network(): Network {
  const [first, body, head] = [new Linear(6, 8), new Linear(8, 8), new Linear(8, 3)];
  const model = new Sequential(first, new BatchNorm1d(8), new ReLU(), new Dropout(0.25), body, new ReLU(), head);
  return { model, first, body, head };
}

const batches = (): { x: Tensor; y: Tensor }[] =>
  [5, 5, 8, 5, 3, 8, 5, 5].map((rows) => ({ x: randn([rows, 6]), y: randint([rows], 0, 3) }));

describe('a part of a frozen network with two rates', () => {
  const run = async (compiled: boolean): Promise<{ losses: number[]; weights: unknown[]; names: string[][] }> => {
    manualSeed(5);
    const { model, first, body, head } = network();
    const data = batches();
    model.freeze();
    for (const part of [body, head]) part.unfreeze();
    const optimizer = new AdamW(model, {
      learningRate: 1e-3,
      groups: [
        { module: head, learningRate: 1e-2 },
        { match: /bias$/, weightDecay: 0 },
      ],
    });
    const before = await first.weight.toArray();
    const record = ({ x, y }: { x: Tensor; y: Tensor }): Tensor =>
      minimize(optimizer, () => crossEntropy(model.forward(x), y));
    const step = compiled ? compile(record) : record;
    const losses: number[] = [];
    for (const [i, batch] of data.entries()) {
      if (i === 4) first.unfreeze();
      losses.push(await step(batch).item());
      if (i === 3) expect(await first.weight.toArray()).toEqual(before);
    }
    expect(await first.weight.toArray()).not.toEqual(before);
    const { state, groups } = optimizer.stateDict();
    expect([state.get('0.weight')?.step, state.get('4.weight')?.step, state.get('6.bias')?.step]).toEqual([4, 8, 8]);
    expect(state.has('1.weight')).toBe(false);
    return {
      losses,
      weights: await Promise.all(model.parameters().map((weight) => weight.toArray())),
      names: groups.map(({ parameters }) => [...parameters]),
    };
  };

  it('trains the same compiled as recorded, counts steps apart and leaves the rest alone', async () => {
    const recorded = await run(false);
    expect(recorded.names).toEqual([
      ['0.weight', '1.weight', '4.weight'],
      ['6.weight', '6.bias'],
      ['0.bias', '1.bias', '4.bias'],
    ]);
    expect(await run(true)).toEqual(recorded);
  });
});

describe('states', () => {
  it('of wrappers around a wrapper go through a file, and the run goes on to the same bits', async () => {
    const run = async (cut?: number): Promise<unknown> => {
      manualSeed(7);
      const data = batches();
      const make = () => {
        const model = new Sequential(new Linear(6, 8), new ReLU(), new Linear(8, 3));
        const inner = new AdamW(model, { groups: [{ match: /^2\./, learningRate: 1e-2, betas: [0.8, 0.9] }] });
        const optimizer = new EMA(new Accumulation(inner, { steps: 3 }), { decay: 0.75 });
        const step = compile(({ x, y }: { x: Tensor; y: Tensor }) =>
          minimize(optimizer, () => crossEntropy(model.forward(x), y), { clipNorm: 1 }),
        );
        return { model, optimizer, step };
      };
      let { model, optimizer, step } = make();
      const losses: number[] = [];
      for (const [i, batch] of data.entries()) {
        if (i === cut) {
          optimizer.factor = 0.5;
          const bytes = await encodeState({ optimizer: optimizer.stateDict(), model: model.stateDict() });
          ({ model, optimizer, step } = make());
          const read = decodeState(bytes) as { optimizer: WrapperState; model: StateDict };
          model.loadStateDict(read.model);
          expect(optimizer.differences(read.optimizer)).toEqual([]);
          optimizer.loadStateDict(read.optimizer);
          expect(optimizer.factor).toBe(0.5);
          optimizer.factor = 1;
        }
        losses.push(await step(batch).item());
      }
      optimizer.apply();
      return [losses, await Promise.all(model.parameters().map((weight) => weight.toArray()))];
    };
    const whole = await run();
    for (const cut of [1, 3, 5]) expect(await run(cut)).toEqual(whole);
  });

  it('an optimizer of its own class says what is different', () => {
    const { model } = network();
    expect(new SGD(model).differences(new AdamW(model).stateDict())).toEqual([
      'the state is that of AdamW, not of SGD',
    ]);
  });
});
