/** Saves of runs that were changed by hand, or damaged: refused by name before anything is loaded. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Linear, type StateDict } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { SGD } from '@hebb/optimizers';
import { defaultGenerator, manualSeed, setDevice, type State } from '@hebb/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Checkpoint,
  CheckpointError,
  decodeState,
  EarlyStopping,
  encodeState,
  fit,
  type History,
} from '../src/index.ts';
import { plain } from './support/plain.ts';
import { points } from './support/points.ts';

type Fields = Record<string, State>;
type Saved = {
  readonly run: Fields;
  readonly callbacks: { readonly Checkpoint: Fields; readonly EarlyStopping: Fields };
};

let folder = '';
let saved: Saved;
beforeAll(async () => {
  setDevice('wasm');
  folder = mkdtempSync(join(tmpdir(), 'hebb-tampering-'));
  await run(new Linear(2, 2), 'whole', {});
  saved = decodeState(readFileSync(join(folder, 'whole', 'last.safetensors'))) as Saved;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Two epochs of seven steps, or what is left of them. */
async function run(model: Linear, into: string, { resume }: { readonly resume?: string }): Promise<History> {
  const callbacks = [new Checkpoint(join(folder, into)), new EarlyStopping()];
  const optimizer = new SGD(model, { learningRate: 0.1 });
  const options = { loss: crossEntropy, optimizer, epochs: 2, batchSize: 8, validation: points(20, 2), callbacks };
  return fit(model, points(50), { ...options, ...(resume !== undefined && { resume }) });
}

let count = 0;

/** What is said of a save with another state of the run, or of its callbacks. Nothing may have been loaded. */
async function differencesWith(change: (state: Saved) => Saved): Promise<readonly string[]> {
  const path = join(folder, `changed-${++count}.safetensors`);
  writeFileSync(path, await encodeState(change(saved)));
  const model = new Linear(2, 2);
  manualSeed(7);
  const before = await plain(model.stateDict());
  const error: unknown = await run(model, `into-${count}`, { resume: path }).catch((e: unknown) => e);
  if (!(error instanceof CheckpointError)) throw error;
  expect(error.message).toContain('Nothing was loaded.');
  expect(await plain(model.stateDict())).toEqual(before);
  expect(defaultGenerator.seed).toBe(7);
  return error.differences;
}

const withRun = (change: Fields) => (state: Saved) => ({ ...state, run: { ...state.run, ...change } });
const withLog = (change: Fields) => (state: Saved) =>
  withRun({ log: { ...(state.run['log'] as Fields), ...change } })(state);
const withCallback =
  (name: keyof Saved['callbacks'], change: Fields) =>
  (state: Saved): Saved => ({
    ...state,
    callbacks: { ...state.callbacks, [name]: { ...state.callbacks[name], ...change } },
  });
const withMonitor = (name: keyof Saved['callbacks'], change: Fields) => (state: Saved) =>
  withCallback(name, { monitor: { ...(state.callbacks[name]['monitor'] as Fields), ...change } })(state);

it('takes the save as it was', async () => {
  expect(saved.run['step']).toBe(14);
  const path = join(folder, 'unchanged.safetensors');
  writeFileSync(path, await encodeState(saved));
  expect((await run(new Linear(2, 2), 'unchanged', { resume: path })).losses).toHaveLength(14);
});

describe('the state of a run', () => {
  it.each<[Fields, string]>([
    [{ step: -5 }, 'step must be an integer ≥ 0, not -5'],
    [{ step: Number.NaN }, 'step must be an integer ≥ 0, not NaN'],
    [{ step: 'x' }, "step must be an integer ≥ 0, not 'x'"],
    [{ step: 1.5 }, 'step must be an integer ≥ 0, not 1.5'],
    [{ step: 15 }, 'log.scalars.loss has 14 numbers, and the run has made 15 steps'],
    [{ stepOfEpoch: -1 }, 'stepOfEpoch must be an integer ≥ 0, not -1'],
    [{ stepOfEpoch: 8 }, 'stepOfEpoch is 8, and an epoch has 7 steps'],
    [{ stepOfEpoch: 100 }, 'stepOfEpoch is 100, and the run has made 14 steps'],
    [{ cursor: null }, 'cursor must be { epoch, batch } with integers ≥ 0, not null'],
    [{ cursor: 999 }, 'cursor must be { epoch, batch } with integers ≥ 0, not 999'],
    [
      { cursor: { epoch: 2, batch: -1 } },
      'cursor must be { epoch, batch } with integers ≥ 0, not { epoch: 2, batch: -1 }',
    ],
    [{ cursor: { epoch: 2, batch: 999 } }, 'cursor is at batch 999, and an epoch has 7 batches'],
    [{ cursor: { epoch: 999, batch: 0 } }, 'cursor is in epoch 999 of the data, and the run in epoch 2'],
    [{ dataEpoch: 'x' }, "dataEpoch must be an integer ≥ 0, not 'x'"],
    [{ isSettled: 1 }, 'isSettled must be true or false, not 1'],
    [{ stopReason: 3 }, 'stopReason must be a text, or undefined, not 3'],
    [{ generator: { seed: -1, draws: 0 } }, 'generator: seed is -1, no integer from 0 to 4294967295'],
    [{ generator: null }, 'generator: seed is undefined, no integer from 0 to 4294967295'],
    [{ log: [] }, 'log must be an object, not an empty array'],
    [{ times: undefined }, 'times must be an object, not undefined'],
  ])('%o', async (change, reason) => {
    expect(await differencesWith(withRun(change))).toContain(`run: ${reason}`);
  });

  it.each<[Fields, string]>([
    [{ lossName: 3 }, 'log.lossName must be a text, or undefined, not 3'],
    [
      { learningRates: { optimizer: new Float64Array(3) } },
      'log.learningRates.optimizer has 3 numbers, and the run has made 14 steps',
    ],
    [
      { learningRates: new Float64Array(3) },
      'log.learningRates must be numbers of the steps by name, not a Float64Array',
    ],
    [{ scalars: { loss: 'x' } }, "log.scalars.loss must be a Float64Array, not 'x'"],
    [{ epochs: [3] }, 'log.epochs[0] must be { epoch, step, loss, scalars, metrics, … }, not 3'],
    [{ validations: undefined }, 'log.validations must be an array, not undefined'],
    [{ examples: -3 }, 'log.examples must be an integer ≥ 0, not -3'],
    [{ sums: { loss: { sum: 'x', weight: 1 } } }, 'log.sums must be { sum, weight } by name, not { loss }'],
  ])('%o of its log', async (change, reason) => {
    expect(await differencesWith(withLog(change))).toEqual([`run: ${reason}`]);
  });

  it('lists everything at once', async () => {
    const found = await differencesWith(withRun({ step: -5, cursor: null, isSettled: 'x' }));
    expect(found.map((reason) => reason.split(' ')[1])).toEqual(['step', 'cursor', 'isSettled']);
  });
});

describe('the state of a monitor', () => {
  it.each<[Fields, string]>([
    [{ stale: -1 }, 'stale of validationLoss must be an integer ≥ 0, not -1'],
    [{ stale: Number.NaN }, 'stale of validationLoss must be an integer ≥ 0, not NaN'],
    [{ stale: 'x' }, "stale of validationLoss must be an integer ≥ 0, not 'x'"],
    [{ stale: 9 }, 'validationLoss was looked at 2 times and had a best, and is said to be stale for 9'],
    [{ best: undefined }, 'validationLoss was looked at 2 times and had no best, and is said to be stale for 0'],
    [{ count: null }, 'count of validationLoss must be an integer ≥ 0, not null'],
    [
      { best: 3 },
      'best of validationLoss must be { epoch, step, value } with a value that is not NaN, or undefined, not 3',
    ],
    [
      { best: { epoch: 1, step: 7, value: Number.NaN } },
      'best of validationLoss must be { epoch, step, value } with a value that is not NaN, or undefined, not { epoch: 1, step: 7, value: NaN }',
    ],
    [{ goal: 'up' }, "its goal is 'min', in the checkpoint 'up'"],
    [{ name: 5 }, 'its state is that of something else'],
  ])('%o', async (change, reason) => {
    for (const name of ['EarlyStopping', 'Checkpoint'] as const)
      expect(await differencesWith(withMonitor(name, change))).toEqual([`callbacks.${name}: ${reason}`]);
  });

  it('with weights that are not those of the model', async () => {
    const weights = (state: StateDict | number): Fields => ({ weights: { model: state } });
    const other = await differencesWith(withCallback('EarlyStopping', weights(new Linear(3, 2).stateDict())));
    expect(other).toEqual([
      expect.stringMatching(/^callbacks.EarlyStopping: best state of model: of another shape: weight/),
    ]);
    const none = await differencesWith(withCallback('EarlyStopping', { weights: { critic: new Map() } }));
    expect(none).toEqual(['callbacks.EarlyStopping: the best state has no model']);
    const text = await differencesWith(withCallback('EarlyStopping', weights(5)));
    expect(text).toEqual([expect.stringContaining('callbacks.EarlyStopping: the state must be tensors by name')]);
  });

  it('of a Checkpoint with a step that is none', async () => {
    expect(await differencesWith(withCallback('Checkpoint', { step: -1 }))).toEqual([
      'callbacks.Checkpoint: step must be an integer ≥ 0, not -1',
    ]);
  });
});
