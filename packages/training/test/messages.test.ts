/** What is wrong with a run is said before it, or as soon as it can be known: what was given, what was expected, where, what to do. */
import { inspect } from 'node:util';
import { ArrayDataset, DataLoader, parseCsv, stream, trainTestSplit } from '@hebb/data';
import { accuracy, classification } from '@hebb/evaluation';
import { BatchNorm1d, buffer, Linear, Module, parameter, ReLU, Sequential } from '@hebb/layers';
import { crossEntropy, meanSquaredError } from '@hebb/losses';
import { AdamW, cosineSchedule, minimize, PlateauSchedule, SGD } from '@hebb/optimizers';
import { full, HebbError, manualSeed, oneHot, ones, setDevice, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  EarlyStopping,
  evaluate,
  fit,
  predict,
  type EpochRecord,
  type Task,
  type TrainingError,
} from '../src/index.ts';
import { metricOf } from './support/metric-of.ts';
import { sourceOf } from './support/source.ts';

beforeEach(() => {
  setDevice('wasm');
  manualSeed(1);
});

const x = { data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7), shape: [2] };
const y = { data: Int32Array.of(0, 1, 0, 1), shape: [] };
const data = new ArrayDataset({ x, y });
const classifier = (): Sequential => new Sequential(new Linear(2, 4), new ReLU(), new Linear(4, 2));

/** Options that work, with some replaced. */
function run(change: Record<string, unknown>, model: unknown = classifier(), train: unknown = data): Promise<unknown> {
  const trained = model instanceof Module && model.parameters().length > 0 ? (model as Module) : classifier();
  const options = { loss: crossEntropy, optimizer: new AdamW(trained), epochs: 2, ...change };
  return fit(model as Module, train as ArrayDataset, options);
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('nothing was thrown'),
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(HebbError);
  return (error as Error).message;
}

it('an error is printed once, without its fields', async () => {
  const error: unknown = await run({ loss: 'mse' }).catch((e: unknown) => e);
  const text = inspect(error);
  expect(text).toMatch(/^TrainingError: \[fit\] .*\n {2}hint: /);
  expect(text).not.toContain('undefined');
  expect(text.match(/hint:/g)).toHaveLength(1);
  expect((error as TrainingError).hint).toBeTypeOf('string');
});

describe('what there is nothing to do with', () => {
  it('a time to validate without validation data', async () => {
    expect(await messageOf(run({ validateEvery: { steps: 2 } }))).toMatch(
      /validateEvery says when to validate, and there is nothing[^]*hint: Give \{ validation \}/,
    );
  });

  it('a frozen model, and an optimizer of a frozen part', async () => {
    const model = classifier();
    model.at(0)?.freeze();
    const optimizer = new SGD(model.at(0) as Linear);
    expect(await messageOf(run({ optimizer }, model))).toMatch(/the optimizer has no parameters to train[^]*unfreeze/);
    model.freeze();
    expect(await messageOf(run({ optimizer: new SGD(model) }, model))).toMatch(
      /all 4 parameters of the model, Sequential, are frozen[^]*hint: Take back/,
    );
  });

  it('a stream without batches', async () => {
    const elements = stream([{ x: [0, 1], y: 1 }]);
    expect(await messageOf(run({}, classifier(), elements))).toMatch(/not a Stream[^]*hint: .*stream\.batch\(32\)/);
  });

  it('a schedule over the epochs of a stream', async () => {
    const batches = stream([{ x: [0, 1], y: 1 }])
      .filter(() => true) // how many pass, nobody knows
      .batch(1, { types: { y: 'int32' } });
    expect(await messageOf(run({ schedule: cosineSchedule() }, classifier(), batches))).toMatch(
      /the schedule needs the number of steps, which is not known\.\n {2}hint: .*give \{ steps \} instead of epochs/,
    );
  });
});

describe('metrics', () => {
  it('says that a loss is no metric', async () => {
    const numbers = new ArrayDataset({ x, y: x });
    const model = new Sequential(new Linear(2, 2));
    const loss = meanSquaredError;
    const message = await messageOf(
      run({ loss, validation: numbers, metrics: { mse: meanSquaredError }, optimizer: new SGD(model, { learningRate: 0.1 }) }, model, numbers),
    ); // prettier-ignore
    expect(message).toMatch(
      /metrics\.mse must be a metric, with a goal and start\(\), not [^]*hint: [^]*@hebb\/evaluation[^]*metrics\.meanSquaredError/,
    );
  });

  it('says that a task has no outputs for them', async () => {
    const model = classifier();
    const optimizer = new SGD(model, { learningRate: 0.1 });
    const task = { parts: { model, optimizer }, step: () => ones([]) };
    const message = await messageOf(fit(task, data, { epochs: 1, validation: data, metrics: { accuracy } }));
    expect(message).toMatch(/the task has no method output[^]*hint: Add it beside step: output: \(batch\) =>/);
  });
});

describe('what fit is given', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no loss', { loss: undefined }, /^\[fit\] there is no loss to train by\.\n {2}hint: Use \{ loss: crossEntropy \}/],
    ['a name for the loss', { loss: 'mse' }, /loss must be a function \(output, target\) => loss, not 'mse'/],
    ['a module for the loss', { loss: new ReLU() }, /loss must be a function .*, not a ReLU/],
    [
      'no optimizer',
      { optimizer: undefined },
      /there is no optimizer to train with[^]*hint: Make one.*new AdamW\(model/,
    ],
    [
      'the class of an optimizer',
      { optimizer: AdamW },
      /optimizer must be an object with parameters .*, not the function AdamW/,
    ],
    ['a name for the optimizer', { optimizer: 'adam' }, /optimizer must be .*, not 'adam'/],
    [
      'an optimizer without a rate',
      { optimizer: { step: () => undefined, parameters: new Map() } },
      /optimizer’s learningRate must be a number ≥ 0, not undefined/,
    ],
    ['epochs in words', { epochs: '10' }, /epochs must be a positive integer, not '10'/],
    ['no epochs', { epochs: undefined }, /epochs must be a positive integer, not undefined/],
    ['a batch size in words', { batchSize: '32' }, /^\[fit\] batchSize must be a positive integer, not '32'/],
    ['half a batch', { batchSize: 0.5 }, /batchSize must be a positive integer, not 0\.5/],
    ['a seed below zero', { seed: -1 }, /seed must be an integer from 0, not -1/],
    [
      'a share to validate with',
      { validation: 0.2 },
      /validation data must be a dataset or a DataLoader, not 0\.2[^]*trainTestSplit/,
    ],
    [
      'a split to validate with',
      { validation: trainTestSplit(data, { test: 1 }) },
      /validation data must be .*, not \{ train, test \}[^]*split\.test/,
    ],
    [
      'a list of metrics',
      { metrics: [() => 1], validation: data },
      /metrics must be metrics by name, or a task, not an array/,
    ],
    [
      'a name for a metric',
      { metrics: { accuracy: 'accuracy' }, validation: data },
      /metrics\.accuracy must be a metric, with a goal and start\(\), not 'accuracy'/,
    ],
    [
      'a schedule that wants larger losses',
      { schedule: new PlateauSchedule({ goal: 'max' }) },
      /the schedule’s goal is 'max', and it follows a loss[^]*onValidation/,
    ],
    ['a rate for a schedule', { schedule: 0.1 }, /schedule must be a function .*, not 0\.1/],
    [
      'a callback alone',
      { callbacks: new EarlyStopping() },
      /callbacks must be an array of callbacks, not an EarlyStopping[^]*callbacks: \[callback\]/,
    ],
    [
      'the class of a callback',
      { callbacks: [EarlyStopping] },
      /callbacks\[0\] must be an object .*, not the function EarlyStopping[^]*hint: Make one: new EarlyStopping/,
    ],
    ['a function for a callback', { callbacks: [() => 1] }, /callbacks\[0\] must be an object[^]*onEpochEnd/],
    ['a missing callback', { callbacks: [undefined] }, /callbacks\[0\] must be an object .*, not undefined/],
    [
      'a callback of another name',
      { callbacks: [{ onEpochEnded: () => 1 }] },
      /onEpochEnded of callbacks\[0\] would never be called\.[^]*Did you mean onEpochEnd\?/,
    ],
    [
      'a callback that hears nothing',
      { callbacks: [{ epoch: 1 }] },
      /callbacks\[0\] would never be called: \{ epoch \} has none/,
    ],
    [
      'a callback that is no function',
      { callbacks: [{ onStep: 'log' }] },
      /onStep of callbacks\[0\] must be a function, not 'log'/,
    ],
    [
      'a controller for its signal',
      { signal: new AbortController() },
      /signal must be an AbortSignal, not an AbortController[^]*controller\.signal/,
    ],
    ['a name for progress', { progress: 'bar' }, /progress must be an object .*, not 'bar'/],
  ])('%s', async (_, change, message) => {
    expect(await messageOf(run(change))).toMatch(message);
  });

  it.each<[string, unknown, RegExp]>([
    ['no model', null, /model must be a Module, not null/],
    ['the class of a model', Sequential, /not the function Sequential[^]*hint: Make one: new Sequential/],
    ['a function', (input: Tensor) => input, /model must be a Module[^]*extends Module/],
  ])('%s for the model', async (_, model, message) => {
    expect(await messageOf(run({}, model))).toMatch(message);
    expect(await messageOf(evaluate(model as Module, data, classification()))).toMatch(message);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', null, /must be a dataset or a DataLoader, not null[^]*new ArrayDataset/],
    ['tensors', { x: ones([4, 2]), y: zeros([4]) }, /not \{ x, y \}[^]*new ArrayDataset/],
    ['a split', trainTestSplit(data, { test: 1 }), /not \{ train, test \}[^]*pass its parts/],
    ['a table', parseCsv('x,y\n1,0\n'), /not a Table[^]*new ArrayDataset/],
    ['an array of batches', [{ x, y }], /must be a dataset or a DataLoader, not an array[^]*implement Batches/],
    [
      'a source with a length that is none',
      { length: 0.5, batches: () => [] },
      /must have a length, a positive integer; .* 0\.5\.[^]*number of batches/,
    ],
  ])('%s for the data', async (_, train, message) => {
    expect(await messageOf(run({}, classifier(), train))).toMatch(message);
    // To evaluate, a stream does: nobody asks how long it is.
    if (!('batches' in Object(train)))
      expect(await messageOf(evaluate(classifier(), train as ArrayDataset, classification()))).toMatch(message);
  });

  it('a source whose batches are no asynchronous iterable', async () => {
    expect(await messageOf(run({}, classifier(), { batches: () => [] }))).toMatch(
      /what batches\(cursor\) of the data returns must be an asynchronous iterable of \{ batch, count, next \}, not an empty array/,
    );
  });

  it('a batch size or seed beside a loader, which has its own', async () => {
    const loader = new DataLoader(data);
    const message =
      /batchSize is for datasets; here the batches come from a loader[^]*new DataLoader\(dataset, \{ batchSize: 2 \}\)/;
    expect(await messageOf(run({ batchSize: 2 }, classifier(), loader))).toMatch(message);
    expect(await messageOf(evaluate(classifier(), loader, classification(), { batchSize: 2 }))).toMatch(message);
    expect(await messageOf(run({ seed: 2 }, classifier(), loader))).toMatch(/seed is for datasets/);
  });
});

describe('what comes back', () => {
  class Model extends Module {
    layer = new Linear(2, 2);
    readonly #change: (y: Tensor) => unknown;
    constructor(change: (y: Tensor) => unknown) {
      super();
      this.#change = change;
    }
    forward(input: Tensor): Tensor {
      return this.#change(this.layer.forward(input)) as Tensor;
    }
  }

  it('from forward, in training and evaluation', async () => {
    const nothing = new Model(() => undefined);
    const message = /forward must return a tensor.*, not undefined\.\n {2}hint: Does it end with return\?/;
    expect(await messageOf(run({}, nothing))).toMatch(message);
    expect(await messageOf(evaluate(nothing, data, classification()))).toMatch(message);
    const async = new Model((value) => Promise.resolve(value));
    expect(await messageOf(run({}, async))).toMatch(/not a Promise\.[^]*must not be async/);
    expect(await messageOf(run({}, new Model((value) => [value])))).toMatch(/must return a tensor, not an array/);
  });

  it('from the loss', async () => {
    expect(await messageOf(run({ loss: () => 1 }))).toMatch(
      /loss must be a single number per batch, a tensor, not 1\./,
    );
    expect(await messageOf(run({ loss: () => undefined }))).toMatch(/not undefined[^]*return what it computes/);
    expect(await messageOf(run({ loss: async () => zeros([]) }))).toMatch(/not a Promise/); // oxlint-disable-line typescript/require-await
    expect(await messageOf(run({ loss: (output: Tensor) => output }))).toMatch(/not the tensor float32\[4,2\][^]*mean/);
  });

  it.each<[string, unknown, RegExp]>([
    ['undefined', undefined, /^\[fit\] schedule\(1, 4\) must be a number ≥ 0, .*, not undefined\.\n {2}hint: .*return/],
    [
      'NaN',
      Number.NaN,
      /schedule\(1, 4\) must be .*, not NaN\.\n {2}hint: Steps go from 0 to 3: look for a division by zero/,
    ],
    ['a number below zero', -0.1, /schedule\(1, 4\) must be .*, not -0\.1/],
    ['a name', '0.1', /not '0\.1'/],
  ])('from a schedule: %s', async (_, rate, message) => {
    const schedule = (step: number): unknown => (step === 1 ? rate : 0.1);
    expect(await messageOf(run({ schedule, batchSize: 2 }))).toMatch(message);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /the value of the metric good must be a number, not undefined\.[^]*return what it computes/],
    [
      'a tensor',
      ones([]),
      /the value of the metric good must be a number, not the tensor float32\[\]\.[^]*come to update\(\) as arrays/,
    ],
    ['a string', '97 %', /not '97 %'/],
  ])('from a metric: %s', async (_, value, message) => {
    const good = { goal: 'max', start: () => ({ update: () => undefined, value: () => value }) };
    expect(await messageOf(run({ validation: data, metrics: { good } }))).toMatch(message);
  });

  it('a metric that is NaN is recorded', async () => {
    const metrics = { good: metricOf('max', [Number.NaN]) };
    const history = (await run({ validation: data, metrics })) as { epochs: EpochRecord[] };
    expect(history.epochs[0]?.metrics['good']).toBeNaN();
  });

  it('from a source: more or fewer batches than it says, or none', async () => {
    const batch = data.gather([0, 1]);
    const source = (length: number, count: number) =>
      sourceOf(
        Array.from({ length: count }, () => batch),
        length,
      );
    expect(await messageOf(run({}, classifier(), source(3, 2)))).toMatch(
      /training data gave 2 batches in epoch 1; its length says 3/,
    );
    expect(await messageOf(run({}, classifier(), source(1, 2)))).toMatch(/gave more than 1 batches in epoch 1/);
    expect(await messageOf(run({}, classifier(), source(1, 0)))).toMatch(/gave 0 batches/);
    expect(await messageOf(evaluate(classifier(), source(1, 0), classification()))).toMatch(
      /^\[evaluate\] there are no examples/,
    );
  });

  it('outputs of several shapes do not become one array', async () => {
    const batches = [2, 3].map((width) => ({
      x: { data: new Float32Array(width), shape: [1, width] },
      y: { data: Int32Array.of(0), shape: [1] },
    }));
    const source = sourceOf(batches);
    class Same extends Module {
      weight = parameter(ones([1]));
      forward(input: Tensor): Tensor {
        return input.mul(this.weight);
      }
    }
    expect(await messageOf(predict(new Same(), source))).toMatch(
      /all outputs must have one shape; batch 2 gave \[1, 3\], those before \[examples, 2\]/,
    );
  });

  it('labels that are no classes are not cut to integers', async () => {
    const halves = new ArrayDataset({ x, y: { data: Float32Array.of(0, 0.5, 1, 1.5), shape: [] } });
    await expect(evaluate(classifier(), halves, classification())).rejects.toThrow(/labels.*0\.5/);
    const oneHot = new ArrayDataset({ x, y: { data: Float32Array.of(0, 1, 1, 0, 0, 1, 1, 0), shape: [2] } });
    await expect(evaluate(classifier(), oneHot, classification())).rejects.toThrow(
      /need one label for each of 4 examples, not float32\[4,2\][^]*multiLabel/,
    );
  });
});

describe('validation data', () => {
  it('that the model or the loss does not take is found before the first step', async () => {
    let steps = 0;
    const callbacks = [{ onStep: () => void steps++ }];
    const wide = new ArrayDataset({ x: { data: new Float32Array(12), shape: [3] }, y });
    const message = await messageOf(run({ validation: wide, callbacks }));
    expect(message).toMatch(
      /^\[fit, validation\] the model or the loss does not take a batch with x of shape \[4, 3\] and y of shape \[4\]:\n/,
    );
    expect(message).toMatch(/cannot multiply float32\[4,3\][^]*module: 0 \(Linear 2 → 4\)/);
    const rows = new ArrayDataset({ x, y: { data: new Float32Array(12), shape: [3] } });
    expect(await messageOf(run({ validation: rows, callbacks }))).toMatch(/y of shape \[4, 3\]/);
    expect(await messageOf(run({ validation: new ArrayDataset({ x }), callbacks }))).toMatch(/field y, the target/);
    expect(steps).toBe(0);
  });

  it('looking at it changes nothing: modes, running statistics, random draws', async () => {
    const losses = async (validation: ArrayDataset | undefined): Promise<unknown> => {
      manualSeed(4);
      const model = new Sequential(new Linear(2, 4), new BatchNorm1d(4), new Linear(4, 2));
      const history = (await run(validation === undefined ? {} : { validation }, model)) as { losses: number[] };
      return [history.losses, await Promise.all([...model.stateDict().values()].map((value) => value.data()))];
    };
    expect(await losses(data)).toEqual(await losses(undefined));
  });

  it('with a loss that is no number there alone is named, with the batch and the reason', async () => {
    const broken = new ArrayDataset({ x: { data: Float32Array.of(0, 1, 2, NaN, 4, 5, 6, 7), shape: [2] }, y });
    expect(await messageOf(run({ validation: broken }))).toMatch(
      /^\[fit, validation after epoch 1\] the validation loss is not a number \(NaN\) in batch 1 .*\n {2}hint: x of this batch holds NaN, first in its example 1/,
    );
    const loss = (output: Tensor, target: Tensor): Tensor => meanSquaredError(output, target).div(target.mean());
    const model = new Sequential(new Linear(2, 1));
    const column = (values: number[]) => ({ data: Float32Array.from(values), shape: [1] });
    const train = new ArrayDataset({ x, y: column([1, 2, 3, 4]) });
    const validation = new ArrayDataset({ x, y: column([0, 0, 0, 0]) });
    expect(await messageOf(run({ loss, validation }, model, train))).toMatch(
      /the validation loss is infinite[^]*hint: The training losses were finite/,
    );
  });
});

describe('numbers that are none', () => {
  it('in a parameter are found before the first step, and named', async () => {
    const model = classifier();
    model.loadStateDict({ '2.weight': tensor([[1, NaN, 3, NaN], [1, 2, 3, 4]]) }, { strict: false }); // prettier-ignore
    let started = false;
    const message = await messageOf(run({ callbacks: [{ onStep: () => void (started = true) }] }, model));
    expect(message).toMatch(/^\[fit\] parameters hold NaN before the first step: 2\.weight \(2 of 8\)\.\n {2}hint:/);
    expect(started).toBe(false);
  });

  it('labels out of range are named', async () => {
    const labels = new ArrayDataset({ x, y: { data: Int32Array.of(0, 1, 7, 1), shape: [] } });
    expect(await messageOf(run({}, classifier(), labels))).toMatch(
      /^\[crossEntropy\] labels\[\d\] is 7, which is no class here: there are 0 to 1\.$/,
    );
    // Computed ones cannot be looked at.
    const loss = (output: Tensor, y: Tensor): Tensor => crossEntropy(output, y.mul(1));
    expect(await messageOf(run({ loss }, classifier(), labels))).toMatch(
      /look for labels out of range \(those of this batch go from 0 to 7\)/,
    );
  });

  it('ids that the model has no room for are named, whatever their field is called', async () => {
    const ids = { data: Int32Array.of(3, 226, 0, 1), shape: [] };
    const model = new Sequential(new Linear(4, 4));
    const optimizer = new SGD(model, { learningRate: 0.1 });
    const task: Task<{ ids: Tensor }> = {
      parts: { model, optimizer },
      step: (batch) => minimize(optimizer, () => crossEntropy(model.forward(oneHot(batch.ids, 4)), batch.ids.mul(1))),
    };
    const mask = { data: Uint8Array.of(1, 1, 1, 1), shape: [], dtype: 'bool' as const };
    expect(await messageOf(fit(task, new ArrayDataset({ ids, mask }), { epochs: 1, batchSize: 4 }))).toMatch(
      /look for ids out of range \(those of this batch go from 0 to 226\), and logarithms/,
    );
  });

  it('infinities are a reason where the first loss is none, not in masks that work', async () => {
    const model = classifier();
    model.loadStateDict({ '0.bias': full([4], Infinity) }, { strict: false });
    expect(await messageOf(run({}, model))).toMatch(
      /step 1 of 1;[^]*hint: These hold infinities or NaN from the start: 0\.bias/,
    );
    class Masked extends Module {
      layer = new Linear(2, 2);
      mask = buffer(tensor([0, -Infinity]));
      forward(input: Tensor): Tensor {
        return this.layer.forward(input).add(this.mask);
      }
    }
    const zerosOnly = new ArrayDataset({ x, y: { data: new Int32Array(4), shape: [] } });
    await run({}, new Masked(), zerosOnly);
  });

  it('a rate that is too high, or zero, is told from data that is broken', async () => {
    const diverge = { loss: meanSquaredError, epochs: 60, batchSize: 4 };
    const column = new ArrayDataset({ x, y: { data: Float32Array.of(1, 2, 3, 4), shape: [1] } });
    const model = new Sequential(new Linear(2, 1));
    const high = { ...diverge, optimizer: new SGD(model, { learningRate: 1e6 }) };
    expect(await messageOf(run(high, model, column))).toMatch(
      /rate was 1000000\.\n {2}hint: Lower the learning rate, e\.g\. to 0\.001/,
    );
    const still = new Sequential(new Linear(2, 1));
    const loss = (output: Tensor, target: Tensor): Tensor => meanSquaredError(output, target).div(target.mean());
    const loader = new DataLoader(new ArrayDataset({ x, y: { data: Float32Array.of(1, 1, 0, 0), shape: [1] } }), {
      batchSize: 2,
    });
    const zero = { loss, optimizer: new SGD(still, { learningRate: 0 }) };
    expect(await messageOf(run(zero, still, loader))).toMatch(
      /loss is infinite at epoch 1, step 2 of 2; the learning rate was 0\.\n {2}hint: The parameters do not change/,
    );
    const fresh = new Sequential(new Linear(2, 1));
    const first = new DataLoader(new ArrayDataset({ x, y: { data: new Float32Array(4), shape: [1] } }));
    expect(await messageOf(run({ ...zero, optimizer: new SGD(fresh) }, fresh, first))).toMatch(
      /step 1 of 1;[^]*before any update, and the batch is finite/,
    );
  });
});
