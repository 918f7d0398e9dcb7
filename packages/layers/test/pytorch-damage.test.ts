/**
 * Files of PyTorch with bytes turned over, cut and exchanged at random, from a seed: what was saved, or a typed error; never another error, never a wait.
 *
 * @module-tag long: files damaged at random.
 */
import { readFileSync } from 'node:fs';
import { setDevice, Tensor } from '@hebb/tensor';
import { beforeAll, expect, it } from 'vitest';
import { PyTorchFileError, readPyTorchObject, type PyTorchValue } from '../src/index.ts';
import { archive, floats } from './support/pytorch-file.ts';

beforeAll(() => setDevice('reference'));

const files = JSON.parse(readFileSync(new URL('golden/pytorch-files.json', import.meta.url), 'utf8')) as readonly {
  readonly name: string;
  readonly file: string;
}[];
const named = (name: string): Uint8Array =>
  new Uint8Array(Buffer.from(files.find((file) => file.name === name)?.file ?? '', 'base64'));

/** Integers from 0 to below `below` (Numerical Recipes' linear congruences). */
function draws(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function texts(value: PyTorchValue): Promise<string> {
  if (value instanceof Tensor) return `${value} ${[...(await value.data())].join()}`;
  if (value instanceof Map) return `{${(await Promise.all([...value].map(async ([key, item]) => `${String(key)}: ${await texts(item as PyTorchValue)}`))).join()}}`; // prettier-ignore
  if (value instanceof Set) return `{${(await Promise.all([...value].map(texts))).join()}}`;
  if (Array.isArray(value)) return `[${(await Promise.all((value as PyTorchValue[]).map(texts))).join()}]`;
  return typeof value === 'bigint' ? `${value}n` : JSON.stringify(value);
}

/** What reading gives, in words; undefined for a typed error. */
async function outcome(bytes: Uint8Array): Promise<string | undefined> {
  try {
    return await texts(await readPyTorchObject(bytes));
  } catch (error) {
    if (error instanceof PyTorchFileError) return undefined;
    throw error;
  }
}

function changed(bytes: Uint8Array, draw: (below: number) => number): Uint8Array {
  const copy = bytes.slice();
  const how = draw(4);
  if (how === 0) return copy.subarray(0, draw(copy.length));
  const times = 1 + draw(how);
  for (let i = 0; i < times; i++) {
    const at = draw(copy.length);
    // One bit, any byte, or the bytes that numbers are spoilt with.
    copy[at] = how === 1 ? (copy[at] ?? 0) ^ (1 << draw(8)) : how === 2 ? draw(256) : ([0, 1, 127, 128, 255][draw(5)] ?? 0);
  } // prettier-ignore
  return copy;
}

it('an archive is read as it was saved, or refused: 1,500 changes', async () => {
  const draw = draws(1);
  let refused = 0;
  for (const name of ['checkpoint, zip', 'plain data 2, zip', 'data descriptors']) {
    const whole = named(name);
    const right = await outcome(whole);
    for (let i = 0; i < 500; i++) {
      const found = await outcome(changed(whole, draw));
      if (found === undefined) refused++;
      else expect(found, `${name}, change ${i}`).toBe(right);
    }
  }
  expect(refused).toBeGreaterThan(500);
});

it('a file of the format before, which has no checksums, ends in values or a typed error: 600 changes', async () => {
  const draw = draws(2);
  let refused = 0;
  for (const name of ['checkpoint, legacy', 'plain data 4, legacy']) {
    const whole = named(name);
    for (let i = 0; i < 300; i++) if ((await outcome(changed(whole, draw))) === undefined) refused++;
  }
  expect(refused).toBeGreaterThan(150);
});

it('a pickle with a right checksum ends in values or a typed error: 1,600 changes', async () => {
  const draw = draws(3);
  let refused = 0;
  for (const name of ['checkpoint, zip', 'protocol 1, zip', 'plain data 2, zip', 'plain data 4, zip']) {
    const whole = named(name);
    const view = new DataView(whole.buffer);
    // The pickle is the first entry of what torch.save writes, stored.
    const start = 30 + view.getUint16(26, true) + view.getUint16(28, true);
    const end = Buffer.from(whole).indexOf('PK\x07\x08', start);
    const pickle = whole.slice(start, end);
    const storages = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [i, floats(1, 2)]));
    for (let i = 0; i < 400; i++)
      if ((await outcome(archive(changed(pickle, draw), { storages }))) === undefined) refused++;
  }
  expect(refused).toBeGreaterThan(600);
});
