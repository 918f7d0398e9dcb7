/** What happens between two steps, in which order, and with which weights in place. */
import { ArrayDataset } from '@hebb/data';
import { Linear, Sequential } from '@hebb/layers';
import { crossEntropy, meanSquaredError } from '@hebb/losses';
import { EMA, SGD } from '@hebb/optimizers';
import { manualSeed, setDevice, tensor } from '@hebb/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import { fit, type Callback, type Run } from '../src/index.ts';
import { points } from './support/points.ts';

beforeEach(() => {
  setDevice('wasm');
  manualSeed(1);
});

describe('a pause', () => {
  it('goes through its phases with all callbacks, waits for each, and has nothing in flight', async () => {
    const events: string[] = [];
    const heard = { steps: 0 };
    const slow = (name: string) => async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      events.push(name);
    };
    const observer = (name: string): Callback => ({
      every: { steps: 2 },
      onStep: ({ step }) => void (heard.steps = step),
      onValidation: ({ step }, run) => {
        expect([heard.steps, run.step]).toEqual([step, step]);
        events.push(`${name} validation ${step}`);
      },
      onValidationStart: async (run) => {
        expect(heard.steps).toBe(run.step);
        await slow(`${name} validates`)();
      },
      onEpochEnd: ({ epoch, step }) => void events.push(`${name} epoch ${epoch} ${step}`),
      onPause: slow(`${name} pause`),
      onTrainEnd: slow(`${name} end`),
    });
    const saver: Callback = { every: { steps: 2 }, onSave: slow('save'), onTrainEnd: slow('saver end') };
    const model = new Sequential(new Linear(2, 2));
    await fit(model, points(12), {
      loss: crossEntropy,
      optimizer: new SGD(model, { learningRate: 0.1 }),
      epochs: 1,
      batchSize: 4,
      validation: points(8, 2),
      validateEvery: { steps: 2 },
      callbacks: [observer('a'), saver, observer('b')],
    });
    expect(events).toEqual([
      ...['a validates', 'b validates', 'a validation 2', 'b validation 2', 'a pause', 'b pause', 'save'],
      ...['a validates', 'b validates', 'a validation 3', 'b validation 3', 'a epoch 1 3', 'b epoch 1 3'],
      ...['saver end', 'a end', 'b end'],
    ]);
  });

  it('in which a callback stops the run is the last one, with what is saved saying so', async () => {
    const saved: unknown[] = [];
    const model = new Sequential(new Linear(2, 2));
    const history = await fit(model, points(40), {
      loss: crossEntropy,
      optimizer: new SGD(model),
      steps: 100,
      batchSize: 4,
      callbacks: [
        { every: { steps: 3 }, onSave: (run) => void saved.push(run.checkpointParts['run']?.stateDict()) },
        { every: { steps: 6 }, onPause: (run: Run) => run.stop('six are enough') },
      ],
    });
    expect(history).toMatchObject({ stopReason: 'six are enough', interrupted: false });
    expect(history.losses).toHaveLength(6);
    expect(saved).toMatchObject([{ stopReason: undefined }, { stopReason: 'six are enough' }]);
  });
});

it('averages take the place of the parameters for validation and at the end, and of nothing else', async () => {
  // w starts at 4 and is halved by every step: 2, 1, 0.5. The average with decay 1/2: 2, 1.5, 1.
  const column = (values: number[]): { data: Float32Array; shape: number[] } => ({ data: Float32Array.from(values), shape: [1] }); // prettier-ignore
  const data = new ArrayDataset({ x: column([1, 1]), y: column([0, 0]) });
  const model = new Sequential(new Linear(1, 1, { bias: false }));
  model.loadStateDict({ '0.weight': tensor([[4]]) });
  const optimizer = new EMA(new SGD(model, { learningRate: 0.25 }), { decay: 0.5 });
  const weight = async (): Promise<number> => (await model.parameters()[0]?.data())?.[0] ?? Number.NaN;
  const seen: number[][] = [];
  const options = { loss: meanSquaredError, optimizer, batchSize: 2, validation: data };
  const history = await fit(model, data, {
    ...options,
    epochs: 3,
    callbacks: [
      {
        onValidation: async (_, run) =>
          void seen.push([await weight(), await run.withAverages(weight), await weight()]),
        onSave: async () => void seen.push([await weight()]),
        onTrainEnd: async () => void seen.push([await weight()]),
      },
    ],
  });
  expect(history.epochs.map(({ validationLoss }) => validationLoss)).toEqual([4, 2.25, 1]);
  expect(seen).toEqual([[2, 2, 2], [2], [1, 1.5, 1], [1], [0.5, 1, 0.5], [0.5], [0.5]]);
  expect([optimizer.isApplied, await weight()]).toEqual([true, 1]);
  // The next run goes on from the trained values: 0.5 → 0.25.
  const { losses } = await fit(model, data, { ...options, epochs: 1 });
  expect(losses).toEqual([0.25]);
  optimizer.restore();
  expect(await weight()).toBe(0.25);
});
