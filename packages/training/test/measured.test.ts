/** What is measured of a model is said in one way: to `fit`, for its validation, and to `evaluate`. */
import { ArrayDataset, DataLoader } from '@hebb/data';
import {
  accuracy,
  classification,
  f1Score,
  meanAbsoluteError,
  MetricsEvaluation,
  multiLabel,
  precision,
  regression,
  scores,
  sequences,
  topKAccuracy,
  type EvaluationTask,
  type Metric,
  type Metrics,
} from '@hebb/evaluation';
import { Identity, Linear, ReLU, Sequential, type Module } from '@hebb/layers';
import { binaryCrossEntropyWithLogits, crossEntropy, meanSquaredError } from '@hebb/losses';
import { minimize, SGD } from '@hebb/optimizers';
import { arange, manualSeed, ones, setDevice, zeros, type Tensor } from '@hebb/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  EarlyStopping,
  evaluate,
  fit,
  TrainingRun,
  type FitOptions,
  type History,
  type LossFunction,
  type Task,
} from '../src/index.ts';
import { points } from './support/points.ts';

beforeEach(() => {
  setDevice('wasm');
  manualSeed(1);
});

const numbers = (count: number, of: (i: number) => number): Float32Array => Float32Array.from({ length: count }, (_, i) => of(i)); // prettier-ignore
const bits = (i: number): number => Number(Math.sin(7 * i) > 0);
const real = new ArrayDataset({
  x: { data: numbers(40, Math.sin), shape: [2] },
  y: { data: numbers(40, Math.cos), shape: [2] },
});
const labelled = new ArrayDataset({
  x: { data: numbers(40, Math.sin), shape: [2] },
  y: { data: numbers(60, bits), shape: [3] },
});

/** A task of one's own: how far outputs are from the field `x`, which no loss knows. */
const distance: EvaluationTask<MetricsEvaluation> = {
  goals: { distance: 'min' },
  reduce: (outputs, { x }) => outputs.sub(x as Tensor).abs().mean(), // prettier-ignore
  start: () => {
    let [sum, count] = [0, 0];
    return {
      update: ({ data }) => {
        sum += Number(data[0]);
        count++;
      },
      result: (run) => new MetricsEvaluation({ distance: sum / count }, run),
    };
  },
};

/** Trains `model` for an epoch, and gives what its validation found. */
async function validated(model: Module, data: ArrayDataset, loss: LossFunction, metrics: Metrics, compiled = true): Promise<Readonly<Record<string, number>>> {
  const optimizer = new SGD(model, { learningRate: 0.01 });
  const { epochs } = await fit(model, data, { loss, optimizer, epochs: 1, validation: data, metrics, compiled });
  return epochs[0]?.metrics ?? {};
} // prettier-ignore

describe.each([true, false])('fit and evaluate take the same and find the same (compiled: %s)', (compiled) => {
  it('of classes', async () => {
    const model = new Sequential(new Linear(2, 4), new ReLU(), new Linear(4, 2));
    const data = points(300); // three batches of an evaluation
    const named = { accuracy, f1: f1Score, top: topKAccuracy.with({ k: 1 }) };
    const task = classification({ metrics: named });
    const found = await validated(model, data, crossEntropy, named, compiled);
    expect(found).toEqual((await evaluate(model, data, named)).metrics);
    expect(found).toEqual((await evaluate(model, data, scores(named))).metrics);
    expect(Object.keys(found)).toEqual(['accuracy', 'f1', 'top']);
    const more = await validated(model, data, crossEntropy, task, compiled);
    expect(more).toEqual((await evaluate(model, data, task)).metrics);
    expect(Object.keys(more)).toEqual([
      'accuracy', 'logLoss', 'macroF1', 'rocAuc', 'averagePrecision', 'f1', 'top',
    ]); // prettier-ignore
  });

  it.each<[string, ArrayDataset, () => Module, LossFunction, Metrics]>([
    ['numbers', real, () => new Linear(2, 2), meanSquaredError, regression({ metrics: { mae: meanAbsoluteError } })],
    ['labels', labelled, () => new Linear(2, 3), binaryCrossEntropyWithLogits, multiLabel({ rankings: true })],
    ['one’s own', real, () => new Linear(2, 2), meanSquaredError, distance],
  ])('of %s', async (_, data, make, loss, metrics) => {
    const model = make() as Linear;
    const found = await validated(model, data, loss, metrics, compiled);
    expect(found).toEqual((await evaluate(model, data, metrics as typeof distance)).metrics);
    expect(Object.values(found).every(Number.isFinite)).toBe(true);
    expect(Object.keys((metrics as typeof distance).goals ?? {}).sort()).toEqual(Object.keys(found).sort());
  });

  it('of tokens, where a task says what its outputs are', async () => {
    const model = new Linear(5, 5);
    const logits = (tokens: Tensor): Tensor => model.forward(arange(5).equal(tokens.unsqueeze(2)).to('float32'));
    const ids = new ArrayDataset({ ids: { data: Int32Array.from({ length: 60 }, (_, i) => (i * i) % 5), shape: [6] } });
    const optimizer = new SGD(model, { learningRate: 0.1 });
    const task: Task<{ ids: Tensor }> = {
      parts: { model, optimizer },
      step: (batch) => ({ loss: minimize(optimizer, () => logits(batch.ids).square().mean()) }),
      output: (batch) => logits(batch.ids),
      compiled,
    };
    const metrics = sequences({ target: 'ids', shift: 1 });
    const stopping = new EarlyStopping({ monitor: 'logLoss', patience: 100 });
    const { epochs } = await fit(task, ids, { epochs: 2, validation: ids, metrics, callbacks: [stopping] });
    const output = (batch: { ids?: Tensor }): Tensor => logits(batch.ids as Tensor);
    // The best weights are back: those of the epoch with the smallest loss per token.
    const best = epochs.reduce((a, b) => ((b.metrics['logLoss'] ?? NaN) < (a.metrics['logLoss'] ?? NaN) ? b : a));
    expect(stopping.bestEpoch).toBe(best.epoch);
    expect(best.metrics).toEqual((await evaluate(model, ids, metrics, { output })).metrics);
    expect(best.validationLoss).toBeUndefined();
  });
});

describe('before the first step', () => {
  /** The message of a run that must not have made a step. */
  async function refusal(model: Module, data: ArrayDataset, options: Partial<FitOptions>): Promise<string> {
    let steps = 0;
    const callbacks = [{ onStep: () => void steps++ }];
    const optimizer = new SGD(model, { learningRate: 0.1 });
    const run = fit(model, data, { loss: binaryCrossEntropyWithLogits, optimizer, epochs: 1, callbacks, validation: data, ...options }); // prettier-ignore
    const { message } = (await run.then(
      () => new Error('nothing was refused'),
      (error: unknown) => error,
    )) as Error;
    expect(steps).toBe(0);
    return message;
  }
  const single = (shape: number[]): ArrayDataset =>
    new ArrayDataset({ x: { data: numbers(40, Math.sin), shape: [2] }, y: { data: numbers(20, bits), shape } });

  it.each([
    ['accuracy', accuracy],
    ['f1Score', f1Score],
    ['precision', precision],
  ])('%s of one logit is refused, also where that is a whole number', async (name, metric) => {
    const expected = new RegExp(`\\[${name}\\] float32\\[20,1\\] is one score for each example, and no threshold.*\\n {2}hint: [^]*${name}\\.with\\(\\{ threshold: 0 \\}\\)`); // prettier-ignore
    const model = new Linear(2, 1);
    expect(await refusal(model, single([1]), { metrics: { metric } })).toMatch(expected);
    model.loadStateDict({ weight: zeros([1, 2]), bias: zeros([1]) });
    expect(await refusal(model, single([1]), { metrics: { metric } })).toMatch(expected);
    await expect(evaluate(model, single([1]), { metric })).rejects.toThrow(expected);
  });

  it('one logit is measured where a threshold says what it means', async () => {
    const model = new Linear(2, 1);
    const data = single([1]);
    const found = await validated(model, data, binaryCrossEntropyWithLogits, { accuracy: accuracy.with({ threshold: 0 }) }); // prettier-ignore
    const { metrics } = await evaluate(model, data, classification());
    expect(found['accuracy']).toBe(metrics['accuracy']);
    const classes = { output: ({ x }: { x?: Tensor }) => model.forward(x as Tensor).greater(0).to('int32').reshape([-1]) }; // prettier-ignore
    expect((await evaluate(model, single([]), { accuracy }, classes)).metrics['accuracy']).toBe(metrics['accuracy']);
  });

  it.each<[string, Partial<FitOptions>, RegExp]>([
    ['labels out of range', { loss: (output) => output.mean(), metrics: classification() }, /labels of field y.*\[\d+\] is 2, not a class from 0 to 1/],
    ['labels out of range of a metric', { loss: (output) => output.mean(), metrics: { accuracy } }, /labels\[\d+\] is 2: the scores are for fewer classes/],
    ['a task for other outputs', { loss: (output) => output.mean(), metrics: sequences() }, /\[sequences\] the task takes logits \[n, length, tokens\]/],
    ['a task for other targets', { loss: (output) => output.mean(), metrics: classification({ target: 'label' }) }, /must have the field label/],
    ['a metric that is called as a loss', { loss: (output) => output.mean(), metrics: { loss: accuracy } }, /\[fit\] a metric is called loss, as a loss of the run is/],
    ['a number of a task that is called so', { loss: (output) => output.mean(), metrics: { ...distance, goals: { validationLoss: 'min' } } }, /a metric is called validationLoss/],
    ['a metric without a name', { metrics: accuracy as never }, /metrics must be metrics by name, or a task, not the function accuracy\.\n {2}hint: Name it: fit\(…, \{ validation, metrics: \{ accuracy \} \}\)/],
    ['a task that is not called', { metrics: classification as never }, /not the function classification\.\n {2}hint: Is it called\?/],
    ['a plain function', { metrics: { mine: (() => 1) as never } }, /metrics\.mine must be a metric, with a goal and start\(\), not [^]*meanMetric/],
    ['goals that are none', { metrics: { ...distance, goals: { distance: 'small' } } as never }, /goals\.distance of the task must be 'min' or 'max', not 'small'/],
  ])('refuses %s', async (_, options, message) => {
    const data = new ArrayDataset({ x: { data: numbers(40, Math.sin), shape: [2] }, y: { data: Int32Array.from({ length: 20 }, (__, i) => i % 3), shape: [] } });
    expect(await refusal(new Linear(2, 2), data, options)).toMatch(message);
  }); // prettier-ignore

  it('a metric may have the name of a method of tasks', async () => {
    const model = new Linear(2, 2);
    const { metrics } = await evaluate(model, points(10), { start: accuracy });
    expect(metrics).toEqual({ start: expect.any(Number) as number });
    expect(await validated(model, points(10), crossEntropy, { start: accuracy, reduce: accuracy })).toMatchObject({ start: expect.any(Number) as number }); // prettier-ignore
  });
});

describe('a run of one’s own', () => {
  async function run(validate: unknown, goals: Readonly<Record<string, 'min' | 'max'>> = {}, monitor = 'loss'): Promise<History> {
    const model = new Linear(2, 2);
    const optimizer = new SGD(model, { learningRate: 0.1 });
    const data = new DataLoader(points(40), { batchSize: 20 });
    const callbacks = [new EarlyStopping({ monitor, patience: 100 })];
    const own = new TrainingRun({ parts: { model, optimizer }, data, epochs: 2, validate: validate as never, goals, callbacks });
    for await (const { x, y } of own) await own.report(minimize(optimizer, () => crossEntropy(model.forward(x as Tensor), y as Tensor)));
    return own.history;
  } // prettier-ignore

  it('is validated by what evaluate returns, or by numbers by name', async () => {
    const data = points(40);
    const task = classification();
    const validate = ({ model }: { model: Linear }): unknown => evaluate(model, data, task);
    const { validations } = await run(validate, task.goals, 'macroF1');
    expect(Object.keys(validations[0]?.metrics ?? {})).toContain('macroF1');
    expect(validations[0]?.validationLoss).toBeUndefined();
    const named = await run(() => ({ loss: 2, accuracy: 0.5 }), { accuracy: 'max' }, 'accuracy');
    expect(named.validations[0]).toMatchObject({ validationLoss: 2, validationScalars: { loss: 2 }, metrics: { accuracy: 0.5 } }); // prettier-ignore
    const parted = await run(() => ({ scalars: { dLoss: 3, gLoss: 4 }, metrics: { fid: 5 } }), {}, 'validationGLoss');
    expect(parted.epochs[1]).toMatchObject({ validationLoss: 3, validationScalars: { dLoss: 3, gLoss: 4 }, metrics: { fid: 5 } }); // prettier-ignore
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /validation must give numbers by name, not undefined\.\n {2}hint: Does the function return/],
    ['a number', 0.5, /validation must give numbers by name, not 0\.5/],
    ['a tensor', { loss: ones([]) }, /loss, found by validation, must be a number, not the tensor float32\[\]\.\n {2}hint: Read it/], // prettier-ignore
    ['text', { metrics: { accuracy: '97 %' } }, /accuracy, found by validation, must be a number, not '97 %'/],
    ['a metric called loss', { metrics: { loss: 1 } }, /a metric is called loss, as a loss of the run is/],
  ])('refuses %s of validate', async (_, value, message) => {
    await expect(run(() => value)).rejects.toThrow(message);
  });

  it('refuses goals that are none', async () => {
    await expect(run(() => ({}), { accuracy: 'high' as never })).rejects.toThrow(/goals\.accuracy must be .*'high'/);
  });
});

it('metrics may have the names of properties that every object has', async () => {
  const logits = { data: Float32Array.of(2, 0, 0, 3, 1, 0), shape: [2] };
  const data = new ArrayDataset({ x: logits, y: { data: Int32Array.of(0, 1, 1), shape: [] } });
  const named = (names: readonly string[]): Readonly<Record<string, Metric>> =>
    Object.fromEntries(names.map((name, i) => [name, i === 0 ? accuracy : f1Score]));
  const { metrics } = await evaluate(new Identity(), data, named(['mine', 'constructor', '__proto__']));
  const { metrics: right } = await evaluate(new Identity(), data, named(['mine', 'f1', 'again']));
  expect(Object.values(metrics)).toEqual(Object.values(right));
  expect(Object.keys(metrics)).toEqual(['mine', 'constructor', '__proto__']);
  const other = await evaluate(new Identity(), data, named(['__proto__', 'constructor']));
  expect(Object.entries(other.metrics)).toEqual([['__proto__', 2 / 3], ['constructor', right.f1]]); // prettier-ignore
});
