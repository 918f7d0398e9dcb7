/** Files in which bits have changed: none is loaded. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Linear, readSafetensors, SafetensorsError, writeSafetensors } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { AdamW } from '@hebb/optimizers';
import { setDevice, tensor, type Tensor } from '@hebb/tensor';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Checkpoint, CheckpointError, decodeState, encodeState, fit, type History } from '../src/index.ts';
import { points } from './support/points.ts';

const folder = mkdtempSync(join(tmpdir(), 'hebb-damage-'));
const [last, best] = [join(folder, 'last.safetensors'), join(folder, 'best.safetensors')];

async function train(epochs: number, resume?: string): Promise<History> {
  const model = new Linear(2, 2);
  return await fit(model, points(16), {
    loss: crossEntropy,
    optimizer: new AdamW(model, { learningRate: 0.1 }),
    epochs,
    seed: 1,
    callbacks: [new Checkpoint(resume === undefined ? folder : mkdtempSync(join(folder, 'next-')))],
    ...(resume !== undefined && { resume }),
  });
}

beforeAll(async () => {
  setDevice('wasm');
  await train(1);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The bytes with one bit turned over. */
function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

/** What `read` makes of the bytes with each of their bits turned over: those bits that it did not notice, and that changed what it gave. */
async function unnoticed(
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => unknown,
  errors: new (...args: never[]) => Error,
  step = 1,
): Promise<number[]> {
  const right = JSON.stringify(await read(bytes));
  const found: number[] = [];
  for (let bit = 0; bit < 8 * bytes.length; bit += step) {
    try {
      if (JSON.stringify(await read(flipped(bytes, bit))) !== right) found.push(bit);
    } catch (error) {
      expect(error).toBeInstanceOf(errors);
    }
  }
  return found;
}

it('a state is refused with any one bit turned over, or is what it was', async () => {
  const bytes = await encodeState({
    weight: tensor([1, 2]),
    best: 0.5,
    note: 'a',
    ids: Int32Array.of(7, 8),
    losses: Array.from({ length: 40 }, (_, i) => i / 3),
  });
  const read = async (given: Uint8Array): Promise<unknown> => {
    const { weight, ids, ...rest } = decodeState(given) as { readonly weight: Tensor; readonly ids: Int32Array };
    return { ...rest, weight: await weight.toArray(), ids: [...ids] };
  };
  expect(await unnoticed(bytes, read, SafetensorsError)).toEqual([]);
});

it('the best weights, and what the file says of itself', async () => {
  const bytes = readFileSync(best);
  const own = mkdtempSync(join(folder, 'best-'));
  const read = async (given: Uint8Array): Promise<unknown> => {
    writeFileSync(join(own, 'best.safetensors'), given);
    const model = new Linear(2, 2);
    await Checkpoint.load(own, { model }, { from: 'best' });
    return [(await Checkpoint.info(own)).best, await model.weight.toArray(), await model.bias?.toArray()];
  };
  expect(await unnoticed(bytes, read, CheckpointError, 7)).toEqual([]);
});

it('a run does not go on from a damaged save, and says what to do', async () => {
  const bytes = readFileSync(last);
  copyFileSync(last, join(folder, 'whole.safetensors'));
  // The last bit of the elements: a number that is nearly right.
  writeFileSync(join(folder, 'damaged.safetensors'), flipped(bytes, 8 * bytes.length - 24));
  await expect(train(2, join(folder, 'damaged.safetensors'))).rejects.toThrow(
    /cannot read .*damaged\.safetensors: the file is damaged: its arrays do not fit its checksum\..*Go on from another save/s,
  );
  expect((await train(2, join(folder, 'whole.safetensors'))).epochs).toHaveLength(2);
});

it('best.safetensors stays a file of weights for everyone, and weights that another program wrote there are taken', async () => {
  expect([...(await readSafetensors(best)).keys()].sort()).toEqual(['bias', 'weight']);
  const own = mkdtempSync(join(folder, 'own-'));
  await writeSafetensors(join(own, 'best.safetensors'), { weight: tensor([[1, 2], [3, 4]]), bias: tensor([5, 6]) }); // prettier-ignore
  const model = new Linear(2, 2);
  await Checkpoint.load(own, { model }, { from: 'best' });
  expect(await model.bias?.toArray()).toEqual([5, 6]);
});
