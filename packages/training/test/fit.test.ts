import { valueAndGrad } from '@hebb/autograd';
import { ArrayDataset, DataLoader, stream } from '@hebb/data';
import { accuracy, classification, meanSquaredError as squaredError, scores, type Metric } from '@hebb/evaluation';
import { BatchNorm1d, Dropout, Linear, Module, ReLU, Sequential } from '@hebb/layers';
import { crossEntropy, meanSquaredError } from '@hebb/losses';
import { Accumulation, AdamW, EMA, SGD } from '@hebb/optimizers';
import { compile, device, manualSeed, randn, setDevice, tensor, variable, zeros, type Tensor } from '@hebb/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  evaluate,
  fit,
  TrainingError,
  TrainingRun,
  type BatchArrays,
  type Callback,
  type EpochRecord,
  type Run,
  type TrainingOptimizer,
} from '../src/index.ts';
import { points } from './support/points.ts';
import { sourceOf } from './support/source.ts';

beforeEach(() => {
  setDevice('wasm');
  manualSeed(1);
});

const classifier = (): Sequential => new Sequential(new Linear(2, 16), new ReLU(), new Linear(16, 2));

/** Draws in evaluation mode, too. */
class Noisy extends Module {
  readonly linear = new Linear(2, 2);

  override forward(x: Tensor): Tensor {
    return this.linear.forward(x.add(randn(x.shape)));
  }
}

describe('fit', () => {
  it('learns, and keeps a record of it', async () => {
    const model = classifier();
    const optimizer = new AdamW(model, { learningRate: 0.02 });
    const history = await fit(model, points(200), {
      loss: crossEntropy,
      optimizer,
      epochs: 8,
      batchSize: 32,
      validation: points(100, 2),
      metrics: { accuracy },
    });
    expect(history.losses).toHaveLength(8 * 7);
    expect(history.stepsPerEpoch).toBe(7);
    expect(history.interrupted).toBe(false);
    expect(history.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const last = history.epochs.at(-1) as EpochRecord;
    expect(last.metrics['accuracy']).toBeGreaterThan(0.95);
    expect(last.validationLoss).toBeLessThan(0.2);
    expect(last.loss).toBeLessThan(history.epochs[0]?.loss ?? 0);
    expect(JSON.parse(JSON.stringify(history))).toEqual(history);
  });

  it('does one step of gradient descent per batch: y = wx, squared error', async () => {
    // ∂/∂w mean (wx − 3x)² = 2(w − 3) mean x²; with x = ±1 and learning rate 1/4, w − 3 halves at each step.
    const data = new ArrayDataset({
      x: { data: Float32Array.of(1, -1, 1, -1), shape: [1] },
      y: { data: Float32Array.of(3, -3, 3, -3), shape: [1] },
    });
    const model = new Sequential(new Linear(1, 1, { bias: false }));
    model.loadStateDict({ '0.weight': tensor([[7]]) });
    const history = await fit(model, data, {
      loss: meanSquaredError,
      optimizer: new SGD(model, { learningRate: 0.25 }),
      epochs: 2,
      batchSize: 2,
    });
    history.losses.forEach((loss, step) => expect(loss).toBeCloseTo(16 / 4 ** step, 5));
    expect((await model.parameters()[0]?.data())?.[0]).toBeCloseTo(3 + 4 / 16, 6);
    // The mean over an epoch's examples.
    expect(history.epochs.map(({ loss }) => loss)).toEqual([(16 + 4) / 2, (1 + 0.25) / 2]);
  });

  it('weighs a smaller last batch by its examples', async () => {
    const data = new ArrayDataset({
      x: { data: Float32Array.of(1, 1, 2), shape: [1] },
      y: { data: Float32Array.of(0, 0, 0), shape: [1] },
    });
    const model = new Sequential(new Linear(1, 1, { bias: false }));
    model.loadStateDict({ '0.weight': tensor([[1]]) });
    const optimizer = new SGD(model, { learningRate: 0 });
    const { losses, epochs } = await fit(model, new DataLoader(data, { batchSize: 2 }), {
      loss: meanSquaredError,
      optimizer,
      epochs: 1,
      validation: data,
    });
    expect(losses).toEqual([1, 4]);
    expect(epochs[0]?.loss).toBeCloseTo(2, 6);
    expect(epochs[0]?.validationLoss).toBeCloseTo(2, 6);
  });

  it('compiles one plan for whole and one for smaller batches, in training and validation each', async () => {
    const model = classifier();
    const before = device.stats().planCache.misses;
    const optimizer = new AdamW(model);
    const options = { loss: crossEntropy, optimizer, batchSize: 32, validation: points(300, 2), metrics: { accuracy } };
    const misses: number[] = [];
    const onEpochEnd = (): void => void misses.push(device.stats().planCache.misses - before);
    await fit(model, points(100), { ...options, epochs: 6, callbacks: [{ onEpochEnd }] });
    expect(misses.at(-1)).toBe(misses[0]);
  });

  it('sets the learning rate of every step by the schedule', async () => {
    const model = classifier();
    const { learningRates } = await fit(model, points(60), {
      loss: crossEntropy,
      optimizer: new SGD(model, { learningRate: 1 }),
      epochs: 2,
      batchSize: 30,
      schedule: (step, total) => (step + 1) / total,
    });
    expect(learningRates).toEqual({ optimizer: [0.25, 0.5, 0.75, 1] });
  });

  it.each([
    ['at the end', {}],
    ['by a callback', { callbacks: [{ onStep: (_: unknown, run: Run) => run.stop('enough') }] }],
    ['by an error', { callbacks: [{ onEpochEnd: () => Promise.reject(new Error('mine')) }] }],
  ])('gives the factor of an optimizer back when the schedule has ended %s', async (_, options) => {
    const model = classifier();
    const optimizer = new SGD(model, { learningRate: 1 });
    optimizer.factor = 0.5;
    const schedule = (step: number): number => (step === 0 ? 0.25 : 0);
    const common = { loss: crossEntropy, optimizer, epochs: 1, batchSize: 30 };
    await fit(model, points(60), { ...common, schedule, ...options }).catch((error: Error) => {
      expect(error.message).toBe('mine');
    });
    expect(optimizer.factor).toBe(0.5);
    // What is trained next trains, at the rate that the optimizer says.
    expect((await fit(model, points(60), common)).learningRates).toEqual({ optimizer: [0.5, 0.5] });
  });

  it('refuses to train what another run is training, and takes it afterwards', async () => {
    const model = classifier();
    const [first, second] = [new SGD(model), new SGD(model)];
    const options = { loss: crossEntropy, epochs: 2, batchSize: 10 };
    const going = fit(model, points(60), { ...options, optimizer: first });
    await expect(fit(model, points(60), { ...options, optimizer: second })).rejects.toThrow(
      '[fit] another run is training this already: model.',
    );
    expect((await going).losses).toHaveLength(12);
    expect(second.stepCount).toBe(0);
    await fit(model, points(60), { ...options, optimizer: second });
    expect(second.stepCount).toBe(12);
  });

  /** Does something while a run is going on, between two of its epochs. */
  const during = async (model: Module, optimizer: TrainingOptimizer, body: () => Promise<void>): Promise<void> => {
    const callback: Callback = { onEpochEnd: ({ epoch }) => (epoch === 1 ? body() : undefined) };
    const options = { loss: crossEntropy, optimizer, epochs: 2, batchSize: 10, callbacks: [callback] };
    expect((await fit(model, points(60), options)).losses).toHaveLength(12);
  };
  const another = (parts: TrainingRun['parts']): TrainingRun<object> =>
    new TrainingRun({ parts, data: new DataLoader(points(60)), epochs: 1 });
  const four = (prefix: string): string => ['0.weight', '0.bias', '2.weight', '2.bias'].map((name) => `${prefix}.${name}`).join(', '); // prettier-ignore

  it.each<[string, (shared: Sequential) => Module, string]>([
    ['all, in another module', (shared) => new Sequential(shared, new Linear(2, 2)), four('model.0')],
    ['those of a layer', (shared) => shared.getMember('2') as Linear, 'model.weight, model.bias'],
    ['frozen ones, whose layer would change its mode', (shared) => shared.getMember('0') as Linear, 'model.weight, model.bias'], // prettier-ignore
    ['one that is tied', (shared) => new Sequential(new Linear(2, 16)).setMember('0.weight', shared.getMember('0.weight')), 'model.0.weight'], // prettier-ignore
  ])('refuses to train parameters that another run is training: %s', async (_, other, named) => {
    const shared = classifier();
    (shared.getMember('0') as Linear).freeze();
    await during(shared, new SGD(shared), async () => {
      const second = another({ model: other(shared) });
      await expect(second[Symbol.asyncIterator]().next()).rejects.toThrow(
        `[TrainingRun] another run is training this already: ${named}.`,
      );
    });
    const batches = another({ model: other(shared) })[Symbol.asyncIterator]();
    expect((await batches.next()).done).toBe(false);
    await batches.return();
  });

  it('refuses running statistics, too, and says how many there are', async () => {
    const [shared, head] = [new BatchNorm1d(2), new Linear(2, 2)];
    await during(new Sequential(shared, head), new SGD(head), async () => {
      const model = new Sequential(shared, head);
      await expect(another({ model })[Symbol.asyncIterator]().next()).rejects.toThrow(
        'model.0.weight, model.0.bias, model.0.running_mean, model.0.running_var and 3 more.',
      );
    });
  });

  it('refuses an optimizer of parameters that another run is training, whatever wraps it', async () => {
    const model = classifier();
    await during(model, new EMA(new SGD(model)), async () => {
      const again = new Accumulation(new SGD(model.namedParameters()), { steps: 2 });
      await expect(another({ again })[Symbol.asyncIterator]().next()).rejects.toThrow(
        `[TrainingRun] another run is training this already: ${four('again')}.`,
      );
    });
  });

  it('cleans up and tells every callback of a failure, also where one of them throws again', async () => {
    const model = classifier().eval();
    const optimizer = new SGD(model, { learningRate: 1 });
    const heard: unknown[] = [];
    const first = new Error('first');
    const failing: Callback = {
      onEpochEnd: () => Promise.reject(first),
      onTrainError: () => Promise.reject(new Error('second')),
    };
    const error: unknown = await fit(model, points(60), {
      loss: crossEntropy,
      optimizer,
      epochs: 1,
      schedule: () => 0.25,
      callbacks: [failing, { onTrainError: (told) => void heard.push(told) }],
    }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).message).toBe('first\n[fit] onTrainError threw, too: second');
    expect((error as AggregateError).errors[0]).toBe(first);
    expect(heard).toEqual([first]);
    expect([model.training, optimizer.factor]).toEqual([false, 1]);
  });

  it('trains in training mode, validates in evaluation mode, and puts the modes back', async () => {
    const frozen = new Dropout(0.5);
    const model = new Sequential(new Linear(2, 8), frozen, new Linear(8, 2));
    frozen.training = false;
    const seen: boolean[] = [];
    const onStep = (): void => void seen.push(model.training, frozen.training);
    const metric: Metric = {
      goal: 'max',
      start: () => ({
        update: () => undefined,
        merge: () => undefined,
        value: () => Number(model.training || frozen.training),
      }),
    };
    const { epochs } = await fit(model, points(40), {
      loss: crossEntropy,
      optimizer: new AdamW(model),
      epochs: 1,
      validation: points(10),
      metrics: { metric },
      callbacks: [{ onStep }],
    });
    expect(new Set(seen)).toEqual(new Set([true]));
    expect(model.training).toBe(true);
    expect(frozen.training).toBe(false);
    expect(epochs[0]?.metrics['metric']).toBeDefined();
  });

  it('gives the same numbers for the same seeds', async () => {
    const train = async (seed: number): Promise<readonly number[]> => {
      manualSeed(5);
      const model = new Sequential(new Linear(2, 8), new Dropout(0.3), new Linear(8, 2));
      return (await fit(model, points(100), { loss: crossEntropy, optimizer: new AdamW(model), epochs: 2, seed }))
        .losses;
    };
    const first = await train(1);
    expect(await train(1)).toEqual(first);
    expect(await train(2)).not.toEqual(first);
  });

  it('tells callbacks of all events in order', async () => {
    const events: string[] = [];
    const callback: Callback = {
      onTrainStart: () => void events.push('start'),
      onStep: ({ step }) => void events.push(`step ${step}`),
      onEpochEnd: ({ epoch }) => void events.push(`epoch ${epoch}`),
      onTrainEnd: () => void events.push('end'),
      onTrainError: () => void events.push('error'),
    };
    const model = classifier();
    await fit(model, points(40), {
      loss: crossEntropy,
      optimizer: new AdamW(model),
      epochs: 2,
      batchSize: 20,
      callbacks: [callback],
    });
    expect(events).toEqual(['start', 'step 1', 'step 2', 'epoch 1', 'step 3', 'step 4', 'epoch 2', 'end']);
  });
});

describe('reading the training loader', () => {
  /** Losses and final weights of three epochs. */
  async function train(during: (model: Sequential, loader: DataLoader<never>) => Promise<unknown>): Promise<unknown> {
    manualSeed(3);
    const model = new Sequential(new Linear(2, 8), new ReLU(), new Dropout(0.3), new Linear(8, 2));
    const loader = new DataLoader(points(50), { batchSize: 8, shuffle: true });
    await during(model, loader as never);
    const { losses } = await fit(model, loader, {
      loss: crossEntropy,
      optimizer: new AdamW(model, { learningRate: 0.02 }),
      epochs: 3,
      callbacks: [{ onEpochEnd: async () => void (await during(model, loader as never)) }],
    });
    expect(loader.epoch).toBe(0);
    return [losses, ...(await Promise.all(model.parameters().map((parameter) => parameter.data())))];
  }

  it('changes no bit of the training: evaluating, predicting, validating with it', async () => {
    const plain = await train(() => Promise.resolve());
    expect(await train((model, loader) => evaluate(model, loader, classification()))).toEqual(plain);
    const validated = async (): Promise<unknown> => {
      manualSeed(3);
      const model = new Sequential(new Linear(2, 8), new ReLU(), new Dropout(0.3), new Linear(8, 2));
      const loader = new DataLoader(points(50), { batchSize: 8, shuffle: true });
      const optimizer = new AdamW(model, { learningRate: 0.02 });
      const { losses } = await fit(model, loader, { loss: crossEntropy, optimizer, epochs: 3, validation: loader });
      return [losses, ...(await Promise.all(model.parameters().map((parameter) => parameter.data())))];
    };
    expect(await validated()).toEqual(plain);
  });

  it('validates on every example once, in the order of the dataset, whatever the loader does', async () => {
    const x = { data: Float32Array.from({ length: 11 }, (_, i) => i), shape: [1] };
    const rows = new ArrayDataset({ x, y: x });
    const seen: number[] = [];
    const order: Metric = {
      goal: 'max',
      start: () => {
        const own: number[] = [];
        return {
          update: (_, { data }) => void own.push(...Array.from(data)),
          merge: () => undefined,
          value: () => seen.push(...own),
        };
      },
    };
    const validation = new DataLoader(rows, { batchSize: 4, shuffle: true, dropLast: true, seed: 3 });
    const batches = stream(Array.from({ length: 11 }, (_, i) => ({ x: [i], y: [i] })));
    for (const data of [validation, batches.batch(4, { dropLast: true })]) {
      seen.length = 0;
      const model = new Linear(1, 1);
      const optimizer = new SGD(model, { learningRate: 0 });
      const options = { loss: meanSquaredError, optimizer, steps: 1, validation: data, metrics: { order } };
      const { validations } = await fit(model, rows, options);
      expect(seen).toEqual([...x.data]);
      const { metrics } = await evaluate(model, rows, scores({ mse: squaredError }));
      expect(validations[0]?.validationLoss).toBeCloseTo(metrics['mse'] ?? NaN, 4);
    }
  });

  it.each([true, false])('validates with draws of a stream of its own (compiled: %s)', async (compiled) => {
    const train = async (validation: ArrayDataset | undefined): Promise<unknown> => {
      manualSeed(5);
      const model = new Noisy();
      const optimizer = new SGD(model, { learningRate: 0.1 });
      const options = { loss: crossEntropy, optimizer, epochs: 3, batchSize: 10, compiled };
      const { losses } = await fit(model, points(30), { ...options, ...(validation && { validation }) });
      return losses;
    };
    expect(await train(points(20))).toEqual(await train(undefined));
  });

  it('two runs with one loader see the same order, and loader.epoch is where a run begins', async () => {
    const loader = new DataLoader(points(30), { batchSize: 10, shuffle: true, seed: 2 });
    const run = async (epochs: number): Promise<readonly number[]> => {
      const model = new Sequential(new Linear(2, 2));
      model.loadStateDict({ '0.weight': tensor([[1, 0], [0, 1]]), '0.bias': tensor([0, 0]) }); // prettier-ignore
      const optimizer = new SGD(model, { learningRate: 0 });
      return (await fit(model, loader, { loss: crossEntropy, optimizer, epochs })).losses;
    };
    const both = await run(2);
    expect(await run(2)).toEqual(both);
    loader.epoch = 1;
    expect(await run(1)).toEqual(both.slice(3));
  });

  it('manualSeed seeds the order of a dataset given to fit', async () => {
    const run = async (seed: number): Promise<readonly number[]> => {
      manualSeed(seed);
      const model = new Sequential(new Linear(2, 2));
      model.loadStateDict({ '0.weight': tensor([[1, 0], [0, 1]]), '0.bias': tensor([0, 0]) }); // prettier-ignore
      const optimizer = new SGD(model, { learningRate: 0 });
      return (await fit(model, points(30), { loss: crossEntropy, optimizer, epochs: 1, batchSize: 10 })).losses;
    };
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
  });
});

describe('what the optimizer was made for', () => {
  const run = (model: Module, optimizer: TrainingOptimizer, callbacks: Callback[] = []): Promise<unknown> =>
    fit(model, points(20), { loss: crossEntropy, optimizer, epochs: 2, callbacks });

  it('refuses an optimizer none of whose parameters is in the model', async () => {
    await expect(run(classifier(), new AdamW(classifier()))).rejects.toThrow(
      /none of the optimizer’s 4 parameters is in the model, Sequential[^]*hint: Make it for this model: new AdamW\(model/,
    );
    await expect(run(classifier(), new SGD([variable(zeros([2]))]))).rejects.toThrow(TrainingError);
  });

  it('refuses an optimizer with some parameters elsewhere, and names them and those it lacks', async () => {
    const [model, other] = [classifier(), new Linear(2, 2)];
    const both = new Map([...model.namedParameters(), ['other.weight', other.weight]]);
    await expect(run(model, new AdamW(both))).rejects.toThrow(/not in the model, Sequential: other\.weight\./);
    const part = { 'other.weight': other.weight, '0.weight': model.parameters()[0] as Tensor };
    await expect(run(model, new AdamW(part))).rejects.toThrow(
      /not in the model, Sequential: other\.weight; the model has 0\.bias, 2\.weight, 2\.bias, which/,
    );
  });

  it('refuses a model without parameters', async () => {
    await expect(run(new Sequential(new ReLU()), new AdamW(classifier()))).rejects.toThrow(/ReLU|no parameters/);
  });

  it('trains what the optimizer has and leaves the rest of the model bit for bit', async () => {
    const model = classifier();
    const names = ['2.weight', '2.bias'];
    const head = new Map([...model.namedParameters()].filter(([name]) => names.includes(name)));
    const values = async (): Promise<Map<string, unknown>> =>
      new Map(
        await Promise.all([...model.namedParameters()].map(async ([name, p]) => [name, await p.toArray()] as const)),
      );
    const before = await values();
    await run(model, new AdamW(head, { learningRate: 0.1 }));
    const after = await values();
    for (const name of ['0.weight', '0.bias']) expect(after.get(name)).toEqual(before.get(name));
    for (const name of names) expect(after.get(name)).not.toEqual(before.get(name));
  });

  class Net extends Module {
    body = new Linear(2, 8);
    head = new Linear(8, 2);
    forward(x: Tensor): Tensor {
      return this.head.forward(this.body.forward(x).relu());
    }
  }

  it('refuses one that was made before a layer was replaced, also where that happens during the run', async () => {
    const model = new Net();
    const optimizer = new AdamW(model);
    model.head = new Linear(8, 2);
    await expect(run(model, optimizer)).rejects.toThrow(
      /not in the model, Net: head\.weight, head\.bias; the model has head\.weight, head\.bias, which/,
    );
    const late = new Net();
    const replace = { onEpochEnd: () => void (late.head = new Linear(8, 2)) };
    await expect(run(late, new AdamW(late), [replace])).rejects.toThrow(/not in the model, Net: head\.weight/);
  });

  it('a compiled step of one’s own does not go on with the old layer', async () => {
    const model = new Net();
    const optimizer = new AdamW(model);
    const step = compile((x: Tensor) => {
      const { value, grads } = valueAndGrad(() => model.forward(x).square().mean(), model.parameters());
      optimizer.step(grads);
      return value;
    });
    const x = tensor([[1, 2]]);
    expect(await step(x).item()).toBeGreaterThan(await step(x).item());
    model.head = new Linear(8, 2);
    expect(() => step(x)).toThrow(/the model was changed after the optimizer was made for it; it no longer has head/);
  });

  it('refuses a forward that cuts all gradients off', async () => {
    class Cut extends Net {
      override forward(x: Tensor): Tensor {
        return super.forward(x).detach();
      }
    }
    const model = new Cut();
    await expect(run(model, new AdamW(model))).rejects.toThrow(/does not depend on any of the 4 parameters/);
  });
});

describe('a dataset without targets', () => {
  const x = { data: Float32Array.of(0.5, 1, -1, 0.25), shape: [2] };

  it('is refused, by fit, validation and evaluate, with how an autoencoder says it', async () => {
    const data = new ArrayDataset({ x });
    const model = new Sequential(new Linear(2, 2));
    const options = { loss: meanSquaredError, optimizer: new AdamW(model), epochs: 1 };
    const refusal = /must have the field y, the target; it has x\.[^]*hint: .*new ArrayDataset\(\{ x, y: x \}\)/;
    await expect(fit(model, data, options)).rejects.toThrow(refusal);
    await expect(fit(model, new ArrayDataset({ x, y: x }), { ...options, validation: data })).rejects.toThrow(refusal);
    await expect(evaluate(model, data, classification())).rejects.toThrow(refusal);
    await expect(fit(model, new ArrayDataset({ x, label: x }), options)).rejects.toThrow(/it has x, label/);
  });

  it('an autoencoder names its input as the target', async () => {
    const model = new Sequential(new Linear(2, 2));
    const { losses } = await fit(model, new ArrayDataset({ x, y: x }), {
      loss: meanSquaredError,
      optimizer: new SGD(model, { learningRate: 0.2 }),
      epochs: 60,
    });
    expect(losses.at(-1)).toBeLessThan(0.05 * (losses[0] ?? 0));
  });

  it('batches of a source of one’s own are checked', async () => {
    const model = new Sequential(new Linear(2, 2));
    const options = { loss: meanSquaredError, optimizer: new AdamW(model), epochs: 1 };
    const source = (batch: unknown) => sourceOf([batch as BatchArrays]);
    const two = { data: new Float32Array(4), shape: [2, 2] };
    const three = { data: new Float32Array(6), shape: [3, 2] };
    await expect(fit(model, source({ x: two, y: three }), options)).rejects.toThrow(
      /equally many examples along their first axis, not \[2, 2\] and \[3, 2\]/,
    );
    await expect(fit(model, source(undefined), options)).rejects.toThrow(/a batch must be an object[^]*transform/);
    await expect(fit(model, source({ x: two, y: [1, 2] }), options)).rejects.toThrow(/field y of a batch must be/);
    expect((await fit(model, source({ x: zeros([2, 2]), y: two }), options)).losses).toHaveLength(1); // tensors are ready
  });
});

describe('a loss that is no number', () => {
  const bad = (at: number): ArrayDataset => {
    const data = points(200);
    const { x, y } = data.gather(Array.from({ length: 200 }, (_, i) => i));
    (x as { data: Float32Array }).data[2 * at] = Number.NaN;
    return new ArrayDataset({
      x: { data: (x as { data: Float32Array }).data, shape: [2] },
      y: { data: (y as { data: Int32Array }).data, shape: [] },
    });
  };

  it('ends the run a few steps later at most, with epoch, step and learning rate', async () => {
    const model = classifier();
    let issued = 0;
    const schedule = (): number => (issued++, 125);
    const error = await fit(model, new DataLoader(bad(25), { batchSize: 10 }), {
      loss: crossEntropy,
      optimizer: new AdamW(model),
      epochs: 3,
      schedule,
    }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TrainingError);
    expect(error).toMatchObject({ epoch: 1, step: 3, learningRate: 0.125, loss: Number.NaN });
    expect((error as Error).message).toMatch(
      /NaN.*epoch 1, step 3 of 20.*0\.125\.\n.*hint: x of this batch holds NaN, first in its example 5/s,
    );
    expect(issued).toBeLessThanOrEqual(3 + 4);
  });

  it('blames the data where the very first loss is no number', async () => {
    const model = classifier();
    const run = fit(model, new DataLoader(bad(0), { batchSize: 10 }), {
      loss: crossEntropy,
      optimizer: new AdamW(model),
      epochs: 1,
    });
    await expect(run).rejects.toThrow(/step 1 of 20[^]*x of this batch holds NaN, first in its example 0/);
  });

  it('tells callbacks, and puts the modes back', async () => {
    const model = classifier().eval();
    const errors: unknown[] = [];
    const callbacks = [{ onTrainError: (error: unknown) => void errors.push(error) }];
    await expect(
      fit(model, bad(0), { loss: crossEntropy, optimizer: new AdamW(model), epochs: 1, callbacks }),
    ).rejects.toThrow(TrainingError);
    expect(errors).toHaveLength(1);
    expect(model.training).toBe(false);
  });
});

describe('bad options', () => {
  const model = classifier();
  const options = { loss: crossEntropy, optimizer: new AdamW(model) };
  it.each([0, 1.5, -1, Number.NaN])('refuses %s epochs', async (epochs) => {
    await expect(fit(model, points(10), { ...options, epochs })).rejects.toThrow(/epochs must be a positive integer/);
  });
  it('refuses metrics without validation data', async () => {
    await expect(fit(model, points(10), { ...options, epochs: 1, metrics: { accuracy } })).rejects.toThrow(
      /validation/,
    );
  });
  it('names the fields that a batch has where x is missing', async () => {
    const data = new ArrayDataset({ pixels: { data: new Float32Array(4), shape: [2] } });
    await expect(fit(model, data, { ...options, epochs: 1 })).rejects.toThrow(/field x.*pixels/);
  });
  it('refuses a loss of more than one number', async () => {
    const loss = (output: Parameters<typeof crossEntropy>[0], target: Parameters<typeof crossEntropy>[1]) =>
      crossEntropy(output, target, { reduction: 'none' });
    await expect(fit(model, points(10), { ...options, loss, epochs: 1 })).rejects.toThrow(/single number/);
  });
});

describe('an abort signal', () => {
  it('stops at the next step and keeps what was done', async () => {
    const controller = new AbortController();
    const model = classifier();
    const callbacks = [{ onStep: ({ step }: { step: number }) => void (step === 7 && controller.abort()) }];
    const history = await fit(model, points(200), {
      loss: crossEntropy,
      optimizer: new AdamW(model),
      epochs: 10,
      batchSize: 50,
      signal: controller.signal,
      callbacks,
    });
    expect(history.interrupted).toBe(true);
    expect(history.losses.length).toBeGreaterThanOrEqual(7);
    expect(history.losses.length).toBeLessThanOrEqual(7 + 4);
    expect(history.epochs.length).toBeLessThan(3);
  });

  it('lets other tasks run, so that the signal can come at all', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const model = classifier();
    const history = await fit(model, points(100), {
      loss: crossEntropy,
      optimizer: new AdamW(model),
      epochs: 100_000,
      signal: controller.signal,
    });
    expect(history.interrupted).toBe(true);
    expect(history.seconds).toBeLessThan(5);
  });
});
