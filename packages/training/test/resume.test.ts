/**
 * A run that is cut, after any step and in any way, and goes on: the same bytes as the run that was not cut.
 *
 * @module-tag long: a cut after every step.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataLoader, stream, type ArrayDataset, type Batch, type Field } from '@hebb/data';
import { accuracy } from '@hebb/evaluation';
import { BatchNorm1d, Dropout, Linear, ReLU, Sequential } from '@hebb/layers';
import { binaryCrossEntropyWithLogits, crossEntropy } from '@hebb/losses';
import { AdamW, constantSchedule, cosineSchedule, EMA, minimize, PlateauSchedule, SGD } from '@hebb/optimizers';
import { compile, manualSeed, ones, randn, setDevice, zeros, type State, type Tensor } from '@hebb/tensor';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Checkpoint,
  decodeState,
  EarlyStopping,
  encodeState,
  fit,
  TrainingRun,
  type Callback,
  type FitOptions,
  type FitTaskOptions,
  type History,
} from '../src/index.ts';
import { points } from './support/points.ts';

let folder = '';
let runs = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hebb-resume-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => setDevice('wasm'));

/** How a run is cut: asked to stop in the pause after a step, or while the next batch is fetched, with the pause still to come. */
type Cut = { readonly in: 'pause' | 'fetch'; readonly after: number };

/** What a program of a run gets, so that it can be cut. */
interface Place {
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly callbacks: readonly Callback[];
  /** To be called for every batch that is fetched. */
  fetching(number: number): void;
}

type Program = (place: Place) => Promise<History>;

/** Starts a program as often as it is cut, each time anew; what it leaves in its folder, but for times, and its history. */
async function outcome(program: Program, cuts: readonly Cut[]): Promise<unknown> {
  const own = join(folder, String(runs++));
  let history: History | undefined;
  for (const cut of [...cuts, undefined]) {
    // Another process draws other numbers, and a run that goes on must not.
    manualSeed(cuts.length > 0 && history !== undefined ? 999 : 7);
    const controller = new AbortController();
    const cutting: Callback = {
      every: { steps: cut?.in === 'pause' ? cut.after : 1e9 },
      onPause: () => controller.abort(),
    };
    history = await program({
      folder: own,
      signal: controller.signal,
      callbacks: [cutting],
      fetching: (number) => {
        if (cut?.in === 'fetch' && number === cut.after) controller.abort();
      },
    });
    if (cut !== undefined) expect(history.interrupted, `cut after ${cut.after}`).toBe(true);
  }
  expect(history?.interrupted).toBe(false);
  const state = decodeState(readFileSync(join(own, 'last.safetensors'))) as { run: Record<string, State> };
  const { times: _, ...run } = state.run;
  const { losses, scalars, learningRates, epochs, validations } = history as History;
  const untimed = epochs.map(({ seconds: _s, validationSeconds: _v, examplesPerSecond: _e, ...rest }) => rest);
  return {
    last: Buffer.from(await encodeState({ ...state, run })).toString('base64'),
    best: readFileSync(join(own, 'best.safetensors')).toString('base64'),
    history: {
      losses,
      scalars,
      learningRates,
      untimed,
      validations: validations.map(({ step, metrics }) => ({ step, metrics })),
    },
  };
}

type Pairs = ArrayDataset<{ x: Field<Float32Array>; y: Field<Int32Array> }>;
type PairBatch = Batch<{ x: Field<Float32Array>; y: Field<Int32Array> }>;

/** Loaders call `transform` once for each batch that they fetch. */
function loaderOf(place: Place): DataLoader<PairBatch> {
  return new DataLoader<PairBatch>(points(44) as Pairs, {
    batchSize: 8,
    shuffle: true,
    seed: 3,
    transform: (batch, { epoch, batch: number }) => {
      place.fetching(epoch * 6 + number);
      return batch;
    },
  });
}

/** Dropout, batch normalisation, shuffling, a schedule, accumulation, clipping, averages, early stopping; 18 steps. */
const everything: Program = async (place) => {
  const model = new Sequential(new Linear(2, 8), new BatchNorm1d(8), new ReLU(), new Dropout(0.3), new Linear(8, 2));
  return await fit(model, loaderOf(place), {
    loss: crossEntropy,
    optimizer: new EMA(new AdamW(model, { learningRate: 0.02 }), { decay: 0.8 }),
    epochs: 3,
    clipNorm: 1,
    accumulate: 4,
    schedule: cosineSchedule({ warmup: 3 }),
    validation: points(20, 2),
    validateEvery: { steps: 4 },
    metrics: { accuracy },
    callbacks: [
      new Checkpoint(place.folder, { every: { steps: 2 } }),
      new EarlyStopping({ patience: 50 }),
      ...place.callbacks,
    ],
    signal: place.signal,
    resume: place.folder,
  });
};

describe('a run of 18 steps with everything on', () => {
  let whole: unknown;
  beforeAll(async () => {
    setDevice('wasm');
    whole = await outcome(everything, []);
  });

  it('is the same when it is run again', async () => {
    expect(await outcome(everything, [])).toEqual(whole);
  });

  const steps = Array.from({ length: 17 }, (_, i) => i + 1);
  it.each(steps)('cut in the pause after step %i', async (after) => {
    expect(await outcome(everything, [{ in: 'pause', after }])).toEqual(whole);
  });

  it.each(steps)('cut after step %i before what is due then', async (after) => {
    expect(await outcome(everything, [{ in: 'fetch', after }])).toEqual(whole);
  });

  it.each<[Cut['in'], number[]]>([
    ['pause', [2, 7, 12]],
    ['fetch', [5, 6, 13]],
    ['fetch', [1, 2, 3]],
    ['pause', [6, 12, 17]],
  ])('cut three times, in %s, after %j', async (way, after) => {
    expect(
      await outcome(
        everything,
        after.map((step) => ({ in: way, after: step })),
      ),
    ).toEqual(whole);
  });
});

/** Two networks, two optimizers, one schedule each, an epoch's plateau among them; 12 steps. */
const turns: Program = async (place) => {
  const g = new Sequential(new Linear(2, 8), new ReLU(), new Linear(8, 2));
  const d = new Sequential(new Linear(2, 8), new Dropout(0.2), new ReLU(), new Linear(8, 1));
  const optG = new AdamW(g, { learningRate: 0.02 });
  const optD = new SGD(d, { learningRate: 0.1, momentum: 0.9 });
  const loss = (x: Tensor, real: boolean): Tensor => {
    const logits = d.forward(x);
    return binaryCrossEntropyWithLogits(logits, real ? ones(logits.shape) : zeros(logits.shape));
  };
  const noise = (x: Tensor): Tensor => randn([x.shape[0] ?? 0, 2]);
  return await fit(
    {
      parts: { g, d, optG, optD },
      step: ({ x }: { x: Tensor }) => ({
        dLoss: minimize(optD, () => loss(x, true).add(loss(g.forward(noise(x)).detach(), false))),
        gLoss: minimize(optG, () => loss(g.forward(noise(x)), true)),
      }),
    },
    loaderOf(place),
    {
      epochs: 2,
      schedule: { optD: new PlateauSchedule({ patience: 0, threshold: 0.9 }), optG: (step, total) => 1 - step / total },
      callbacks: [new Checkpoint(place.folder), ...place.callbacks],
      signal: place.signal,
      resume: place.folder,
    },
  );
};

/** A stream without a length, shuffled in a buffer, by steps that are no whole number of epochs. */
const streaming: Program = async (place) => {
  const model = new Linear(2, 2);
  const optimizer = new AdamW(model, { learningRate: 0.05 });
  const data = stream(Array.from({ length: 23 }, (_, i) => i))
    .shuffle({ buffer: 9, seed: 4 })
    .map((i) => ({
      x: { data: Float32Array.of(Math.sin(i), Math.cos(3 * i)), shape: [2] },
      y: { data: Int32Array.of(i % 2), shape: [] },
    }))
    .batch(5);
  return await fit(
    {
      parts: { model, optimizer },
      step: ({ x, y }: { x: Tensor; y: Tensor }) =>
        minimize(optimizer, () => crossEntropy(model.forward(x.add(randn(x.shape).mul(0.1))), y)),
    },
    data,
    {
      steps: 12,
      schedule: cosineSchedule(),
      callbacks: [new Checkpoint(place.folder, { every: { steps: 3 } }), ...place.callbacks],
      signal: place.signal,
      resume: place.folder,
    },
  );
};

/** A loop of one's own around a compiled step. */
const own: Program = async (place) => {
  const model = new Sequential(new Linear(2, 8), new Dropout(0.3), new Linear(8, 2));
  const optimizer = new AdamW(model, { learningRate: 0.02 });
  const step = compile((x: Tensor, y: Tensor) => minimize(optimizer, () => crossEntropy(model.forward(x), y)));
  const run = new TrainingRun({
    parts: { model, optimizer },
    data: loaderOf(place),
    epochs: 2,
    schedule: cosineSchedule(),
    callbacks: [new Checkpoint(place.folder), ...place.callbacks],
    signal: place.signal,
    resume: place.folder,
  });
  for await (const { x, y } of run) void run.report({ loss: step(x, y) });
  return run.history;
};

describe.each<[string, Program, number]>([
  ['two networks in turns', turns, 12],
  ['a stream by steps', streaming, 12],
  ['a loop of one’s own', own, 12],
])('%s', (_, program, steps) => {
  it('goes on after any step in the same bytes', async () => {
    const whole = await outcome(program, []);
    for (let after = 1; after < steps; after++)
      expect(await outcome(program, [{ in: 'pause', after }]), `cut after step ${after}`).toEqual(whole);
    for (const after of [3, 6, 11].filter(() => program !== streaming))
      expect(await outcome(program, [{ in: 'fetch', after }]), `cut before the pause of step ${after}`).toEqual(whole);
    const three = [2, 5, 9].map((after): Cut => ({ in: 'pause', after }));
    expect(await outcome(program, three)).toEqual(whole);
  });
});

describe('leaving a loop of one’s own', () => {
  const start = (name: string, callbacks: Callback[]): TrainingRun<PairBatch> => {
    const model = new Linear(2, 2);
    return new TrainingRun({
      parts: { model },
      data: new DataLoader(points(40) as Pairs, { batchSize: 8 }),
      epochs: 2,
      callbacks: [new Checkpoint(join(folder, name)), ...callbacks],
      resume: join(folder, name),
    });
  };

  it('by break saves where it stands, and the next run goes on there', async () => {
    const run = start('left', []);
    for await (const _ of run) {
      await run.report({ loss: run.step });
      if (run.step === 3) break;
    }
    expect(run.history).toMatchObject({ losses: [0, 1, 2], interrupted: true });
    const rest = start('left', []);
    for await (const _ of rest) await rest.report({ loss: rest.step });
    expect(rest.history).toMatchObject({ losses: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], interrupted: false });
    const done = start('left', []);
    for await (const _ of done) expect.unreachable('all steps have been made');
    expect(done.history.losses).toEqual(rest.history.losses);
  });

  it('in the middle of a step saves nothing: whether the step has changed anything is not known', async () => {
    const errors: unknown[] = [];
    const run = start('middle', [{ onTrainError: (error) => void errors.push(error) }]);
    const leave = async (): Promise<void> => {
      for await (const _ of run) {
        if (run.step === 2) throw new Error('mine');
        await run.report({ loss: 1 });
      }
    };
    await expect(leave()).rejects.toThrow('mine');
    expect(String(errors[0])).toMatch(/left in the middle of step 3/);
    expect(() => readFileSync(join(folder, 'middle', 'last.safetensors'))).toThrow(/ENOENT/);
  });
});

it('says that options of an optimizer are those saved, where the program has others', async () => {
  const own = join(folder, 'options');
  const run = (epochs: number, learningRate: number, weightDecay: number): Promise<History> => {
    const model = new Sequential(new Linear(2, 2));
    const groups = [{ match: /bias/, weightDecay }];
    const optimizer = new EMA(new AdamW(model, { learningRate, groups }), { decay: 0.5 });
    const callbacks = [new Checkpoint(own, { monitor: 'loss' })];
    return fit(model, points(8), { loss: crossEntropy, optimizer, epochs, callbacks, resume: own });
  };
  expect((await run(1, 0.25, 0)).warnings).toBeUndefined();
  expect((await run(2, 0.25, 0)).warnings).toBeUndefined();
  const { warnings, learningRates } = await run(3, 0.5, 0.125);
  expect(learningRates).toEqual({ optimizer: [0.25, 0.25, 0.25] });
  expect(warnings).toEqual([
    `learningRate of optimizer is 0.25, as in ${own}, and not 0.5.`,
    `learningRate of optimizer, group 1, is 0.25, as in ${own}, and not 0.5.`,
    `weightDecay of optimizer, group 1, is 0, as in ${own}, and not 0.125.`,
  ]);
});

describe('a run that is resumed with another schedule', () => {
  const run = async (
    name: string,
    epochs: number,
    schedule: FitTaskOptions['schedule'] | 'none',
    signal?: AbortSignal,
  ): Promise<History> => {
    const model = new Sequential(new Linear(2, 2));
    const optimizer = new SGD(model, { learningRate: 1 });
    const own = join(folder, name);
    const options = {
      loss: crossEntropy,
      optimizer,
      epochs,
      batchSize: 4,
      callbacks: [new Checkpoint(own, { monitor: 'loss' })],
      resume: own,
    };
    const more = { ...(schedule !== 'none' && { schedule }), ...(signal !== undefined && { signal }) };
    return fit(model, points(8), { ...options, ...more } as FitOptions);
  };
  const halving = (step: number): number => 0.5 ** step;
  /** A schedule of a user’s own that observes, and has no state. */
  const observing = { factor: 0.5, observe: () => 0.5 };

  it.each<
    [string, FitTaskOptions['schedule'] | 'none', FitTaskOptions['schedule'] | 'none', readonly string[] | undefined]
  >([
    ['the same one, of a longer run', cosineSchedule(), cosineSchedule(), undefined],
    ['the same one of all, by its name', cosineSchedule(), { optimizer: cosineSchedule() }, undefined],
    ['another function that does the same', halving, (step) => 1 / 2 ** step, undefined],
    ['one that observes', observing, { ...observing }, undefined],
    ['none before and after', 'none', 'none', undefined],
    [
      'another one',
      halving,
      cosineSchedule(),
      ['the schedule of optimizer is another than it was: in step 4 it gave the factor 0.125, here 0.14644661.'],
    ],
    [
      'one that needs to know more',
      halving,
      () => {
        throw new RangeError('not today');
      },
      ['the schedule of optimizer is another than it was: in step 4 it gave the factor 0.125, here not today.'],
    ],
    ['one where there was none', 'none', () => 1, ['optimizer has a schedule here, and had none when it was saved.']],
  ])('%s', async (name, before, after, warnings) => {
    await run(name, 2, before);
    const resumed = run(name, 3, after);
    if (name === 'one that needs to know more') await expect(resumed).rejects.toThrow('not today');
    else expect((await resumed).warnings).toEqual(warnings);
  });

  it.each([
    ['a function', halving],
    ['one that observes', observing],
  ])('is refused where it has none, and had %s, and goes on with constantSchedule()', async (name, schedule) => {
    const own = `without ${name}`;
    await run(own, 2, schedule);
    await expect(run(own, 3, 'none')).rejects.toThrow(
      'run: optimizer had a schedule, and has none here; constantSchedule() goes on without',
    );
    const { warnings, learningRates } = await run(own, 3, constantSchedule());
    expect(warnings).toEqual([
      expect.stringMatching(/^the schedule of optimizer is another than it was: .* here 1\.$/),
    ]);
    expect(learningRates['optimizer']?.slice(4)).toEqual([1, 1]);
  });

  it('says nothing where no step has been made yet', async () => {
    await run('no step', 2, 'none', AbortSignal.abort());
    expect((await run('no step', 2, halving)).warnings).toBeUndefined();
  });

  it('refuses factors that are none', async () => {
    await run('tampered', 2, halving);
    const path = join(folder, 'tampered', 'last.safetensors');
    const state = decodeState(readFileSync(path)) as { run: Record<string, State> };
    for (const [schedules, reason] of [
      [3, 'schedules must be the last factors by optimizer, not 3'],
      [
        { optimizer: { step: 3, totalSteps: 'x', factor: 1 } },
        'schedules.optimizer must be { step, totalSteps, factor }, not { step, totalSteps, factor }',
      ],
    ] as const) {
      writeFileSync(path, await encodeState({ ...state, run: { ...state.run, schedules } }));
      await expect(run('tampered', 3, halving)).rejects.toThrow(reason);
    }
  });
});
