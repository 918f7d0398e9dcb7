/** Transformers: as modules, beside PyTorch, in pieces and as a whole, padded and not. */
import { beamSearch, generate, type CausalModel, type KeyValueCache } from '@hebb/layers';
import { ArgumentError, concat, DTypeError, ones, setDevice, ShapeError, tensor, zeros, type Tensor } from '@hebb/tensor'; // prettier-ignore
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { fill } from '../../../tools/interop/src/formula.ts';
import { GPT2, Llama } from '../src/index.ts';
import { transformerTypes } from '../src/transformer/types.ts';
import { compareWithGoldens } from './support/goldens.ts';
import { ids, of, walk, ways } from './support/walk.ts';

const tokens = ids(['batch', 'length'], 6);
const small = { vocabulary: 6, contextLength: 32, width: 4, layers: 1, heads: 2 };

describe('transformers', () => {
  walk(
    {
      GPT2: of(() => new GPT2({ ...small, dropout: 0 }), [tokens], 'any'),
      Llama: ways(
        of(() => new Llama({ ...small, hidden: 5 }), [tokens], 'any'),
        of(() => new Llama({ ...small, width: 8, heads: 4, keyValueHeads: 2, hidden: 5, tied: true }), [tokens], 'any'),
      ),
    },
    transformerTypes,
  );
});

compareWithGoldens('transformer');

const apart = async (a: Tensor, b: Tensor): Promise<number> => await a.sub(b).abs().max().item();
const int = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  tensor(Int32Array.from(values), { shape, dtype: 'int32' });
const text = (batch: number, length: number, vocabulary: number): Tensor =>
  int(Array.from({ length: batch * length }, (_, i) => (i * i + 3 * i + Math.floor(i / length)) % vocabulary), [batch, length]); // prettier-ignore

async function written(model: CausalModel, cache: boolean): Promise<number[]> {
  const found: number[] = [];
  for await (const token of generate(model, [1, 2, 3], { maxTokens: 20, temperature: 0, cache })) found.push(token);
  return found;
}

const decoders: Readonly<Record<string, () => GPT2 | Llama>> = {
  GPT2: () => new GPT2({ vocabulary: 9, contextLength: 20, width: 16, layers: 2, heads: 4 }),
  Llama: () => new Llama({ vocabulary: 9, contextLength: 20, width: 16, layers: 2, heads: 4, keyValueHeads: 2, hidden: 24 }), // prettier-ignore
};

describe.each(Object.entries(decoders))('%s as a decoder', (name, make) => {
  let model: GPT2 | Llama;
  beforeAll(() => {
    setDevice('wasm');
    // As untrained ones begin, logits are so close together that a wrong mask would go unnoticed.
    model = fill(make()).eval();
  });

  it('gives by pieces, with caches, what the whole gives at once', async () => {
    const all = text(3, 20, 9);
    const caches: readonly KeyValueCache[] = model.createCaches({ batch: 3, capacity: 20 });
    const pieces = [
      [0, 1],
      [1, 7],
      [8, 2],
      [10, 10],
    ].map(([start = 0, length = 0]) => model.forward(all.narrow(1, start, length), caches));
    expect(await apart(concat(pieces, 1), model.forward(all))).toBeLessThan(1e-5);
    expect(() => model.forward(all.narrow(1, 0, 1), caches)).toThrow('room for 20 positions');
  });

  it('has logits that do not move by a bit when later tokens change', async () => {
    const one = text(2, 12, 9);
    const other = concat([one.narrow(1, 0, 7), int(new Array<number>(10).fill(4), [2, 5])], 1);
    const begin = async (given: Tensor): Promise<unknown> => await model.forward(given).narrow(1, 0, 7).toArray();
    expect(await begin(other)).toEqual(await begin(one));
    expect(await apart(model.forward(one), model.forward(other))).toBeGreaterThan(1e-3);
  });

  it('writes the same with caches and without, to the last token that there is room for', async () => {
    const found = await written(model, true);
    expect(found).toHaveLength(18);
    expect(new Set(found).size).toBeGreaterThan(1);
    expect(await written(model, false)).toEqual(found);
  });

  it('finds by a beam of one what it writes', async () => {
    const [best] = await beamSearch(model, [1, 2, 3], { maxTokens: 6, beams: 1 });
    expect(best?.tokens).toEqual((await written(model, true)).slice(0, 6));
  });

  it('says what each token looks at: itself and those before, in shares that add up to 1', async () => {
    const weights = model.attentionWeights(text(2, 6, 9));
    expect(weights.map(({ shape }) => shape)).toEqual([[2, 4, 6, 6], [2, 4, 6, 6]]); // prettier-ignore
    const later = int(
      Array.from({ length: 36 }, (_, i) => Number(i % 6 > Math.floor(i / 6))),
      [6, 6],
    );
    for (const each of weights) {
      expect(await apart(each.sum(-1), ones([2, 4, 6]))).toBeLessThan(1e-5);
      expect(await each.mul(later).abs().max().item()).toBe(0);
      // Tokens look at others, not at all alike.
      expect(await each.narrow(2, 5, 1).std(-1).max().item()).toBeGreaterThan(0.01);
    }
  });

  it('refuses what is no text that it can read, saying why', () => {
    const wrong: readonly [new (message: string) => Error, () => unknown, string][] = [
      [ShapeError, () => model.forward(int([1, 2])), 'unsqueeze'],
      [ShapeError, () => model.forward(text(1, 21, 9)), 'positions for 20 tokens'],
      [DTypeError, () => model.forward(zeros([1, 3])), 'int32'],
      [ArgumentError, () => model.forward(int([1, 9], [1, 2])), '9'],
      [ArgumentError, () => model.forward(int([1], [1, 1]), []), 'each of its 2 layers'],
      [ArgumentError, () => model.createCaches({ batch: 1, capacity: 21 }), 'capacity'],
    ];
    for (const [kind, call, message] of wrong) {
      expect(call, message).toThrow(kind);
      expect(call, message).toThrow(message);
    }
    const Kind = model.constructor as new (options: object) => unknown;
    expect(() => new Kind({ width: 10, heads: 4 })).toThrow(`[${name}] heads 4 does not divide width 10`);
  });
});

it('an odd number of features of a head cannot be turned in pairs', () => {
  expect(() => new Llama({ ...small, width: 6, heads: 2 })).toThrow('2 does not divide width / heads 3');
  expect(() => new Llama({ ...small, keyValueHeads: 3 })).toThrow('keyValueHeads 3 does not divide heads 2');
});

describe.each(devices.filter((device) => device !== 'reference'))('on %s', (device) => {
  it.each(Object.entries(decoders))('%s gives what the reference gives', async (_name, make) => {
    setDevice('reference');
    const expected = await fill(make())
      .eval()
      .forward(text(2, 9, 9))
      .data();
    setDevice(device);
    const model = fill(make()).eval();
    const actual = await model.forward(text(2, 9, 9)).data();
    expect(Math.max(...[...actual].map((value, i) => Math.abs(Number(value) - Number(expected[i]))))).toBeLessThan(
      1e-5,
    );
    expect(await written(model, true)).toEqual(await written(model, false));
  });
});
