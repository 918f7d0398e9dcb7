/** Transformers: as modules, beside PyTorch, in pieces and as a whole, padded and not. */
import { beamSearch, generate, generateBatch, type CausalModel, type KeyValueCache } from '@hebb/layers';
import { ArgumentError, concat, DTypeError, ones, randn, setDevice, ShapeError, tensor, zeros, type Tensor } from '@hebb/tensor'; // prettier-ignore
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { exportOnnx, parseOnnx } from '../../onnx/src/index.ts';
import { fill, numbers } from '../../../tools/interop/src/formula.ts';
import { Bert, BertForPreTraining, EncoderDecoder, GPT2, Llama, VisionTransformer } from '../src/index.ts';
import { transformerTypes } from '../src/transformer/types.ts';
import { compareWithGoldens } from './support/goldens.ts';
import { ids, mask, of, walk, x } from './support/walk.ts';

const tokens = ids(['batch', 'length'], 6);
const inside = mask(['batch', 'length']);
const small = { vocabulary: 6, contextLength: 32, width: 4, layers: 1, heads: 2 };

describe('transformers', () => {
  walk(
    {
      Bert: of(() => new Bert({ ...small, classes: 3, hidden: 5, dropout: 0 }), [tokens, inside, ids(['batch', 'length'], 2)], 'any'), // prettier-ignore
      BertForPreTraining: of(() => new BertForPreTraining({ ...small, hidden: 5, dropout: 0 }), [tokens, inside, ids(['batch', 'length'], 2)], 'any'), // prettier-ignore
      EncoderDecoder: of(
        () => new EncoderDecoder({ sourceVocabulary: 6, targetVocabulary: 5, width: 4, heads: 2, encoderLayers: 1, decoderLayers: 1, hidden: 5, dropout: 0 }), // prettier-ignore
        [tokens, ids(['batch', 'target'], 5), inside],
        'any',
      ),
      VisionTransformer: of(
        () => new VisionTransformer({ imageSize: 4, patchSize: 2, channels: 1, width: 4, layers: 1, heads: 2, hidden: 5, classes: 3 }), // prettier-ignore
        [x(['batch', 1, 4, 4])],
        1,
      ),
      GPT2: of(() => new GPT2({ ...small, dropout: 0 }), [tokens], 'any'),
      Llama: of(() => new Llama({ ...small, width: 8, heads: 4, keyValueHeads: 2, hidden: 5, tied: true }), [tokens], 'any'), // prettier-ignore
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

async function written(model: CausalModel, cache: boolean, maxTokens = 20): Promise<number[]> {
  const found: number[] = [];
  for await (const token of generate(model, [1, 2, 3], { maxTokens, temperature: 0, cache })) found.push(token);
  return found;
}

const gpt2 = (layers = 2): GPT2 => new GPT2({ vocabulary: 9, contextLength: 20, width: 16, layers, heads: 4 });
const llama = (layers = 2): Llama =>
  new Llama({ vocabulary: 9, contextLength: 20, width: 16, layers, heads: 4, keyValueHeads: 2, hidden: 24 });

describe.each<[string, () => GPT2 | Llama]>([
  ['GPT2', gpt2],
  ['Llama', llama],
])('%s as a decoder', (name, make) => {
  let model: GPT2 | Llama;
  beforeAll(() => {
    setDevice('reference');
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

  it('writes behind prompts of different lengths what it writes behind each alone, to the end of the longest', async () => {
    const prompts = [[1, 2, 3], [4], Array.from({ length: 17 }, (_, i) => (5 * i) % 9), [8, 7, 6, 5, 4, 3]];
    const alone: number[][] = [];
    for (const prompt of prompts) {
      const found: number[] = [];
      for await (const token of generate(model, prompt, { maxTokens: 30, temperature: 0 })) found.push(token);
      alone.push(found);
    }
    expect(alone.map(({ length }) => length)).toEqual([18, 20, 4, 15]);
    for (const cache of [true, false]) {
      const found: number[][] = prompts.map(() => []);
      for await (const { row, token } of generateBatch(model, prompts, { maxTokens: 30, temperature: 0, cache }))
        found[row]?.push(token);
      expect(found).toEqual(alone);
    }
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

it.each([
  // The head is the table of tokens.
  ['GPT2', gpt2, 1],
  ['Llama', llama, 2],
] as const)('%s is a file without loops, with free batch and length', async (_name, make, tables) => {
  setDevice('reference');
  const bytes = await exportOnnx(make(1).eval(), { inputs: { ids: { shape: ['batch', 'length'], dtype: 'int32' } } });
  const graph = parseOnnx(bytes).graph;
  expect((graph?.node ?? []).map(({ opType }) => opType).filter((name) => name === 'Loop' || name === 'Scan')).toEqual(
    [],
  );
  expect((graph?.initializer ?? []).filter(({ dims }) => (dims ?? []).join() === '9,16')).toHaveLength(tables);
});

it('an odd number of features of a head cannot be turned in pairs', () => {
  expect(() => new Llama({ ...small, width: 6, heads: 2 })).toThrow('a head has 3 features (width 6 / heads 2)');
  expect(() => new Llama({ ...small, keyValueHeads: 3 })).toThrow('keyValueHeads 3 does not divide heads 2');
});

describe('Bert', () => {
  let model: Bert;
  beforeAll(() => {
    setDevice('reference');
    model = fill(new Bert({ classes: 3, vocabulary: 9, contextLength: 12, width: 16, layers: 2, heads: 4 })).eval();
  });

  const padded = (filler: number): Tensor =>
    concat([text(1, 12, 9), concat([text(1, 5, 9), int(new Array<number>(7).fill(filler), [1, 7])], 1)], 0);

  it('gives the classes of a text whatever it is padded with, by a mask and by lengths', async () => {
    const alone = model.forward(text(1, 5, 9));
    const lengths = int([12, 5]);
    const insideOf = int([12, 5].flatMap((n) => Array.from({ length: 12 }, (_, t) => Number(t < n))), [2, 12]).to('bool'); // prettier-ignore
    const expected = await model.forward(padded(0), lengths).toArray();
    for (const given of [lengths, insideOf])
      for (const filler of [0, 8]) {
        expect(await apart(model.forward(padded(filler), given).narrow(0, 1, 1), alone)).toBeLessThan(1e-6);
        expect(await model.forward(padded(filler), given).toArray()).toEqual(expected);
      }
    expect(await apart(model.forward(padded(8)).narrow(0, 1, 1), alone)).toBeGreaterThan(1e-3);
  });

  it('looks at no padding, and says so', async () => {
    const weights = model.attentionWeights(padded(8), int([12, 5]));
    expect(weights).toHaveLength(2);
    for (const each of weights) {
      expect(each.shape).toEqual([2, 4, 12, 12]);
      expect(await apart(each.sum(-1), ones([2, 4, 12]))).toBeLessThan(1e-5);
      expect(await each.narrow(0, 1, 1).narrow(3, 5, 7).abs().max().item()).toBe(0);
    }
  });

  it('tells segments apart, and orders of tokens', async () => {
    const one = text(1, 6, 9);
    const other = model.forward(one, undefined, int([0, 0, 0, 1, 1, 1], [1, 6]));
    expect(await apart(model.forward(one), other)).toBeGreaterThan(1e-3);
    expect(await apart(model.forward(one), model.forward(one.flip(1)))).toBeGreaterThan(1e-3);
  });

  it.each<[string, new (message: string) => Error, () => unknown, string]>([
    ['a text that is too long', ShapeError, () => model.forward(text(1, 13, 9)), 'positions for 12 tokens'],
    [
      'a mask of another length',
      ShapeError,
      () => model.forward(text(1, 5, 9), ones([1, 4]).to('bool')),
      'the mask must be [1, 5]',
    ],
    [
      'a text of no token',
      ArgumentError,
      () => model.forward(zeros([2, 0], { dtype: 'int32' })),
      'texts have no token',
    ],
    ['a length beyond the text', ArgumentError, () => model.forward(text(2, 5, 9), int([5, 6])), 'length'],
    ['a length below 0', ArgumentError, () => model.forward(text(2, 5, 9), int([5, -1])), 'length'],
    ['a mask of floats', DTypeError, () => model.forward(text(1, 5, 9), ones([1, 5])), 'a mask bool'],
    [
      'segments of floats',
      DTypeError,
      () => model.forward(text(1, 5, 9), undefined, ones([1, 5])),
      'segments are int32',
    ],
    [
      'segments of another text',
      ShapeError,
      () => model.forward(text(1, 5, 9), undefined, int([1], [1, 1])),
      'a segment for each token',
    ],
    [
      'a segment that there is not',
      ArgumentError,
      () => model.forward(text(1, 1, 9), undefined, int([2], [1, 1])),
      '2',
    ],
  ])('%s is one clear error', (_name, kind, call, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

describe('EncoderDecoder', () => {
  let model: EncoderDecoder;
  beforeAll(() => {
    setDevice('reference');
    model = fill(
      new EncoderDecoder({ sourceVocabulary: 9, targetVocabulary: 7, width: 16, heads: 4, encoderLayers: 2, decoderLayers: 2, hidden: 24 }), // prettier-ignore
    ).eval();
  });

  it('goes on with beginnings of different lengths as with each alone', async () => {
    const given = model.given(text(1, 6, 9));
    const prompts = [[1], [2, 3, 4, 5], [6, 0]];
    const options = { maxTokens: 8, temperature: 0, repetitionPenalty: 3 };
    const found: number[][] = prompts.map(() => []);
    for await (const { row, token } of generateBatch(given, prompts, options)) found[row]?.push(token);
    for (const [row, prompt] of prompts.entries()) {
      const alone: number[] = [];
      for await (const token of generate(given, prompt, options)) alone.push(token);
      expect(found[row]).toEqual(alone);
    }
    expect(new Set(found.map(String)).size).toBe(3);
  });

  it('gives by pieces of the target, with caches, what the whole gives at once', async () => {
    const [source, target] = [text(3, 6, 9), text(3, 10, 7)];
    const memory = model.encode(source, int([6, 2, 4]));
    const caches = model.createCaches({ batch: 3, capacity: 10 });
    const pieces = [
      [0, 1],
      [1, 5],
      [6, 4],
    ].map(([start = 0, length = 0]) => model.decode(target.narrow(1, start, length), memory, caches));
    expect(await apart(concat(pieces, 1), model.forward(source, target, int([6, 2, 4])))).toBeLessThan(1e-5);
  });

  it('has logits that later tokens of the target do not move, and that all of the source does', async () => {
    const [source, one] = [text(2, 6, 9), text(2, 8, 7)];
    const other = concat([one.narrow(1, 0, 5), int(new Array<number>(6).fill(3), [2, 3])], 1);
    const begin = async (given: Tensor): Promise<unknown> =>
      await model.forward(source, given).narrow(1, 0, 5).toArray();
    expect(await begin(other)).toEqual(await begin(one));
    const last = concat([source.narrow(1, 0, 5), int([8, 8], [2, 1])], 1);
    expect(await apart(model.forward(source, one).narrow(1, 0, 1), model.forward(last, one).narrow(1, 0, 1))).toBeGreaterThan(1e-3); // prettier-ignore
  });

  it('gives the same whatever sources are padded with', async () => {
    const [short, target] = [text(2, 4, 9), text(2, 6, 7)];
    const alone = model.forward(short, target);
    const expected = await model.forward(concat([short, int([0, 0, 0, 0], [2, 2])], 1), target, int([4, 4])).toArray();
    const padded = model.forward(concat([short, int([8, 1, 2, 7], [2, 2])], 1), target, int([4, 4]));
    expect(await padded.toArray()).toEqual(expected);
    expect(await apart(padded, alone)).toBeLessThan(1e-6);
  });

  it('writes by caches what the whole text gives token by token, for every source, and as generate and a search do', async () => {
    const source = text(3, 6, 9);
    const lengths = int([6, 3, 1]);
    const texts = await model.translate(source, { begin: 0, end: 6, maxTokens: 9 }, lengths);
    expect(new Set(texts.flat()).size).toBeGreaterThan(1);
    for (const [i, found] of texts.entries()) {
      const given = [0, ...found];
      const own = [source.narrow(0, i, 1), lengths.narrow(0, i, 1)] as const;
      const logits = model.forward(own[0], int(given, [1, given.length]), own[1]);
      const likeliest = [...(await logits.argmax(-1).data())].map(Number);
      expect(likeliest.slice(0, found.length)).toEqual(found);
      if (found.length < 9) expect(likeliest.at(-1)).toBe(6);
      if (i > 0) continue;
      const writer = model.given(...own);
      const generated: number[] = [];
      for await (const token of generate(writer, [0], { maxTokens: 9, temperature: 0, stop: [6] })) generated.push(token); // prettier-ignore
      expect(generated).toEqual(found);
      const [best] = await beamSearch(writer, [0], { maxTokens: 9, beams: 1, stop: [6] });
      expect(best?.tokens).toEqual(found);
      const beams = async (cache: boolean): Promise<unknown> =>
        (await beamSearch(writer, [0], { maxTokens: 3, beams: 3, cache })).map(({ tokens }) => tokens);
      expect(await beams(true)).toEqual(await beams(false));
    }
    expect(await model.translate(source, { begin: 0, end: 6, maxTokens: 0 })).toEqual([[], [], []]);
    const trained = model.train().translate(source, { begin: 0, end: 6, maxTokens: 9 });
    await expect(trained).rejects.toThrow('[EncoderDecoder.translate] the model is training');
    model.eval();
  });

  it('says what tokens look at, in the source, in the target, and from one to the other', async () => {
    const { encoder, decoder, cross } = model.attentionWeights(text(2, 6, 9), text(2, 4, 7), int([6, 3]));
    const shapes = (all: readonly Tensor[]): unknown => all.map(({ shape }) => shape);
    expect(shapes(encoder)).toEqual([[2, 4, 6, 6], [2, 4, 6, 6]]); // prettier-ignore
    expect(shapes(decoder)).toEqual([[2, 4, 4, 4], [2, 4, 4, 4]]); // prettier-ignore
    expect(shapes(cross)).toEqual([[2, 4, 4, 6], [2, 4, 4, 6]]); // prettier-ignore
    for (const each of cross) {
      expect(await apart(each.sum(-1), ones([2, 4, 4]))).toBeLessThan(1e-5);
      expect(await each.narrow(0, 1, 1).narrow(3, 3, 3).abs().max().item()).toBe(0);
    }
  });

  it.each<[string, new (message: string) => Error, () => unknown, string]>([
    [
      'fewer targets than sources',
      ShapeError,
      () => model.forward(text(2, 3, 9), text(1, 3, 7)),
      'there are 2 sources',
    ],
    ['a source without a token', ArgumentError, () => model.encode(text(2, 0, 9)), 'sources have no token'],
    ['several sources for one writer', ShapeError, () => model.given(text(2, 3, 9)), 'takes one source'],
    ['a source without a batch', ShapeError, () => model.encode(int([1])), 'unsqueeze'],
    [
      'caches of fewer layers',
      ArgumentError,
      () => model.decode(text(1, 1, 7), model.encode(text(1, 3, 9)), []),
      'each of its 2 layers',
    ],
    ['no vocabulary', ArgumentError, () => new EncoderDecoder({ targetVocabulary: 3 } as never), 'sourceVocabulary'],
  ])('%s is one clear error', (_name, kind, call, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

describe('VisionTransformer', () => {
  it('says what the class looks at, of itself and all patches', async () => {
    setDevice('reference');
    const model = fill(new VisionTransformer({ imageSize: 8, patchSize: 2, channels: 1, width: 16, layers: 2, heads: 4, classes: 3 })).eval(); // prettier-ignore
    const weights = model.attentionWeights(randn([2, 1, 8, 8]));
    expect(weights.map(({ shape }) => shape)).toEqual([[2, 4, 17, 17], [2, 4, 17, 17]]); // prettier-ignore
    for (const each of weights) expect(await apart(each.sum(-1), ones([2, 4, 17]))).toBeLessThan(1e-5);
  });

  it('begins with logits of 0, as torchvision', async () => {
    const model = new VisionTransformer({ imageSize: 4, patchSize: 2, width: 8, layers: 1, heads: 2, classes: 3 });
    expect(await model.forward(ones([1, 3, 4, 4])).toArray()).toEqual([[0, 0, 0]]);
    expect(() => model.forward(ones([1, 3, 6, 6]))).toThrow('takes images [batch, 3, 4, 4]');
    expect(() => new VisionTransformer({ imageSize: 9, patchSize: 4 })).toThrow('patchSize 4 does not divide imageSize 9'); // prettier-ignore
  });
});

// Beside PyTorch they are compared on WebAssembly.
describe.each(devices.filter((device) => device === 'webgpu'))('on %s', (device) => {
  it.each<[string, () => Tensor]>([
    [
      'GPT2',
      () =>
        fill(gpt2(1))
          .eval()
          .forward(text(2, 9, 9)),
    ],
    [
      'Llama',
      () =>
        fill(llama(1))
          .eval()
          .forward(text(2, 9, 9)),
    ],
    [
      'Bert',
      () =>
        fill(new Bert(small))
          .eval()
          .forward(text(2, 9, 6), int([9, 4])),
    ],
    [
      'EncoderDecoder',
      () =>
        fill(
          new EncoderDecoder({
            sourceVocabulary: 9,
            targetVocabulary: 7,
            width: 8,
            heads: 2,
            encoderLayers: 1,
            decoderLayers: 1,
          }),
        )
          .eval()
          .forward(text(2, 9, 9), text(2, 5, 7), int([9, 4])),
    ],
    [
      'VisionTransformer',
      () =>
        fill(new VisionTransformer({ imageSize: 8, patchSize: 4, width: 8, layers: 1, heads: 2, classes: 3 }))
          .eval()
          .forward(numbers('images', 2, 3, 8, 8)),
    ],
  ])('%s gives what the reference gives', async (_name, output) => {
    // prettier-ignore
    setDevice('reference');
    const expected = await output().data();
    setDevice(device);
    const actual = await output().data();
    const worst = Math.max(...[...actual].map((value, i) => Math.abs(value - (expected[i] ?? NaN))));
    expect(worst).toBeLessThan(1e-5);
  });
});

describe.each(devices.filter((device) => device !== 'reference'))('on %s', (device) => {
  it('the same is written with caches and without', async () => {
    setDevice(device);
    for (const make of [gpt2, llama]) {
      const model = fill(make(1)).eval();
      expect(await written(model, true, 3)).toEqual(await written(model, false, 3));
    }
  });
});
