/** @module-tag alone: it compares the memory of the device, which garbage of other files would leave meanwhile. */
import { accuracy, meanAbsoluteError } from '@hebb/evaluation';
import { Linear, ReLU, Sequential } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { AdamW, minimize, PlateauSchedule } from '@hebb/optimizers';
import { device, manualSeed, setDevice } from '@hebb/tensor';
import { beforeEach, expect, it } from 'vitest';
import {
  EarlyStopping,
  fit,
  type Callback,
  type FitOptions,
  type History,
  type SupervisedBatch,
  type Task,
} from '../src/index.ts';
import { metricOf, taskWithoutGoals } from './support/metric-of.ts';
import { points } from './support/points.ts';

beforeEach(() => {
  setDevice('wasm');
  manualSeed(1);
});

const classifier = (): Sequential => new Sequential(new Linear(2, 16), new ReLU(), new Linear(16, 2));

async function run(options: Partial<FitOptions>, model = classifier()): Promise<History> {
  return fit(model, points(32), {
    loss: crossEntropy,
    optimizer: new AdamW(model, { learningRate: 0.1 }),
    epochs: 20,
    ...options,
  });
}

/** The weights of a model after every epoch. */
function weightsOf(model: Sequential): { readonly weights: Float32Array[]; readonly callback: Callback } {
  const weights: Float32Array[] = [];
  return {
    weights,
    callback: { onEpochEnd: async () => void weights.push((await model.parameters()[0]?.data()) as Float32Array) },
  };
}

it('stops after the patience and takes the model back to its best epoch', async () => {
  const model = classifier();
  const { weights, callback } = weightsOf(model);
  const stopping = new EarlyStopping({ patience: 2, monitor: 'metric' });
  const history = await run(
    {
      validation: points(10),
      metrics: { metric: metricOf('min', [3, 2, 1, 2, 2, 2, 2]) },
      callbacks: [callback, stopping],
    },
    model,
  );
  expect(history.epochs).toHaveLength(5);
  expect(history.stopReason).toMatch(/metric .* epoch 3 for 2 epochs/);
  expect(stopping.bestEpoch).toBe(3);
  expect(await model.parameters()[0]?.data()).toEqual(weights[2]);
  expect(weights[2]).not.toEqual(weights[4]);
});

it('holds one copy of the model on the device, however often it improves', async () => {
  const model = new Sequential(new Linear(2, 500), new ReLU(), new Linear(500, 500), new ReLU(), new Linear(500, 2));
  model.at(0)?.freeze();
  const frozen = await model.parameters()[0]?.data();
  const bytes: number[] = [];
  const callback: Callback = { onPause: () => void bytes.push(device.memory().usedBytes) };
  const metrics = { metric: metricOf('min', [8, 7, 6, 5, 4, 3, 2, 1]) };
  const stopping = new EarlyStopping({ monitor: 'metric' });
  await run({ epochs: 8, validation: points(10), metrics, callbacks: [stopping, callback] }, model);
  expect(stopping.bestEpoch).toBe(8);
  expect(await model.parameters()[0]?.data()).toEqual(frozen);
  expect((bytes[7] ?? NaN) - (bytes[1] ?? NaN)).toBeLessThan(500 * 500 * 4); // that of one copy
});

it('takes NaN for no improvement: 0.9, NaN, 0.1, 0.2 is best at first', async () => {
  const model = classifier();
  const { weights, callback } = weightsOf(model);
  const stopping = new EarlyStopping({ patience: 3, monitor: 'metric' });
  const metrics = { metric: metricOf('max', [0.9, Number.NaN, 0.1, 0.2, 0.3]) };
  const history = await run({ validation: points(10), metrics, callbacks: [callback, stopping] }, model);
  expect(stopping.bestEpoch).toBe(1);
  expect(history.epochs).toHaveLength(4);
  expect(await model.parameters()[0]?.data()).toEqual(weights[0]);
});

it('measures against the last number, not against NaN', async () => {
  const stopping = new EarlyStopping({ patience: 2, monitor: 'metric' });
  const metrics = { metric: metricOf('min', [Number.NaN, 3, Number.NaN, 2, 4, 5, 1]) };
  await run({ validation: points(10), metrics, callbacks: [stopping] });
  expect(stopping.bestEpoch).toBe(4);
});

it('says so where all are NaN, and leaves the model as it is', async () => {
  const model = classifier();
  const { weights, callback } = weightsOf(model);
  const stopping = new EarlyStopping({ patience: 3, monitor: 'metric' });
  const history = await run(
    { validation: points(10), metrics: { metric: metricOf('max', []) }, callbacks: [callback, stopping] },
    model,
  );
  expect(history.epochs).toHaveLength(3);
  expect(history.stopReason).toBe(
    'metric was not a number (NaN) all 3 times that it was looked at: there is no best state',
  );
  expect(stopping.bestEpoch).toBe(0);
  expect(await model.parameters()[0]?.data()).toEqual(weights[2]);
});

it('asks metrics which way they are better, not their names', async () => {
  // An error that grows and an accuracy that falls are both best at first.
  const bestOf = async (metrics: NonNullable<FitOptions['metrics']>, monitor: string): Promise<number> => {
    const stopping = new EarlyStopping({ patience: 100, monitor });
    await run({ epochs: 3, validation: points(10), metrics, callbacks: [stopping] });
    return stopping.bestEpoch;
  };
  expect(await bestOf({ mae: metricOf('min', [1, 2, 3]) }, 'mae')).toBe(1);
  expect(await bestOf({ mae: metricOf('max', [1, 2, 3]) }, 'mae')).toBe(3);
  expect(meanAbsoluteError.goal).toBe('min');
  expect(accuracy.goal).toBe('max');
});

it.each(['mae', 'rmse', 'score', 'lossless'])('does not guess which way %s is better', async (name) => {
  let steps = 0;
  const given = { validation: points(10), metrics: taskWithoutGoals(name, [3, 2, 1]) };
  const options = { ...given, callbacks: [new EarlyStopping({ monitor: name }), { onStep: () => void steps++ }] };
  await expect(run(options)).rejects.toThrow(
    `[EarlyStopping] nobody says whether a smaller or a larger ${name} is better; known are loss, validationLoss.\n  hint: Say so: { monitor: '${name}', goal: 'min' }`,
  );
  expect(steps).toBe(0);
  const stopping = new EarlyStopping({ monitor: name, goal: 'min', patience: 100 });
  await run({ ...given, epochs: 3, callbacks: [stopping] });
  expect(stopping.bestEpoch).toBe(3);
});

it('says what there is to monitor', async () => {
  const options = { validation: points(10), metrics: { accuracy }, epochs: 1 };
  await expect(run({ ...options, callbacks: [new EarlyStopping({ monitor: 'acuracy' })] })).rejects.toThrow(
    /a larger acuracy is better; known are loss, validationLoss, accuracy\.\n {2}hint: Did you mean accuracy\?/,
  );
  const callbacks = [new EarlyStopping({ monitor: 'fakeLoss' })];
  await expect(run({ epochs: 1, callbacks })).rejects.toThrow(/there is no 'fakeLoss' to monitor; there is loss\./);
});

it('looks at the training loss where there is no validation', async () => {
  const stopping = new EarlyStopping({ patience: 100, minDelta: 1e9 });
  const history = await run({ epochs: 3, callbacks: [stopping] });
  expect(history.epochs).toHaveLength(3);
  expect(stopping.bestEpoch).toBe(1);
});

it('counts validations where they are more than one an epoch', async () => {
  const stopping = new EarlyStopping({ patience: 2, monitor: 'metric' });
  const history = await run({
    batchSize: 8,
    validation: points(10),
    validateEvery: { steps: 1 },
    metrics: { metric: metricOf('min', [2, 1, 3, 3]) },
    callbacks: [stopping],
  });
  expect(history.losses).toHaveLength(4);
  expect(history.stopReason).toMatch(/has not improved on .* of epoch 1 for 2 validations/);
});

it('is refused before the first step where there will be no validation loss to monitor', async () => {
  const model = classifier();
  const optimizer = new AdamW(model, { learningRate: 0.1 });
  let steps = 0;
  const counting: Callback = { onStep: () => void steps++ };
  const measured = (stopping: EarlyStopping, schedule?: PlateauSchedule): Promise<History> => {
    const task: Task<SupervisedBatch> = {
      parts: { model, optimizer },
      step: ({ x, y }) => minimize(optimizer, () => crossEntropy(model.forward(x), y)),
      output: ({ x }) => model.forward(x),
    };
    return fit(task, points(32), { epochs: 1, validation: points(8), metrics: { accuracy }, callbacks: [counting, stopping], ...(schedule && { schedule }) }); // prettier-ignore
  };
  await expect(measured(new EarlyStopping())).rejects.toThrow(
    /no 'validationLoss' to monitor: the task has no validate[^]*validate: \(batch\)[^]*monitor: 'accuracy'/,
  );
  await expect(run({ callbacks: [counting, new EarlyStopping({ monitor: 'validationLoss' })] }, model)).rejects.toThrow(
    /no 'validationLoss' to monitor: the run has no validation/,
  );
  expect(steps).toBe(0);
  await expect(measured(new EarlyStopping({ monitor: 'accuracy' }), new PlateauSchedule())).rejects.toThrow(
    /the schedule follows the validation loss, and validation gives none[^]*observe it in a callback/,
  );
  expect(steps).toBe(0);
  expect((await measured(new EarlyStopping({ monitor: 'accuracy' }))).epochs).toHaveLength(1);
});
