/**
 * Every public function and constructor that draws from the default generator gives the same bits on every device. Which ones draw is found by calling all of
 * them, with the right arguments of the walk of wrong ones.
 *
 * @module-tag long: every draw on every device.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import * as hebb from '../src/index.ts';
import { devices } from '../../tensor/test/support/devices.ts';
import type { Kind } from './support/kinds.ts';
import { constructors } from './support/public-classes.ts';
import { functions } from './support/public-functions.ts';
import { tensorsIn } from './support/tensors.ts';

const exports: Readonly<Record<string, unknown>> = hebb;

/** Need a network, another program or a process around them, or hold a model that is made once. */
const elsewhere = new Set(['minimize', 'fetchDataset', 'downloadMnist', 'loadMnist', 'openMnist', 'runOnnx', 'serveDataset', 'verifyOnnx']); // prettier-ignore

/** What is made of draws by divisions, roots or exponentials, in which devices differ: the draws are the same, the last digits of the result need not be. */
const ofDraws = new Set([
  'gumbelSoftmax',
  'orthogonal',
  'scaledDotProductAttention',
  'WeightNorm',
  'SpectralNorm',
  'DCGANDiscriminator',
]);

/** Calls without a generator, in training. */
type Call = () => unknown;
const withoutGenerator = (kinds: readonly Kind[]): unknown[] =>
  kinds.map(({ right, options }) => {
    const value = right();
    if (options === undefined || !('generator' in options)) return value;
    const { generator: _, randomSamples: __, ...rest } = value as { generator?: unknown; randomSamples?: unknown };
    return 'training' in options ? { ...rest, training: true } : rest;
  });
const calls = new Map<string, Call>();
for (const [name, kinds] of Object.entries(functions as unknown as Readonly<Record<string, readonly Kind[]>>)) {
  const call = exports[name] as (...args: unknown[]) => unknown;
  if (!elsewhere.has(name)) calls.set(name, () => call(...withoutGenerator(kinds)));
}
for (const [name, kinds] of Object.entries(constructors as unknown as Readonly<Record<string, readonly Kind[]>>)) {
  const Class = exports[name] as new (...args: unknown[]) => unknown;
  calls.set(name, () => new Class(...withoutGenerator(kinds)));
}

/** Tensors as bits. */
async function bitsOf(value: unknown): Promise<readonly string[]> {
  const tensors = value instanceof hebb.Module ? [...value.stateDict().values()] : tensorsIn(value);
  const data = await Promise.all(tensors.map((x) => x.data()));
  return data.map((numbers) => [...new Int32Array(Float32Array.from(numbers).buffer)].join(' '));
}

async function drawn(call: Call, device: hebb.DeviceName): Promise<readonly string[]> {
  hebb.setDevice(device);
  hebb.manualSeed(1);
  return bitsOf(await call());
}

beforeAll(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterAll(() => {
  vi.restoreAllMocks();
});

it('what draws gives the same bits on every device', async () => {
  const names: string[] = [];
  const different: string[] = [];
  for (const [name, call] of calls) {
    const first = await drawn(call, 'reference').catch(() => []);
    if (hebb.defaultGenerator.draws === 0) continue;
    names.push(name);
    if (ofDraws.has(name)) continue;
    for (const device of devices.slice(1)) {
      const other = await drawn(call, device).catch(String);
      if (String(other) !== String(first)) different.push(`${name} on ${device}: ${String(other).slice(0, 200)}`);
    }
  }
  expect(different).toEqual([]);
  // prettier-ignore
  const some = [...ofDraws, 'gamma', 'beta', 'multinomial', 'dropPath', 'rrelu', 'fractionalMaxPool2d', 'normal', 'xavierUniform', 'Linear', 'LSTM', 'Embedding'];
  expect(some.filter((name) => !names.includes(name))).toEqual([]);
});
