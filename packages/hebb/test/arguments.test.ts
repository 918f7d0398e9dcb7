/**
 * From JavaScript any value arrives in any place. Each is either right, or refused by a typed error: no TypeError of the engine, no hang,
 * nothing wrong in silence.
 *
 * @module-tag long: anything in every place of every function.
 */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import * as hebb from '../src/index.ts';
import { violations, type Kind } from './support/kinds.ts';
import { constructors, methods } from './support/public-classes.ts';
import { functions } from './support/public-functions.ts';

const exports: Readonly<Record<string, unknown>> = hebb;
const isClass = (value: unknown): boolean =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));

beforeAll(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true); // the progress of `fit`
});
afterAll(() => {
  vi.restoreAllMocks();
});
afterEach(() => {
  hebb.setDevice('reference');
});

/** Where nothing answers, a program is not installed, or the interpreter has no kernels: right arguments may fail, too. */
const mayFail = new Set([
  'fetchDataset',
  'downloadMnist',
  'explain',
  'loadMnist',
  'openMnist',
  'profile',
  'runOnnx',
  'serveDataset',
  'verifyOnnx',
]);

it('knows every public function', () => {
  const names = Object.keys(exports).filter((name) => typeof exports[name] === 'function' && !isClass(exports[name]));
  expect(Object.keys(functions).sort()).toEqual(names.sort());
});

it.each(Object.entries(functions as unknown as Readonly<Record<string, readonly Kind[]>>))(
  '%s refuses what is wrong, in every place',
  async (name, kinds) => {
    const call = exports[name] as (...args: unknown[]) => unknown;
    expect(await violations(name, kinds, (args) => call(...args), { mayFail: mayFail.has(name) })).toEqual([]);
  },
);

it('knows every public class', () => {
  // Made by functions, or bases of others.
  const unconstructed = ['AveragingWrapper', 'BatchNorm', 'BatchStream', 'ByteLevelBPE', 'CharacterTokenizer', 'ClassificationEvaluation', 'ClassificationResult', 'ConfusionMatrix', 'LazyModule', 'LoRA', 'MessagePassing', 'Module', 'MultiLabelEvaluation', 'Optimizer', 'OptimizerWrapper', 'RegressionEvaluation', 'SequencesEvaluation', 'Stream', 'Tensor']; // prettier-ignore
  const isError = (value: unknown): boolean => (value as { prototype: unknown }).prototype instanceof Error;
  const names = Object.keys(exports).filter((name) => isClass(exports[name]) && !isError(exports[name]));
  expect([...Object.keys(constructors), ...unconstructed].sort()).toEqual(names.sort());
});

it.each(Object.entries(constructors as unknown as Readonly<Record<string, readonly Kind[]>>))(
  'new %s refuses what is wrong, in every place',
  async (name, kinds) => {
    const Class = exports[name] as new (...args: unknown[]) => unknown;
    expect(await violations(name, kinds, (args) => void new Class(...args))).toEqual([]);
  },
);

it.each(Object.entries(methods))('%s refuses what is wrong, in every place', async (name, { on, kinds }) => {
  const call = (args: unknown[]): unknown => {
    const self = on() as Record<string, (...given: unknown[]) => unknown>;
    return self[name.split('.')[1] ?? '']?.(...args);
  };
  expect(await violations(name, kinds, call)).toEqual([]);
});

const { tensor, zeros } = hebb;
const weight = hebb.parameter(tensor([1]));

it.each<readonly [string, () => unknown, RegExp]>([
  ['PyTorch’s lr', () => new hebb.Adam([weight], { lr: 0.5 } as never), /'lr'.*Did you mean learningRate\?/s],
  ['beta1', () => new hebb.AdamW([weight], { beta1: 0.8 } as never), /'beta1'.*Did you mean betas\?/s],
  ['PyTorch’s keepdim', () => zeros([2]).sum(0, { keepdim: true } as never), /'keepdim'.*Did you mean keepDims\?/s],
  ['snake_case', () => new hebb.SGD([weight], { weight_decay: 1 } as never), /Did you mean weightDecay\?/],
  ['a boolean', () => new hebb.Linear(2, 3, false as never), /\[Linear\] options are an object, not false.*bias/s],
  ['a tensor', () => hebb.conv2d(zeros([1, 1, 2, 2]), zeros([1, 1, 1, 1]), zeros([1]) as never), /not the tensor/],
  ['a column', () => hebb.parseCsv('age,size\n1,2\n', { types: { agee: 'string' } }), /"agee".*Did you mean age\?/s],
  ['two names', () => hebb.rand([1], { seed: 1, dtype: 'x' } as never), /no options 'seed', 'dtype'.*: generator/s],
  ['an inherited name', () => zeros([1], { toString: 1 } as never), /no option 'toString'/],
  ['a module', () => new hebb.Linear(2, 3, new hebb.Dropout(0.5) as never), /no option 'p/],
  ['an unknown default', () => new hebb.SGD([weight], Object.create({ lr: 1 }) as object), /'lr'.*learningRate\?/s],
])('%s in the place of an option: the nearest name', (_, body, message) => {
  expect(body).toThrow(message);
});

it('takes options that are inherited, frozen, or fields of a class', () => {
  class Settings {
    learningRate = 0.5;
  }
  const given: { learningRate: number }[] = [
    new Settings(),
    Object.freeze({ learningRate: 0.5 }),
    Object.create({ learningRate: 0.5 }) as Settings,
    Object.assign(Object.create(new Settings()) as Settings, { momentum: 0.9 }),
    Object.assign(Object.create(null) as Settings, { learningRate: 0.5 }),
  ];
  expect(given.map((settings) => new hebb.SGD([weight], settings).learningRate)).toEqual([0.5, 0.5, 0.5, 0.5, 0.5]);
});
