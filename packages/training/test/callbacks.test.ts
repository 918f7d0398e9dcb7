/** What callbacks do to a run, on purpose or not. */
import { DataLoader, type ArrayBatch, type Batches, type LoadedBatch } from '@hebb/data';
import { BatchNorm1d, Dropout, Linear, Sequential } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { EMA, PlateauSchedule, SGD } from '@hebb/optimizers';
import { manualSeed, setDevice } from '@hebb/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import { EarlyStopping, fit, TrainingRun, type Callback, type FitOptions, type History } from '../src/index.ts';
import { points } from './support/points.ts';

beforeEach(() => {
  setDevice('wasm');
});

/** Three epochs of two steps with dropout. */
async function train(
  callback: Callback | undefined,
  options: Partial<FitOptions> = {},
  model = new Sequential(new Linear(2, 8), new Dropout(0.5), new Linear(8, 2)),
): Promise<History> {
  return await fit(model, points(16), {
    loss: crossEntropy,
    optimizer: new SGD(model, { learningRate: 0.1 }),
    epochs: 3,
    batchSize: 8,
    seed: 1,
    callbacks: callback === undefined ? [] : [callback],
    ...options,
  });
}

const later = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

it('an onStep that returns a promise ends the run by what it rejects with', async () => {
  const failing = { onStep: async () => await Promise.reject(new Error('no such table')) } as unknown as Callback;
  await expect(train(failing)).rejects.toThrow('no such table');
});

it.each<readonly [string, Callback]>([
  ['a step', { onStep: (record) => void ((record as { loss: number }).loss = 0) }],
  ['scalars of a step', { onStep: ({ scalars }) => void ((scalars as { loss: number }).loss = 0) }],
  ['an epoch', { onEpochEnd: (record) => void ((record as { epoch: number }).epoch = 7) }],
  ['metrics of an epoch', { onEpochEnd: ({ metrics }) => void ((metrics as Record<string, number>)['mine'] = 1) }],
  ['a validation', { onValidation: (record) => void ((record as { validationLoss: number }).validationLoss = 0) }],
])('the record of %s cannot be written to: others read it', async (_, callback) => {
  await expect(train(callback, { validation: points(8, 2) })).rejects.toThrow(/read only|not extensible/);
});

describe('a callback that leaves a model in evaluation mode', () => {
  it('does not turn dropout off: modes are put back, and the history says so', async () => {
    manualSeed(1);
    const right = await train(undefined);
    expect(right.warnings).toBeUndefined();
    manualSeed(1);
    const { losses, warnings } = await train({
      onEpochEnd: ({ epoch }, { model }) => void (epoch === 1 && model.eval()),
    });
    expect(losses).toEqual(right.losses);
    expect(warnings).toEqual([
      'After step 2 a callback left model in another mode, with eval() or train(); it was put back.',
    ]);
  });

  it('at a step: the next ones and the validation are in training mode again', async () => {
    manualSeed(1);
    const right = await train(undefined, { validation: points(8, 2) });
    manualSeed(1);
    const modes: boolean[] = [];
    const { losses, warnings } = await train(
      {
        onStep: (_, { model }) => {
          modes.push(model.training);
          model.eval();
        },
      },
      { validation: points(8, 2) },
    );
    expect(losses).toEqual(right.losses);
    expect(modes).toEqual([true, true, true, true, true, true]);
    expect(warnings).toEqual([
      'At step 1 onStep of a callback left model in another mode, with eval() or train(); it was put back, as after every step.',
    ]);
  });

  it('may do so with a part of it', async () => {
    const norm = new BatchNorm1d(2);
    const modes: boolean[] = [];
    await train(
      { onEpochEnd: ({ epoch }) => void (epoch === 1 && norm.eval()), onStep: () => modes.push(norm.training) },
      {},
      new Sequential(norm, new Linear(2, 2)),
    );
    expect(modes).toEqual([true, true, false, false, false, false]);
  });
});

it('a run is stopped, and warned of, by a text', async () => {
  const stopping = { onEpochEnd: (_: unknown, run: { stop(reason?: string): void }) => run.stop() } as Callback;
  await expect(train(stopping)).rejects.toThrow(/\[fit, run\.stop\] the reason must be a string, not undefined/);
  const warning = { onEpochEnd: (_: unknown, run: { warn(text: unknown): void }) => run.warn({}) } as Callback;
  await expect(train(warning)).rejects.toThrow(/\[fit, run\.warn\] the warning must be a string/);
});

it('averages stay in place until the last who asked for them has ended', async () => {
  const model = new Sequential(new Linear(2, 2));
  const optimizer = new EMA(new SGD(model, { learningRate: 0.1 }), { decay: 0.5 });
  const seen: [string, boolean][] = [];
  const callback: Callback = {
    async onEpochEnd(_, run) {
      const reading = (name: string, milliseconds: number): Promise<void> =>
        run.withAverages(async () => {
          await later(milliseconds);
          seen.push([name, optimizer.isApplied]);
        });
      await Promise.all([reading('short', 1), reading('long', 20)]);
      seen.push(['after', optimizer.isApplied]);
    },
  };
  await train(callback, { optimizer, epochs: 1 }, model);
  expect(seen).toEqual([
    ['short', true],
    ['long', true],
    ['after', false],
  ]);
});

it('a signal ends a validation whose next batch never comes', async () => {
  const controller = new AbortController();
  const loader = new DataLoader(points(16, 2), { batchSize: 8 });
  let passes = 0;
  const stuck: Batches = {
    ...{ length: 2, exampleCount: 16 },
    async *batches(): AsyncGenerator<LoadedBatch<ArrayBatch>> {
      passes++;
      for await (const batch of loader.batches()) {
        yield batch;
        if (passes < 2) continue;
        setTimeout(() => controller.abort(), 5);
        await new Promise(() => undefined);
      }
    },
  };
  const history = await train(undefined, { validation: stuck, signal: controller.signal });
  expect([history.interrupted, history.validations.length, history.losses.length]).toEqual([true, 0, 2]);
});

it('scalars may have the names of properties that every object has', async () => {
  const model = new Sequential(new Linear(2, 2));
  const optimizer = new SGD(model, { learningRate: 0.1 });
  const run = new TrainingRun({
    parts: { model, optimizer },
    data: new DataLoader(points(16), { batchSize: 8 }),
    epochs: 1,
  });
  const scalars = JSON.parse('{ "loss": 1, "__proto__": 3, "constructor": 5 }') as { loss: number };
  for await (const _ of run) void run.report(scalars);
  expect(run.history.epochs[0]?.scalars).toEqual(scalars);
  expect(run.history.scalars['constructor']).toEqual([5, 5]);
  // Nothing was written into what all objects have in common.
  const inherited: string[] = [];
  for (const name in {}) inherited.push(name);
  expect([inherited, Object.keys(Object)]).toEqual([[], []]);
});

it('a callback or schedule with a state takes part in one run at a time', async () => {
  const stopping = new EarlyStopping({ patience: 1 });
  const [first, second] = await Promise.allSettled([train(stopping), train(stopping)]);
  expect(first.status).toBe('fulfilled');
  expect(String(second.status === 'rejected' && second.reason)).toMatch(
    /another run is training this already: .*EarlyStopping/i,
  );
  await train(stopping);
  const schedule = new PlateauSchedule();
  await expect(Promise.all([1, 2].map(() => train(undefined, { schedule })))).rejects.toThrow(
    /another run is training this already/,
  );
  const counting = { steps: 0, onStep: (): void => void counting.steps++ };
  await Promise.all([train(counting), train(counting)]);
  expect(counting.steps).toBe(12);
});
