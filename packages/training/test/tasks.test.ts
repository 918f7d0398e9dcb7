/** What is trained besides one model on inputs and targets: the same losses, compiled or not. */
import { ArrayDataset, DataLoader, Random, type Batches, type Field } from '@hebb/data';
import { BatchNorm1d, Dropout, Linear, ReLU, Sequential, type Module } from '@hebb/layers';
import { binaryCrossEntropyWithLogits, crossEntropy } from '@hebb/losses';
import { Adam, AdamW, cosineSchedule, minimize, PlateauSchedule, SGD } from '@hebb/optimizers';
import { compile, Generator, iota, manualSeed, ones, randn, setDevice, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  fit,
  supervised,
  TrainingError,
  TrainingRun,
  type EpochRecord,
  type History,
  type LossFunction,
  type Task,
} from '../src/index.ts';
import { points } from './support/points.ts';

beforeEach(() => {
  setDevice('wasm');
  manualSeed(1);
});

type Pairs = ArrayDataset<{ x: Field<Float32Array>; y: Field<Int32Array> }>;

const classifier = (): Sequential => new Sequential(new Linear(2, 16), new ReLU(), new Dropout(0.2), new Linear(16, 2));

const weightsOf = (...models: Module[]): Promise<unknown> =>
  Promise.all(models.flatMap((model) => model.parameters().map((parameter) => parameter.data())));

/** The histories and weights of a task compiled and not. */
async function both(run: (compiled: boolean) => Promise<{ history: History; weights: unknown }>): Promise<History> {
  manualSeed(7);
  const compiled = await run(true);
  manualSeed(7);
  const plain = await run(false);
  expect(plain.history.scalars).toEqual(compiled.history.scalars);
  expect(plain.weights).toEqual(compiled.weights);
  return compiled.history;
}

describe('one form for every training', () => {
  it('supervised', async () => {
    const history = await both(async (compiled) => {
      const model = classifier();
      const optimizer = new AdamW(model, { learningRate: 0.02 });
      const task = { ...supervised(model, { loss: crossEntropy, optimizer }), compiled };
      const history = await fit(task, points(90), { epochs: 3, validation: points(20, 2), schedule: cosineSchedule() });
      return { history, weights: await weightsOf(model) };
    });
    expect(history.losses).toHaveLength(9);
    expect(history.epochs.at(-1)?.validationLoss).toBeLessThan(history.epochs[0]?.validationLoss ?? 0);
  });

  it('is what fit(model, …) does', async () => {
    const run = async (isTask: boolean): Promise<unknown> => {
      manualSeed(3);
      const model = classifier();
      const optimizer = new AdamW(model, { learningRate: 0.02 });
      const { losses } = isTask
        ? await fit(supervised(model, { loss: crossEntropy, optimizer }), points(90), { epochs: 2 })
        : await fit(model, points(90), { loss: crossEntropy, optimizer, epochs: 2 });
      return [losses, await weightsOf(model)];
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it('two networks in turns, each with an optimizer and a schedule of its own', async () => {
    const history = await both(async (compiled) => {
      const g = new Sequential(new Linear(2, 16), new ReLU(), new Linear(16, 2));
      const d = new Sequential(new Linear(2, 16), new ReLU(), new Linear(16, 1));
      const optG = new Adam(g, { learningRate: 2e-2 });
      const optD = new Adam(d, { learningRate: 1e-2 });
      const loss = (points: Tensor, real: boolean): Tensor => {
        const logits = d.forward(points);
        return binaryCrossEntropyWithLogits(logits, real ? ones(logits.shape) : zeros(logits.shape));
      };
      const noise = (x: Tensor): Tensor => randn([x.shape[0] ?? 0, 2]);
      const task: Task<{ x: Tensor }> = {
        parts: { g, d, optG, optD },
        step({ x }) {
          const fake = g.forward(noise(x)).detach();
          return {
            dLoss: minimize(optD, () => loss(x, true).add(loss(fake, false))),
            gLoss: minimize(optG, () => loss(g.forward(noise(x)), true)),
          };
        },
        validate: ({ x }) => ({ dLoss: loss(x, true), gLoss: loss(x, false) }),
        compiled,
      };
      let factors: number[] = [];
      // 50 points: the last batch is smaller.
      const history = await fit(task, points(50), {
        epochs: 4,
        batchSize: 16,
        validation: points(20, 2),
        schedule: { optD: (step, total) => 1 - step / total },
        callbacks: [{ onStep: () => (factors = [optD.factor, optG.factor]) }],
      });
      expect(factors[0]).toBeCloseTo(1 / 16, 12);
      expect([factors[1], optD.factor, optG.factor]).toEqual([1, 1, 1]); // given back at the end
      return { history, weights: await weightsOf(g, d) };
    });
    const { learningRates } = history;
    expect(Object.keys(learningRates)).toEqual(['optG', 'optD']);
    const [firstRate = NaN] = learningRates['optD'] ?? [];
    expect(learningRates['optD']).toEqual(Array.from({ length: 16 }, (_, i) => firstRate * (1 - i / 16)));
    expect(new Set(learningRates['optG']).size).toBe(1);
    expect(history.epochs[0]?.learningRates).toEqual({ optD: learningRates['optD']?.[3], optG: learningRates['optG']?.[3] }); // prettier-ignore
    expect(Object.keys(history.scalars)).toEqual(['dLoss', 'gLoss']);
    expect(history.losses).toEqual(history.scalars['dLoss']);
    expect(history.scalars['gLoss']).toHaveLength(16);
    const { validationLoss, validationScalars, metrics } = history.epochs[0] as EpochRecord;
    expect(validationScalars).toEqual({ dLoss: validationLoss, gLoss: expect.any(Number) as number });
    expect(metrics).toEqual({});
  });

  /** A stream of 0, 1, 2, … modulo 5 in windows, without a length and without labels. */
  const windows = (perEpoch: number): Batches => ({
    async *batches({ epoch, batch } = { epoch: 0, batch: 0 }) {
      for (let i = batch; i < perEpoch; i++) {
        await Promise.resolve();
        const start = new Random(epoch, i).integer(5);
        const ids = Int32Array.from({ length: 4 * 6 }, (_, k) => (start + Math.floor(k / 6) + (k % 6)) % 5);
        yield {
          batch: { ids: { data: ids, shape: [4, 6] } },
          count: 4,
          next: i + 1 < perEpoch ? { epoch, batch: i + 1 } : { epoch: epoch + 1, batch: 0 },
        };
      }
    },
    stateDict: () => null,
    loadStateDict: () => undefined,
    differences: () => [],
  });

  it('a language model over a stream of unknown length, by steps, without labels', async () => {
    const validations: number[] = [];
    const history = await both(async (compiled) => {
      const embedding = new Linear(5, 8, { bias: false });
      const head = new Linear(8, 5);
      const optimizer = new AdamW([...embedding.parameters(), ...head.parameters()], { learningRate: 0.05 });
      const nextToken = (ids: Tensor): Tensor => {
        const logits = head.forward(
          embedding.forward(
            iota([1, 1, 5], 2)
              .equal(ids.narrow(1, 0, 5).unsqueeze(2))
              .to('float32'),
          ),
        );
        return crossEntropy(logits.reshape([20, 5]), ids.narrow(1, 1, 5).reshape([20]));
      };
      const task: Task<{ ids: Tensor }> = {
        parts: { embedding, head, optimizer },
        step: ({ ids }) => ({ loss: minimize(optimizer, () => nextToken(ids)) }),
        validate: ({ ids }) => nextToken(ids),
        compiled,
      };
      const history = await fit(task, windows(7), {
        steps: 60,
        validation: windows(2),
        validateEvery: { steps: 25 },
        schedule: cosineSchedule({ warmup: 5 }),
        callbacks: [{ onValidation: ({ step }) => void validations.push(step) }],
      });
      return { history, weights: await weightsOf(embedding, head) };
    });
    expect(history.losses).toHaveLength(60);
    expect(history.losses.at(-1)).toBeLessThan(0.1);
    expect(history.stepsPerEpoch).toBeUndefined();
    expect(history.epochs).toHaveLength(8);
    expect(validations).toEqual([25, 50, 60, 25, 50, 60]); // the end always
    expect(history.validations.map(({ step }) => step)).toEqual([25, 50, 60]);
  });

  it('a loop of one’s own', async () => {
    const history = await both(async (compiled) => {
      const model = classifier();
      const optimizer = new AdamW(model, { learningRate: 0.02 });
      const step = ({ x, y }: { x: Tensor; y: Tensor }): Tensor =>
        minimize(optimizer, () => crossEntropy(model.forward(x), y));
      const run = new TrainingRun({
        parts: { model, optimizer },
        data: new DataLoader(points(90) as Pairs, { shuffle: true, seed: 1 }),
        epochs: 3,
        schedule: cosineSchedule(),
        validate: async () => ({ loss: await crossEntropy(model.forward(zeros([2, 2])), tensor([0, 1], { dtype: 'int32' })).item() }), // prettier-ignore
      });
      const compiledStep = compile(step);
      for await (const batch of run) void run.report({ loss: compiled ? compiledStep(batch) : step(batch) });
      return { history: run.history, weights: await weightsOf(model) };
    });
    expect(history.losses).toHaveLength(9);
    expect(history.interrupted).toBe(false);
    expect(history.epochs.at(-1)?.validationLoss).toBeGreaterThan(0);
  });

  it('the loop of one’s own makes the steps of fit', async () => {
    const loader = new DataLoader(points(90) as Pairs, { shuffle: true, seed: 4 });
    manualSeed(2);
    const model = classifier();
    const optimizer = new AdamW(model, { learningRate: 0.02 });
    const { losses } = await fit(model, loader, { loss: crossEntropy, optimizer, epochs: 2 });
    manualSeed(2);
    const own = classifier();
    const ownOptimizer = new AdamW(own, { learningRate: 0.02 });
    const run = new TrainingRun({ parts: { own, ownOptimizer }, data: loader, epochs: 2 });
    for await (const { x, y } of run) await run.report(minimize(ownOptimizer, () => crossEntropy(own.forward(x), y)));
    expect(run.history.losses).toEqual(losses);
    expect(await weightsOf(own)).toEqual(await weightsOf(model));
  });
});

describe('a step that is not compiled', () => {
  it('may be async, read values, and return numbers', async () => {
    const model = classifier();
    const optimizer = new SGD(model, { learningRate: 0.1 });
    let skipped = 0;
    const history = await fit(
      {
        parts: { model, optimizer },
        async step({ x, y }: { x: Tensor; y: Tensor }) {
          const loss = crossEntropy(model.forward(x), y);
          const value = await loss.item();
          if (value < 0.5) skipped++;
          else minimize(optimizer, () => crossEntropy(model.forward(x), y));
          return { loss: value, skipped };
        },
        compiled: false,
      },
      points(200),
      { epochs: 10 },
    );
    expect(history.scalars['skipped']?.at(-1)).toBe(skipped);
    expect(skipped).toBeGreaterThan(0);
  });

  it.each<[string, (loss: Tensor) => unknown, RegExp]>([
    ['async', (loss) => Promise.resolve(loss), /step of the task is async, and it is compiled\.[^]*compiled: false/],
    ['returning a number', () => ({ loss: 3 }), /loss of the task’s step is the number 3; compiled[^]*compiled: false/],
    ['returning nothing', () => undefined, /step of the task must return tensors, not undefined/],
    ['returning a batch of losses', () => zeros([3]), /loss of a step must be a single number, .* not the tensor/],
  ])('compiled and %s, it is refused', async (_, change, message) => {
    const model = classifier();
    const optimizer = new SGD(model);
    const step = ({ x, y }: { x: Tensor; y: Tensor }): Tensor =>
      change(minimize(optimizer, () => crossEntropy(model.forward(x), y))) as Tensor;
    await expect(fit({ parts: { model, optimizer }, step }, points(10), { epochs: 1 })).rejects.toThrow(message);
  });

  it('a compiled step that reads a value says how it runs nevertheless', async () => {
    const model = classifier();
    const step = ({ x }: { x: Tensor }): Tensor => {
      void model.forward(x).item().catch(() => undefined); // prettier-ignore
      return model.forward(x).item() as never;
    };
    await expect(fit({ parts: { model }, step }, points(10), { epochs: 1 })).rejects.toThrow(/compiled: false/);
  });
});

describe('a step of fit', () => {
  const column = (values: number[]): { data: Float32Array; shape: number[] } => ({
    data: Float32Array.from(values),
    shape: [1],
  });

  /** One step of SGD with rate 1 on y = wx from w = 0, so that w becomes minus the gradient. */
  async function gradient(
    options: object,
    fields: object = {},
    epochs = 1,
  ): Promise<{ w: number; losses: readonly number[] }> {
    const model = new Sequential(new Linear(1, 1, { bias: false }));
    model.loadStateDict({ '0.weight': tensor([[0]]) });
    const data = new ArrayDataset({ x: column([1, 2, 3]), y: column([1, 1, 1]), ...fields });
    const { losses } = await fit(model, new DataLoader(data, { batchSize: 3 }), {
      loss: (output, target, { reduction = 'mean' as 'mean' | 'none' } = {} as never) =>
        reduction === 'mean' ? output.sub(target).square().mean() : output.sub(target).square(),
      optimizer: new SGD(model, { learningRate: 1 }),
      epochs,
      ...options,
    });
    return { w: (await model.parameters()[0]?.data())?.[0] ?? NaN, losses };
  }

  it('weights examples: Σ w l / Σ w, in loss and gradient', async () => {
    // −∂/∂w Σ wᵢ (w xᵢ − 1)² / Σ wᵢ at 0 is 2 Σ wᵢ xᵢ / Σ wᵢ.
    expect((await gradient({})).w).toBeCloseTo((2 * (1 + 2 + 3)) / 3, 5);
    const weight = { data: Float32Array.of(1, 0, 3), shape: [] };
    expect((await gradient({}, { weight })).w).toBeCloseTo((2 * (1 + 9)) / 4, 5);
    const even = { data: Float32Array.of(2, 2, 2), shape: [] };
    expect((await gradient({}, { weight: even })).w).toBeCloseTo((await gradient({})).w, 6);
  });

  it('weighs the means of an epoch and of validation by the weights', async () => {
    const model = new Sequential(new Linear(1, 1, { bias: false }));
    model.loadStateDict({ '0.weight': tensor([[0]]) });
    // Losses 1, 4, 9 with weights 1, 0, 3: the mean is (1 + 27) / 4, however it is cut into batches.
    const data = new ArrayDataset({
      x: column([1, 1, 1]),
      y: column([1, 2, 3]),
      weight: { data: Float32Array.of(1, 0, 3), shape: [] },
    });
    const { epochs } = await fit(model, new DataLoader(data, { batchSize: 2 }), {
      loss: (output, target, options) => {
        const losses = output.sub(target).square();
        return options?.reduction === 'none' ? losses : losses.mean();
      },
      optimizer: new SGD(model, { learningRate: 0 }),
      epochs: 1,
      validation: new DataLoader(data, { batchSize: 2 }),
    });
    expect(epochs[0]?.loss).toBeCloseTo(7, 6);
    expect(epochs[0]?.validationLoss).toBeCloseTo(7, 6);
  });

  it('says what a loss that knows no examples lacks, and weights of another shape', async () => {
    const weight = { data: Float32Array.of(1, 0, 3), shape: [] };
    const loss = (output: Tensor, target: Tensor): Tensor => output.sub(target).square().mean();
    await expect(gradient({ loss }, { weight })).rejects.toThrow(
      /the loss must give one number for each of them, not the tensor float32\[\][^]*third argument[^]*\.\.\.options/,
    );
    const wide = { data: new Float32Array(6).fill(1), shape: [2] };
    await expect(gradient({}, { weight: wide })).rejects.toThrow(/float32\[3\], not float32\[3,2\]/);
  });

  it.each<[string, number[], string]>([
    [
      'negative',
      [1, -1, 3],
      'the weight of an example must be a number ≥ 0; weight 1 of the batch’s 3 is -1.\n  hint: An example that counts nothing has the weight 0.',
    ],
    [
      'NaN',
      [1, 2, Number.NaN],
      'the weight of an example must be a number ≥ 0; weight 2 of the batch’s 3 is NaN.\n  hint: Where it comes from a quotient',
    ],
    [
      'infinite',
      [Infinity, 0, 0],
      'the weight of an example must be a number ≥ 0; weight 0 of the batch’s 3 is Infinity.\n  hint: Where it comes from a quotient',
    ],
    [
      'all zero',
      [0, 0, 0],
      'there is nothing to learn from this batch: the weights of all its 3 examples are 0.\n  hint: Leave out examples that do not count',
    ],
  ])('refuses weights that are %s, before the step', async (_, weights, message) => {
    const weight = { data: Float32Array.from(weights), shape: [] };
    const stepped = vi.fn();
    await expect(gradient({ callbacks: [{ onStep: stepped }] }, { weight })).rejects.toThrow(
      `[fit, step 1] ${message}`,
    );
    expect(stepped).not.toHaveBeenCalled();
    const run = new TrainingRun({
      parts: { g: new Generator(1) },
      data: new DataLoader(new ArrayDataset({ weight })),
      epochs: 1,
    });
    await expect(run[Symbol.asyncIterator]().next()).rejects.toThrow(`[TrainingRun, step 1] ${message}`);
  });

  it('validates with the weights, too: batches that do not count change nothing, and some example must', async () => {
    const validated = async (weights: number[]): Promise<number | undefined> => {
      const model = new Sequential(new Linear(1, 1, { bias: false }));
      model.loadStateDict({ '0.weight': tensor([[0]]) });
      const weight = { data: Float32Array.from(weights), shape: [] };
      const validation = new DataLoader(new ArrayDataset({ x: column([1, 1, 1]), y: column([1, 2, 3]), weight }), {
        batchSize: 1,
      });
      const data = new ArrayDataset({ x: column([1]), y: column([1]) });
      const loss: LossFunction = (output, target, options) => {
        const losses = output.sub(target).square();
        return options?.reduction === 'none' ? losses : losses.mean();
      };
      return (await fit(model, data, { loss, optimizer: new SGD(model, { learningRate: 0 }), epochs: 1, validation }))
        .epochs[0]?.validationLoss;
    };
    expect(await validated([1, 0, 3])).toBeCloseTo((1 + 27) / 4, 6);
    await expect(validated([0, 0, 0])).rejects.toThrow(
      'no example of the validation data counts: all their weights are 0.',
    );
    await expect(validated([1, -2, 3])).rejects.toThrow(
      '[fit, validation after epoch 1, batch 2] the weight of an example must be a number ≥ 0; weight 0 of the batch’s 1 is -2.',
    );
  });

  it('clips the norm and the values of gradients', async () => {
    expect((await gradient({ clipNorm: 0.5 })).w).toBeCloseTo(0.5, 5);
    expect((await gradient({ clipValue: 0.25 })).w).toBeCloseTo(0.25, 6);
    expect((await gradient({ clipNorm: 100 })).w).toBeCloseTo(4, 5);
    await expect(gradient({ clipNorm: 0 })).rejects.toThrow(/clipNorm must be a number > 0, not 0/);
  });

  it('accumulates gradients: as one step on the whole batch', async () => {
    const run = async (batchSize: number, accumulate: number): Promise<unknown> => {
      manualSeed(4);
      const model = new Sequential(new Linear(2, 4), new ReLU(), new Linear(4, 2));
      const loader = new DataLoader(points(48), { batchSize });
      const optimizer = new SGD(model, { learningRate: 0.1, momentum: 0.9 });
      await fit(model, loader, { loss: crossEntropy, optimizer, epochs: 2, accumulate });
      expect(optimizer.stepCount).toBe((2 * 48) / batchSize / accumulate);
      return Promise.all(model.parameters().map((parameter) => parameter.toArray()));
    };
    const [whole, parts] = [await run(16, 1), await run(8, 2)] as [number[][], number[][]];
    parts.flat(2).forEach((value, i) => expect(value).toBeCloseTo(whole.flat(2)[i] ?? NaN, 5));
  });

  it('of a last batch of one in front of batch normalisation says the remedy, before the first step', async () => {
    const model = (): Sequential => new Sequential(new Linear(2, 4), new BatchNorm1d(4), new Linear(4, 2));
    const run = (options: object, own = model()): Promise<History> =>
      fit(own, points(9), { loss: crossEntropy, optimizer: new SGD(own), epochs: 1, batchSize: 4, ...options });
    let steps = 0;
    await expect(run({ callbacks: [{ onStep: () => void steps++ }] })).rejects.toThrow(
      /^\[fit\] of 9 examples in batches of 4 the last batch has one[^]*more than one value per channel[^]*hint: .*\{ dropLast: true \}, or take another batch size/,
    );
    expect(steps).toBe(0);
    expect((await run({ dropLast: true })).losses).toHaveLength(2);
    expect((await run({ batchSize: 3 })).losses).toHaveLength(3);
    // Looking ahead changes nothing, and a model that takes one example takes it.
    const trained = async (batchSize: number): Promise<unknown> => {
      manualSeed(8);
      const own = classifier();
      const { losses } = await run({ batchSize, seed: 1 }, own);
      return [losses[0], losses.length];
    };
    expect(await trained(8)).toEqual([expect.any(Number), 2]);
    const loop = new TrainingRun({
      parts: { model: model() },
      data: new DataLoader(points(9), { batchSize: 4 }),
      epochs: 1,
    });
    await expect(
      (async () => {
        for await (const { x } of loop) await loop.report((loop.model as Sequential).forward(x as Tensor).mean());
      })(),
    ).rejects.toThrow(/more than one value per channel[^]*\{ dropLast: true \}, or take another batch size/);
  });

  it('follows a plateau of the validation loss', async () => {
    const model = classifier();
    const schedule = new PlateauSchedule({ patience: 0, factor: 0.5, threshold: 0.9 });
    const { learningRates } = await fit(model, points(32), {
      loss: crossEntropy,
      optimizer: new SGD(model, { learningRate: 0.1 }),
      epochs: 3,
      validation: points(10),
      schedule,
    });
    expect(learningRates).toEqual({ optimizer: [0.1, 0.1, 0.05] });
  });

  it('a schedule that needs the number of steps says that a stream has none', async () => {
    const model = classifier();
    const loader = new DataLoader(points(10));
    const data: Batches = { batches: (from) => loader.batches(from), stateDict: () => null, loadStateDict: () => {}, differences: () => [] }; // prettier-ignore
    const options = { loss: crossEntropy, optimizer: new SGD(model), schedule: cosineSchedule() };
    await expect(fit(model, data, { ...options, epochs: 2 })).rejects.toThrow(/number of steps/);
    expect((await fit(model, data, { ...options, steps: 2 })).losses).toHaveLength(2);
  });

  it('refuses a schedule for what is no optimizer, and parts that are none', async () => {
    const model = classifier();
    const optimizer = new SGD(model);
    const task = supervised(model, { loss: crossEntropy, optimizer });
    await expect(fit(task, points(10), { epochs: 1, schedule: { model: () => 1 } })).rejects.toThrow(
      /schedule for model, which is no optimizer of this run\.[^]*Optimizers are optimizer/,
    );
    await expect(fit({ ...task, parts: { run: model } }, points(10), { epochs: 1 })).rejects.toThrow(
      /cannot be named 'run'/,
    );
    await expect(fit({ ...task, parts: { three: 3 as never } }, points(10), { epochs: 1 })).rejects.toThrow(
      /the part three must have stateDict\(\)/,
    );
    await expect(fit(task, points(10), { epochs: 1, steps: 3 })).rejects.toThrow(/epochs and steps are both given/);
    await expect(fit(task, points(10), { epochs: 1, validateEvery: 3 as never })).rejects.toThrow(
      /validateEvery must be \{ steps: n \} or \{ epochs: n \}[^]*\{ epochs: 3 \} or \{ steps: 3 \}/,
    );
  });

  it('is a TrainingError where the loop reports twice, or nothing', async () => {
    const model = classifier();
    const make = (): TrainingRun<{ x: never; y: never }> =>
      new TrainingRun({ parts: { model }, data: new DataLoader(points(70)), epochs: 1 }) as never;
    const none = make();
    await expect(
      (async () => {
        for await (const _ of none);
      })(),
    ).rejects.toThrow(/step 1 reported nothing/);
    const twice = make();
    await expect(
      (async () => {
        for await (const _ of twice) {
          await twice.report(1);
          await twice.report(1);
        }
      })(),
    ).rejects.toThrow(/twice for one batch/);
    expect(() => make().report(1)).toThrow(TrainingError);
  });
});
