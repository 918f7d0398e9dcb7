import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataLoader, type ArrayDataset } from '@hebb/data';
import { accuracy } from '@hebb/evaluation';
import { Dropout, Linear, readSafetensors, ReLU, Sequential } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { AdamW, constantSchedule, SGD } from '@hebb/optimizers';
import { manualSeed, setDevice } from '@hebb/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Checkpoint,
  CheckpointError,
  EarlyStopping,
  encodeState,
  fit,
  type Callback,
  type CheckpointOptions,
  type FitOptions,
  type History,
} from '../src/index.ts';
import { metricOf, taskWithoutGoals } from './support/metric-of.ts';
import { points } from './support/points.ts';

let folder = '';
let runs = '';
beforeEach(() => {
  setDevice('wasm');
  manualSeed(1);
  folder = mkdtempSync(join(tmpdir(), 'hebb-checkpoint-'));
  runs = join(folder, 'runs', 'points');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const classifier = (width = 8): Sequential =>
  new Sequential(new Linear(2, width), new ReLU(), new Dropout(0.2), new Linear(width, 2));

interface Trained {
  readonly model: Sequential;
  readonly optimizer: AdamW;
  readonly history: History;
}

/** A run with dropout, shuffling and a schedule, as a program that is started anew would make it. */
async function train(
  options: Partial<FitOptions>,
  { data = points(64), width = 8 }: { data?: ArrayDataset; width?: number } = {},
): Promise<Trained> {
  manualSeed(5);
  const model = classifier(width);
  const optimizer = new AdamW(model, { learningRate: 0.05 });
  const loader = new DataLoader(data, { batchSize: 16, shuffle: true, seed: 2 });
  const history = await fit(model, loader, { loss: crossEntropy, optimizer, epochs: 3, ...options });
  return { model, optimizer, history };
}

/** All that a run has made, as bytes; without times. */
async function bytesOf({ model, optimizer, history }: Trained): Promise<Uint8Array> {
  const { losses, scalars, learningRates } = history;
  const epochs = history.epochs.map(({ epoch, step, loss, metrics, validationLoss }) => ({ epoch, step, loss, metrics: { ...metrics }, validationLoss })); // prettier-ignore
  return encodeState({
    model: model.stateDict(),
    optimizer: optimizer.stateDict(),
    losses,
    scalars: { ...scalars },
    learningRates,
    epochs,
  });
}

async function failureOf(attempt: Promise<unknown>): Promise<CheckpointError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  return error as CheckpointError;
}

/** Ends a run after a step. */
function cutAfter(step: number): { readonly signal: AbortSignal; readonly callback: Callback } {
  const controller = new AbortController();
  return { signal: controller.signal, callback: { every: { steps: step }, onPause: () => controller.abort() } };
}

describe('what is saved', () => {
  it('is the run in one file, and the best weights under PyTorch’s names in another', async () => {
    const { model } = await train({ validation: points(32), callbacks: [new Checkpoint(runs)] });
    expect(readdirSync(runs).sort()).toEqual(['best.safetensors', 'last.safetensors']);
    const state = await readSafetensors(join(runs, 'last.safetensors'));
    expect(await state.get('model.3.weight')?.data()).toEqual(await model.stateDict().get('3.weight')?.data());
    expect([...state.keys()].some((name) => name.startsWith('optimizer.') && name.includes('3.weight'))).toBe(true);
    const { last, best } = await Checkpoint.info(runs);
    expect(last).toMatchObject({ epoch: 3, step: 12, modules: ['model'] });
    expect(best?.monitor).toMatchObject({ name: 'validationLoss', goal: 'min' });
    expect(JSON.stringify([last, best])).not.toMatch(/seconds|perSecond/i);
    classifier().loadStateDict(await readSafetensors(join(runs, 'best.safetensors')));
    expect(await Checkpoint.info(join(folder, 'none'))).toEqual({ last: undefined, best: undefined });
  });

  it('is the best state of all, never one whose number was NaN: 0.9, NaN, 0.1, 0.2', async () => {
    const metrics = { metric: metricOf('max', [0.9, Number.NaN, 0.1, 0.2]) };
    const checkpoint = new Checkpoint(runs, { monitor: 'metric' });
    await train({ epochs: 4, validation: points(32), metrics, callbacks: [checkpoint] });
    expect((await Checkpoint.info(runs)).best).toMatchObject({ epoch: 1, record: { metrics: { metric: 0.9 } } });
    expect(checkpoint.bestEpoch).toBe(1);
  });

  it('is no best state where all numbers are NaN, and the history says so', async () => {
    const checkpoint = new Checkpoint(runs, { monitor: 'metric' });
    const metrics = { metric: metricOf('max', []) };
    const { history } = await train({ validation: points(32), metrics, callbacks: [checkpoint] });
    expect(readdirSync(runs)).toEqual(['last.safetensors']);
    expect(history.warnings).toEqual([
      '[Checkpoint] metric was not a number (NaN) all 3 times that it was looked at: there is no best state',
    ]);
  });

  it.each(['mae', 'rmse'])('is not chosen by a guess at which way %s is better', async (name) => {
    const options = { validation: points(32), metrics: taskWithoutGoals(name, [1, 2]) };
    await expect(train({ ...options, callbacks: [new Checkpoint(runs, { monitor: name })] })).rejects.toThrow(
      `[Checkpoint] nobody says whether a smaller or a larger ${name} is better; known are loss, validationLoss.`,
    );
    await train({ ...options, metrics: taskWithoutGoals(name, [1, 2, 3]), callbacks: [new Checkpoint(runs, { monitor: name, goal: 'min' })] }); // prettier-ignore
    expect((await Checkpoint.info(runs)).best?.epoch).toBe(1);
  });

  it('follows the training loss where there is no validation, and says so unless that was meant', async () => {
    const { history } = await train({ callbacks: [new Checkpoint(runs)] });
    const losses = history.epochs.map(({ loss }) => loss);
    const epoch = losses.indexOf(Math.min(...losses)) + 1;
    expect((await Checkpoint.info(runs)).best).toMatchObject({ epoch, monitor: { name: 'loss', goal: 'min' } });
    expect(history.warnings).toEqual([
      expect.stringMatching(new RegExp(`best\\.safetensors is of epoch ${epoch}, whose training loss was the smallest: there is no validation`)), // prettier-ignore
    ]);
    const quiet = async (name: string, options: Partial<FitOptions>, given: CheckpointOptions): Promise<void> => {
      const callbacks = [new Checkpoint(join(folder, name), given)];
      expect((await train({ ...options, callbacks })).history.warnings).toBeUndefined();
    };
    await quiet('meant', {}, { monitor: 'loss' });
    await quiet('none', {}, { saveBest: false });
    await quiet('validated', { validation: points(32) }, {});
  });

  it('is one state, whatever the order of the callbacks', async () => {
    const saved = async (name: string, order: 1 | -1): Promise<Buffer[]> => {
      const to = join(folder, name);
      const metrics = { metric: metricOf('max', [1, 3, 2, 2, 2]) };
      const stopping = new EarlyStopping({ monitor: 'metric', patience: 2 });
      const callbacks = [stopping, new Checkpoint(to, { monitor: 'metric' })].sort(() => order);
      const { model, history } = await train({ epochs: 9, validation: points(32), metrics, callbacks });
      expect(history.epochs).toHaveLength(4);
      // The model is taken back to epoch 2; what was saved last is the state of epoch 4.
      const [last, best] = [await readSafetensors(join(to, 'last.safetensors')), await readSafetensors(join(to, 'best.safetensors'))]; // prettier-ignore
      expect(await best.get('3.weight')?.data()).toEqual(await model.stateDict().get('3.weight')?.data());
      expect(await last.get('model.3.weight')?.data()).not.toEqual(await best.get('3.weight')?.data());
      expect((await Checkpoint.info(to)).last).toMatchObject({ epoch: 4, step: 16, record: { epoch: 4 } });
      return [Buffer.from((await last.get('model.3.weight')?.data()) as Float32Array), readFileSync(join(to, 'best.safetensors'))]; // prettier-ignore
    };
    expect(await saved('a', 1)).toEqual(await saved('b', -1));
  });

  it('is kept as often as asked for, under its steps', async () => {
    await train({ callbacks: [new Checkpoint(runs, { every: { steps: 2 }, keep: 3 })] });
    expect(readdirSync(runs).sort()).toEqual([
      'best.safetensors',
      'last.safetensors',
      'step-10.safetensors',
      'step-8.safetensors',
    ]);
    const whole = await train({});
    const from = join(runs, 'step-8.safetensors');
    const other = join(folder, 'other');
    const resumed = await train({ resume: from, callbacks: [new Checkpoint(other)] });
    expect(await bytesOf(resumed)).toEqual(await bytesOf(whole));
    expect(readFileSync(join(other, 'best.safetensors'))).toEqual(readFileSync(join(runs, 'best.safetensors')));
    // Going back in the folder itself leaves nothing of what came after.
    await train({ resume: from, epochs: 3, callbacks: [new Checkpoint(runs, { every: { steps: 1 }, keep: 2 })] });
    expect(readdirSync(runs).sort()).toEqual(['best.safetensors', 'last.safetensors', 'step-11.safetensors']);
  });

  it('can be taken by programs of one’s own', async () => {
    const trained = await train({ validation: points(32), callbacks: [new Checkpoint(runs)] });
    const model = classifier();
    const optimizer = new AdamW(model, { learningRate: 1 });
    await Checkpoint.load(runs, { model, optimizer });
    expect(await bytesOf({ ...trained, model, optimizer })).toEqual(await bytesOf(trained));
    await Checkpoint.load(runs, { model }, { from: 'best' });
    const best = await readSafetensors(join(runs, 'best.safetensors'));
    expect(await model.stateDict().get('0.weight')?.data()).toEqual(await best.get('0.weight')?.data());
    const wide = classifier(9);
    expect((await failureOf(Checkpoint.load(runs, { model: wide }))).message).toMatch(/model: .*0\.weight/);
    expect((await failureOf(Checkpoint.load(runs, { model: wide }, { from: 'best' }))).message).toMatch(/0\.weight/);
    expect((await failureOf(Checkpoint.load(join(folder, 'none'), { model }))).message).toMatch(/no such file/);
  });
});

describe('a folder', () => {
  it('is not overwritten by a second run, with the same callback or another', async () => {
    const checkpoint = new Checkpoint(runs);
    await train({ callbacks: [checkpoint] });
    const before = readdirSync(runs).map((name) => readFileSync(join(runs, name)));
    for (const again of [checkpoint, new Checkpoint(runs), new Checkpoint(join(runs, '..', 'points'))]) {
      let steps = 0;
      const error = await failureOf(train({ callbacks: [again, { onStep: () => void steps++ }] }));
      expect(error.message).toMatch(
        /\[Checkpoint\] .* holds a run already: best\.safetensors of epoch \d, step \d+; last\.safetensors of epoch 3, step 12\.\n {2}hint: Go on with it, fit\(…, \{ resume: .* \}\), take another folder, or replace it: .*overwrite: true/,
      );
      expect(steps).toBe(0);
    }
    expect(readdirSync(runs).map((name) => readFileSync(join(runs, name)))).toEqual(before);
  });

  it('is not shared by two runs at a time', async () => {
    const meanwhile: Callback = {
      onTrainStart: async () => void (await train({ epochs: 1, callbacks: [new Checkpoint(runs)] })),
    };
    for (const saveBest of [true, false]) {
      rmSync(runs, { recursive: true, force: true });
      const error = await failureOf(train({ epochs: 2, callbacks: [new Checkpoint(runs, { saveBest }), meanwhile] }));
      expect(error.message).toMatch(
        /another run, or another Checkpoint of this one, has saved to .* meanwhile: last\.safetensors is of step 4\./,
      );
      const expected = join(folder, 'other');
      await train({ epochs: 1, callbacks: [new Checkpoint(expected, { overwrite: true })] });
      expect(readFileSync(join(runs, 'best.safetensors'))).toEqual(readFileSync(join(expected, 'best.safetensors')));
    }
  });

  it('is replaced where that is asked for: nothing of the old run is left', async () => {
    await train({ callbacks: [new Checkpoint(runs, { keep: 3, every: { steps: 3 } })] });
    writeFileSync(join(runs, 'notes.txt'), 'mine');
    const [callback, signal] = [{ onStep: () => undefined }, AbortSignal.abort()];
    await train({ signal, callbacks: [new Checkpoint(runs, { overwrite: true }), callback] });
    expect(readdirSync(runs).sort()).toEqual(['last.safetensors', 'notes.txt']);
    expect((await Checkpoint.info(runs)).last).toMatchObject({ epoch: 0, step: 0 });
  });

  it('is swept of what a killed run left half-made', async () => {
    mkdirSync(runs, { recursive: true });
    const id = crypto.randomUUID();
    for (const name of [
      `last.safetensors.${id}.tmp`,
      `best.safetensors.${id}.tmp`,
      `step-3.safetensors.${id}.tmp`,
      `.hebb.${id}.tmp`,
      `mine.${id}.tmp`,
    ])
      // prettier-ignore
      writeFileSync(join(runs, name), 'half');
    await train({ epochs: 1, resume: runs, callbacks: [new Checkpoint(runs, { saveBest: false })] });
    expect(readdirSync(runs).sort()).toEqual(['last.safetensors', `mine.${id}.tmp`]);
  });

  it('that cannot be made is refused before the first step', async () => {
    let steps = 0;
    const callbacks = [new Checkpoint('/dev/null/runs'), { onStep: () => void steps++ }];
    await expect(train({ callbacks })).rejects.toThrow(/\/dev\/null\/runs/);
    expect(steps).toBe(0);
  });
});

describe('resuming', () => {
  it('adds up: 2 + 2 + 2 epochs are 6, and the best is the best of all six', async () => {
    const options = (epochs: number, values: readonly number[], to: string): Partial<FitOptions> => ({
      epochs,
      validation: points(32),
      metrics: { metric: metricOf('max', values) },
      callbacks: [new Checkpoint(to, { monitor: 'metric' })],
      resume: to,
    });
    const uncut = join(folder, 'uncut');
    const whole = await train(options(6, [0.1, 0.9, 0.2, 0.8, 0.3, 0.4], uncut));
    await train(options(2, [0.1, 0.9], runs));
    await train(options(4, [0.2, 0.8], runs));
    const last = await train(options(6, [0.3, 0.4], runs));
    expect(await bytesOf(last)).toEqual(await bytesOf(whole));
    expect(last.history.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(readFileSync(join(runs, 'best.safetensors'))).toEqual(readFileSync(join(uncut, 'best.safetensors')));
    expect(await Checkpoint.info(runs)).toMatchObject({ last: { epoch: 6, step: 24 }, best: { epoch: 2 } });
  });

  it('after a cut behind any step gives the bytes of the uncut run', async () => {
    const options = (to: string): { -readonly [K in keyof FitOptions]?: FitOptions[K] } => ({
      validation: points(32),
      metrics: { accuracy },
      callbacks: [new EarlyStopping({ patience: 50 }), new Checkpoint(to, { every: { steps: 2 } })],
      resume: to,
    });
    const whole = await train(options(join(folder, 'uncut')));
    const expected = await bytesOf(whole);
    const best = readFileSync(join(folder, 'uncut', 'best.safetensors'));
    for (let step = 1; step < 12; step++) {
      const to = join(folder, `cut-${step}`);
      const { signal, callback } = cutAfter(step);
      const given = options(to);
      const cut = await train({ ...given, signal, callbacks: [...(given.callbacks ?? []), callback] });
      expect(cut.history.interrupted).toBe(true);
      expect(cut.history.losses).toEqual(whole.history.losses.slice(0, step));
      expect(await bytesOf(await train(options(to))), `cut after step ${step}`).toEqual(expected);
      expect(readFileSync(join(to, 'best.safetensors'))).toEqual(best);
    }
  });

  it('after three cuts gives the bytes of the uncut run', async () => {
    const options = (): Partial<FitOptions> => ({ validation: points(32), metrics: { accuracy }, resume: runs });
    const whole = await train({ validation: points(32), metrics: { accuracy } });
    for (const step of [3, 4, 9]) {
      const { signal, callback } = cutAfter(step);
      await train({ ...options(), signal, callbacks: [new Checkpoint(runs), callback] });
    }
    expect(await bytesOf(await train({ ...options(), callbacks: [new Checkpoint(runs)] }))).toEqual(
      await bytesOf(whole),
    );
  });

  it.each(['epochs', 'steps'] as const)('says so where fewer %s are asked for than have been made', async (unit) => {
    const program = async (limit: number): Promise<History> => {
      const model = classifier();
      const optimizer = new SGD(model, { learningRate: 0.1 });
      const callbacks = [new Checkpoint(runs, { monitor: 'loss' })];
      return fit(model, points(64), {
        loss: crossEntropy,
        optimizer,
        batchSize: 16,
        [unit]: limit,
        resume: runs,
        callbacks,
      });
    };
    const all = unit === 'epochs' ? 3 : 12;
    expect((await program(all)).warnings).toBeUndefined();
    expect((await program(all)).warnings).toBeUndefined();
    const { losses, warnings } = await program(all - 1);
    expect(losses).toHaveLength(12);
    expect(warnings).toEqual([
      `${unit} is ${all - 1}, and ${runs} is of epoch 3, step 12: nothing is left to train. They count from the very start.`,
    ]);
  });

  it('gives the history of a finished run at once', async () => {
    const callbacks = (): Callback[] => [new Checkpoint(runs)];
    const finished = await train({ callbacks: callbacks(), resume: runs });
    const before = readFileSync(join(runs, 'last.safetensors'));
    let steps = 0;
    const again = await train({ callbacks: [...callbacks(), { onStep: () => void steps++ }], resume: runs });
    expect(steps).toBe(0);
    expect(again.history).toEqual({ ...finished.history, seconds: again.history.seconds });
    expect(await bytesOf(again)).toEqual(await bytesOf(finished));
    expect(readFileSync(join(runs, 'last.safetensors'))).toEqual(before);
  });

  it('keeps what early stopping has seen: patience and the best state', async () => {
    const options = (epochs: number, values: readonly number[], to: string): Partial<FitOptions> => ({
      epochs,
      validation: points(32),
      metrics: { metric: metricOf('max', values) },
      callbacks: [new EarlyStopping({ monitor: 'metric', patience: 3 }), new Checkpoint(to)],
      resume: to,
    });
    const whole = await train(options(20, [1, 5, 4, 3, 2], join(folder, 'uncut')));
    await train(options(3, [1, 5, 4], runs));
    const resumed = await train(options(20, [3, 2], runs));
    expect(resumed.history.stopReason).toBe(whole.history.stopReason);
    expect(whole.history.epochs).toHaveLength(5);
    expect(await bytesOf(resumed)).toEqual(await bytesOf(whole));
  });

  it('begins where nothing has been saved yet, and goes nowhere from a folder that is not the run’s', async () => {
    await train({ resume: runs, callbacks: [new Checkpoint(runs)] });
    const none = join(folder, 'none');
    for (const callbacks of [[], [new Checkpoint(join(folder, 'other'))]])
      expect((await failureOf(train({ resume: none, callbacks }))).message).toContain(
        `[fit] ${none} has no last.safetensors to go on from.`,
      );
  });

  it('is refused with every difference where the model, the optimizer, the data or the callbacks are others', async () => {
    await train({ callbacks: [new Checkpoint(runs)] });
    const before = readFileSync(join(runs, 'last.safetensors'));
    manualSeed(5);
    const model = classifier(9);
    const first = await model.parameters()[0]?.data();
    const loader = new DataLoader(points(63), { batchSize: 8, shuffle: true, seed: 2 });
    const optimizer = new SGD(model, { learningRate: 0.05 });
    const callbacks = [new Checkpoint(runs), new EarlyStopping()];
    const error = await failureOf(fit(model, loader, { loss: crossEntropy, optimizer, epochs: 6, callbacks, resume: runs })); // prettier-ignore
    const parts = new Set(error.differences.map((each) => each.split(':', 1)[0]));
    expect(parts).toEqual(new Set(['callbacks', 'data', 'model', 'optimizer']));
    const all = error.differences.join('\n');
    expect(all).toMatch(/0\.weight/);
    expect(all).toMatch(/3\.weight/);
    expect(all).toMatch(/AdamW/);
    expect(all).toMatch(/64/);
    for (const difference of error.differences) expect(error.message).toContain(difference);
    expect(await model.parameters()[0]?.data()).toEqual(first);
    expect(readFileSync(join(runs, 'last.safetensors'))).toEqual(before);
  });

  it('is refused where the file was cut short, and the one before it is still there', async () => {
    await train({ callbacks: [new Checkpoint(runs, { every: { steps: 4 }, keep: 2 })] });
    const path = join(runs, 'last.safetensors');
    const whole = readFileSync(path);
    for (const share of [0, 0.001, 0.1, 0.5, 0.9, 0.999]) {
      writeFileSync(path, whole.subarray(0, Math.floor(whole.length * share)));
      const error = await failureOf(train({ resume: runs, callbacks: [new Checkpoint(runs)] }));
      expect(error.message).toContain(`cannot read ${path}: `);
    }
    const before = join(runs, 'step-8.safetensors');
    copyFileSync(before, path);
    const resumed = await train({ resume: runs, callbacks: [new Checkpoint(runs, { keep: 2 })] });
    expect(await bytesOf(resumed)).toEqual(await bytesOf(await train({})));
    expect(existsSync(before)).toBe(true);
  });
});

const wrong: [string, CheckpointOptions, RegExp][] = [
  ['every', { every: 2 as never }, /every must be \{ steps: n \} or \{ epochs: n \}/],
  ['keep', { keep: 0 }, /keep must be an integer ≥ 1, not 0/],
];
it.each(wrong)('refuses a wrong %s', (_, options, message) => {
  expect(() => new Checkpoint('runs', options)).toThrow(message);
});

describe('the factor of a schedule', () => {
  it('is not saved: who goes on with a constant schedule trains at the rate of the optimizer', async () => {
    const schedule = (step: number): number => (step === 0 ? 0.5 : 0);
    const program = (): { model: Sequential; optimizer: SGD; common: FitOptions } => {
      const model = classifier();
      const optimizer = new SGD(model, { learningRate: 1 });
      return { model, optimizer, common: { loss: crossEntropy, optimizer, epochs: 1, batchSize: 32 } };
    };
    const before = program();
    await fit(before.model, points(64), { ...before.common, schedule, callbacks: [new Checkpoint(runs)] });

    const resumed = program();
    const callbacks = [new Checkpoint(runs)];
    const history = await fit(resumed.model, points(64), {
      ...resumed.common,
      epochs: 2,
      resume: runs,
      callbacks,
      schedule: constantSchedule(),
    });
    expect(history.learningRates).toEqual({ optimizer: [0.5, 0, 1, 1] });

    const loaded = program();
    await Checkpoint.load(runs, { model: loaded.model, optimizer: loaded.optimizer });
    expect(loaded.optimizer.factor).toBe(1);
  });
});
