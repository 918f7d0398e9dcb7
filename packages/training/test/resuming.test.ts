/**
 * Every kind of run goes on where it was cut, in a program whose seeds and weights are others at first, and ends in the same bytes.
 *
 * @module-tag long: every kind of run, cut and resumed.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataLoader, stream, type ArrayDataset, type Batches } from '@hebb/data';
import { accuracy } from '@hebb/evaluation';
import { BatchNorm1d, Dropout, Linear, ReLU, Sequential, Sigmoid } from '@hebb/layers';
import { binaryCrossEntropyWithLogits, crossEntropy, meanSquaredError } from '@hebb/losses';
import {
  Accumulation,
  AdamW,
  cosineSchedule,
  EMA,
  Lookahead,
  minimize,
  PlateauSchedule,
  SGD,
  SWA,
  type TrainingOptimizer,
} from '@hebb/optimizers';
import {
  Generator,
  manualSeed,
  onesLike,
  rand,
  setDevice,
  zerosLike,
  type State,
  type Stateful,
  type Tensor,
} from '@hebb/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Checkpoint,
  CheckpointError,
  decodeState,
  EarlyStopping,
  fit,
  TrainingRun,
  type Callback,
  type FitTaskOptions,
  type History,
  type Task,
} from '../src/index.ts';
import { plain } from './support/plain.ts';
import { points } from './support/points.ts';

let folder = '';
beforeEach(() => {
  setDevice('wasm');
  folder = mkdtempSync(join(tmpdir(), 'hebb-resuming-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Options = Pick<FitTaskOptions, 'signal' | 'callbacks' | 'resume'> & { readonly callbacks: readonly Callback[] };

/** A program: makes everything anew, trains, and gives what it has made. */
type Program = (
  options: Options,
) => Promise<{ readonly parts: Readonly<Record<string, Stateful>>; readonly history: History }>;

const data = (): ArrayDataset => points(50);
const classifier = (): Sequential =>
  new Sequential(new Linear(2, 8), new BatchNorm1d(8), new ReLU(), new Dropout(0.3), new Linear(8, 2));

/** Supervised training with an optimizer of one's choice. */
const supervised =
  (optimizerOf: (model: Sequential) => TrainingOptimizer & Stateful, more: () => object = () => ({})): Program =>
  async (options) => {
    const model = classifier();
    const optimizer = optimizerOf(model);
    const given = { loss: crossEntropy, optimizer, epochs: 3, batchSize: 8, validation: points(20, 2), ...more() };
    return { parts: { model, optimizer }, history: await fit(model, data(), { ...given, ...options }) };
  };

const adam = (model: Sequential): AdamW => new AdamW(model, { learningRate: 0.02 });

/** Two networks in turns, with noise of a generator of its own. */
const adversarial: Program = async (options) => {
  const generator = new Sequential(new Linear(3, 8), new ReLU(), new Linear(8, 2));
  const discriminator = new Sequential(new Linear(2, 8), new ReLU(), new Dropout(0.2), new Linear(8, 1));
  const generatorOptimizer = new AdamW(generator, { learningRate: 0.01 });
  const discriminatorOptimizer = new AdamW(discriminator, { learningRate: 0.01 });
  const random = new Generator(Math.floor(Math.random() * 1e6));
  if (!options.resume) random.reset(3);
  const parts = { generator, discriminator, generatorOptimizer, discriminatorOptimizer, random };
  const noise = ({ shape: [count = 0] }: Tensor): Tensor => rand([count, 3], { generator: random });
  const task: Task<{ x: Tensor }> = {
    parts,
    step: ({ x }) => {
      const fake = generator.forward(noise(x));
      const dLoss = minimize(discriminatorOptimizer, () => {
        const real = discriminator.forward(x);
        const made = discriminator.forward(fake.detach());
        const right = binaryCrossEntropyWithLogits(real, onesLike(real));
        return right.add(binaryCrossEntropyWithLogits(made, zerosLike(made)));
      });
      const gLoss = minimize(generatorOptimizer, () => {
        const judged = discriminator.forward(generator.forward(noise(x)));
        return binaryCrossEntropyWithLogits(judged, onesLike(judged));
      });
      return { dLoss, gLoss };
    },
  };
  const loader = new DataLoader(data(), { batchSize: 8, shuffle: true });
  return { parts, history: await fit(task as Task, loader, { epochs: 3, schedule: { generatorOptimizer: cosineSchedule() }, ...options }) }; // prettier-ignore
};

/** Steps over a stream with a buffer that shuffles, and no end of an epoch in sight. */
const streamed: Program = async (options) => {
  const model = new Sequential(new Linear(1, 4), new Sigmoid(), new Linear(4, 1));
  const optimizer = new SGD(model, { learningRate: 0.1, momentum: 0.9 });
  const batches = stream(function* () {
    for (let i = 0; i < 61; i++) yield { x: [i / 61], y: [Math.sin(i)] };
  })
    .shuffle({ buffer: 16, seed: 4 })
    .batch(4);
  const history = await fit(model, batches, { loss: meanSquaredError, optimizer, steps: 21, ...options });
  return { parts: { model, optimizer }, history };
};

/** A loop of one's own, not compiled, that reads values. */
const ownLoop: Program = async ({ callbacks, signal, resume }) => {
  const model = classifier();
  const optimizer = new EMA(adam(model), { decay: 0.8 });
  const loader = new DataLoader(data(), { batchSize: 8, shuffle: true });
  const run = new TrainingRun({
    parts: { model, optimizer },
    data: loader,
    steps: 21,
    callbacks,
    ...(signal && { signal }),
    ...(resume !== undefined && { resume }),
  });
  for await (const batch of run) {
    const { x, y } = batch as { readonly x: Tensor; readonly y: Tensor };
    const loss = minimize(optimizer, () => crossEntropy(model.forward(x), y));
    await run.report({ loss, half: (await loss.item()) / 2 });
  }
  return { parts: { model, optimizer }, history: run.history };
};

/** All that a run has made, without times. */
async function madeBy({ parts, history }: Awaited<ReturnType<Program>>): Promise<unknown> {
  const states = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.stateDict()]));
  const { losses, scalars, learningRates, stopReason } = history;
  const epochs = history.epochs.map(({ epoch, step, loss, metrics, validationLoss }) => ({ epoch, step, loss, validationLoss, metrics: { ...metrics } })); // prettier-ignore
  return plain({ states, losses, scalars: { ...scalars }, learningRates, epochs, stopReason });
}

const programs: Readonly<Record<string, Program>> = {
  'a dataset without a loader': supervised(adam),
  'a schedule': supervised(adam, () => ({ schedule: cosineSchedule({ warmup: 4 }), metrics: { accuracy } })),
  'a schedule that waits for plateaus': supervised(adam, () => ({
    schedule: new PlateauSchedule({ patience: 1, factor: 0.5 }),
  })),
  'momentum, clipping and weights that decay': supervised(
    (model) => new SGD(model, { learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    () => ({ clipNorm: 0.5, clipValue: 0.1 }),
  ),
  'groups with rates of their own': supervised(
    (model) => new AdamW(model, { learningRate: 0.01, groups: [{ match: /^4\./, learningRate: 0.05 }] }),
  ),
  'accumulated gradients': supervised((model) => new Accumulation(adam(model), { steps: 4 })),
  'gradients that fit accumulates': supervised(adam, () => ({ accumulate: 2 })),
  'averages (EMA)': supervised((model) => new EMA(adam(model), { decay: 0.7 })),
  'averages (SWA)': supervised((model) => new SWA(adam(model), { from: 3, every: 2 })),
  lookahead: supervised((model) => new Lookahead(adam(model), { steps: 3, alpha: 0.5 })),
  'wrappers of wrappers': supervised(
    (model) => new EMA(new Lookahead(new Accumulation(adam(model), { steps: 2 }), { steps: 2, alpha: 0.5 }), { decay: 0.6 }), // prettier-ignore
  ),
  'validation every few steps': supervised(adam, () => ({ validateEvery: { steps: 4 }, metrics: { accuracy } })),
  'batches gathered ahead': async (options) => {
    const model = classifier();
    const optimizer = adam(model);
    const loader = new DataLoader(data(), { batchSize: 8, shuffle: true, prefetch: 3 });
    return { parts: { model, optimizer }, history: await fit(model, loader, { loss: crossEntropy, optimizer, epochs: 3, ...options }) }; // prettier-ignore
  },
  'two networks in turns': adversarial,
  'a stream': streamed,
  'a loop of one’s own': ownLoop,
};

/** On a GPU those that differ most. */
const onGpu = ['wrappers of wrappers', 'a loop of one’s own'];
const cases = Object.entries(programs).flatMap(([name, program]) => [
  ['wasm', name, program] as const,
  ...(process.env['HEBB_TEST_WEBGPU'] === '1' && onGpu.includes(name) ? [['webgpu', name, program] as const] : []),
]);

describe.each(cases)('on %s: %s', (device, _, program) => {
  it('goes on after a cut', async () => {
    setDevice(device);
    manualSeed(11);
    const uncut = join(folder, 'uncut');
    const whole = await program({ callbacks: [new Checkpoint(uncut)] });
    expect(whole.history.losses.length).toBe(21);
    const expected = await madeBy(whole);
    for (const cuts of [[1], [7], [10], [3, 12, 20]]) {
      const to = join(folder, cuts.join('-'));
      manualSeed(11);
      for (const [i, cut] of cuts.entries()) {
        const controller = new AbortController();
        const cutting: Callback = { every: { steps: cut }, onPause: () => controller.abort() };
        if (i > 0) manualSeed(1000 + i);
        const resume = i === 0 ? {} : { resume: to };
        const { history } = await program({
          signal: controller.signal,
          callbacks: [cutting, new Checkpoint(to)],
          ...resume,
        });
        expect(history.losses).toEqual(whole.history.losses.slice(0, cut));
      }
      manualSeed(2000);
      expect(await madeBy(await program({ resume: to, callbacks: [new Checkpoint(to)] })), `cuts after ${cuts.join()}`).toStrictEqual(expected); // prettier-ignore
      if ((await Checkpoint.info(uncut)).best !== undefined)
        expect(readFileSync(join(to, 'best.safetensors'))).toEqual(readFileSync(join(uncut, 'best.safetensors')));
    }
  });
});

it('takes the best of several networks by their names', async () => {
  manualSeed(1);
  await adversarial({ callbacks: [new Checkpoint(folder, { monitor: 'gLoss' })] });
  const { best } = await Checkpoint.info(folder);
  expect(best).toMatchObject({ modules: ['generator', 'discriminator'], monitor: { name: 'gLoss', goal: 'min' } });
  const generator = new Sequential(new Linear(3, 8), new ReLU(), new Linear(8, 2));
  await Checkpoint.load(folder, { generator }, { from: 'best' });
  await expect(Checkpoint.load(folder, { critic: generator }, { from: 'best' })).rejects.toThrow(
    'critic: the file has no such part; it has generator, discriminator',
  );
});

it('keeps the state of callbacks of one’s own, whatever stands beside them', async () => {
  class Counter implements Callback, Stateful {
    count = 0;
    onStep(): void {
      this.count++;
    }
    stateDict(): number {
      return this.count;
    }
    loadStateDict(count: number): void {
      this.count = count;
    }
  }
  const program = supervised(adam);
  const controller = new AbortController();
  const cutting: Callback = { every: { steps: 5 }, onPause: () => controller.abort() };
  const signal = controller.signal;
  await program({ signal, callbacks: [cutting, new Checkpoint(folder), new EarlyStopping(), new Counter()] });
  const counter = new Counter();
  const silent: Callback = { onStep: () => undefined };
  await program({ resume: folder, callbacks: [silent, silent, new EarlyStopping(), counter, new Checkpoint(folder)] });
  expect(counter.count).toBe(21);
});

it('saves the state of callbacks under the static type of their classes, or the name that they are given', async () => {
  /** As a minifier leaves it: the literal is all that the file can go by. */
  class a implements Callback, Stateful<{ steps: number }> {
    static readonly type: string = 'StepCounter';
    readonly name?: string;
    steps = 0;
    constructor(name?: string) {
      if (name !== undefined) this.name = name;
    }
    onStep(): void {
      this.steps++;
    }
    stateDict(): { steps: number } {
      return { steps: this.steps };
    }
    loadStateDict({ steps }: { steps: number }): void {
      this.steps = steps;
    }
  }
  const program = supervised(adam);
  await program({ callbacks: [new a(), new a('mine'), new EarlyStopping(), new Checkpoint(folder)] });
  const { callbacks } = decodeState(readFileSync(join(folder, 'last.safetensors'))) as { callbacks: object };
  expect(Object.keys(callbacks)).toEqual(['StepCounter', 'mine', 'EarlyStopping', 'Checkpoint']);
  const [other, mine] = [new a(), new a('mine')];
  await program({ resume: folder, callbacks: [mine, new Checkpoint(folder), new EarlyStopping(), other] });
  expect([other.steps, mine.steps]).toEqual([21, 21]);
});

it('tells two of one class apart by the names that they are given, whatever their order', async () => {
  const program = supervised(adam);
  const patient = (): EarlyStopping => new EarlyStopping({ patience: 30, name: 'patient' });
  const training = (): EarlyStopping => new EarlyStopping({ patience: 20, monitor: 'loss', name: 'training' });
  await program({ callbacks: [training(), patient(), new Checkpoint(folder, { name: 'disk' })] });
  const { callbacks } = decodeState(readFileSync(join(folder, 'last.safetensors'))) as { callbacks: object };
  expect(Object.keys(callbacks)).toEqual(['training', 'patient', 'disk']);
  const again = [new Checkpoint(folder, { name: 'disk' }), patient(), training()];
  await program({ resume: folder, callbacks: again });
  expect(() => new EarlyStopping({ name: 3 as never })).toThrow(/\[EarlyStopping\] name must be/);
});

it('resumes batches that have no state by their cursor alone', async () => {
  const run = async (options: Options): Promise<readonly number[]> => {
    manualSeed(1);
    const model = new Sequential(new Linear(1, 1));
    const optimizer = new SGD(model, { learningRate: 0.1 });
    const batches: Batches = {
      async *batches({ epoch, batch: from } = { epoch: 0, batch: 0 }) {
        for (let batch = from; batch < 4; batch++) {
          const x = { data: Float32Array.of(batch, epoch), shape: [2, 1] };
          const next = batch === 3 ? { epoch: epoch + 1, batch: 0 } : { epoch, batch: batch + 1 };
          yield await Promise.resolve({ batch: { x, y: x }, count: 2, next });
        }
      },
    };
    return (await fit(model, batches, { loss: meanSquaredError, optimizer, epochs: 2, ...options })).losses;
  };
  const whole = await run({ callbacks: [] });
  const controller = new AbortController();
  const cutting: Callback = { onStep: ({ step }) => void (step === 3 && controller.abort()) };
  await run({ signal: controller.signal, callbacks: [cutting, new Checkpoint(folder)] });
  expect(await run({ resume: folder, callbacks: [{ onStep: () => undefined }, new Checkpoint(folder)] })).toEqual(
    whole,
  );
  const saved = decodeState(readFileSync(join(folder, 'last.safetensors'))) as object;
  expect(Object.keys(saved)).not.toContain('data');
});

it('loads nothing where a callback refuses its state, or is another one than it was', async () => {
  const program = supervised(adam);
  const keeps = (value: State, load: () => void, name = 'mine'): Callback & Stateful => ({
    name,
    onStep: () => undefined,
    stateDict: () => value,
    loadStateDict: load,
  });
  await program({ callbacks: [new Checkpoint(folder), keeps(1, () => undefined), keeps(2, () => undefined, 'other'), keeps(3, () => undefined, 'EarlyStopping')] }); // prettier-ignore
  const model = classifier();
  const before = await plain(model.stateDict());
  const loaded: string[] = [];
  const refuses = keeps(1, () => {
    throw new RangeError('not today');
  });
  const callbacks = [keeps(0, () => void loaded.push('other'), 'other'), refuses, new EarlyStopping(), new Checkpoint(folder)]; // prettier-ignore
  const options = { loss: crossEntropy, optimizer: adam(model), epochs: 4, batchSize: 8, validation: points(20, 2) };
  const error: unknown = await fit(model, data(), { ...options, callbacks, resume: folder }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(CheckpointError);
  expect((error as CheckpointError).differences).toEqual([
    'callbacks.EarlyStopping: its state is that of something else',
    'callbacks.mine: not today',
  ]);
  expect(await plain(model.stateDict())).toStrictEqual(before);
  expect(loaded).toEqual(['other', 'other']); // and taken back
});
