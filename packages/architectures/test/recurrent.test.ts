/** Recurrent networks: as modules, beside PyTorch, in pieces and as a whole, padded and not. */
import {
  beamSearch,
  generate,
  generateBatch,
  type CausalModel,
  type GenerateOptions,
  type TextCache,
} from '@hebb/layers';
import {
  ArgumentError,
  assign,
  compile,
  concat,
  DTypeError,
  indexSelect,
  logSoftmax,
  manualSeed,
  ones,
  randn,
  setDevice,
  ShapeError,
  tensor,
  zeros,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx, parseOnnx } from '../../onnx/src/index.ts';
import {
  RecurrentClassifier,
  RecurrentForecaster,
  RecurrentLanguageModel,
  SequenceToSequence,
  TemporalConvolutionalNetwork,
  type RecurrentCellName,
  type RecurrentClassifierOptions,
  type RecurrentState,
} from '../src/index.ts';
import { recurrentTypes } from '../src/recurrent/types.ts';
import { compareWithGoldens } from './support/goldens.ts';
import { ids, mask, of, walk, ways, x, type Sample } from './support/walk.ts';

const cells: readonly RecurrentCellName[] = ['rnn', 'lstm', 'gru'];
const tokens = ids(['batch', 'length'], 6);
const series = x(['batch', 'length', 2]);
const inside = mask(['batch', 'length']);

/** Sources with their masks: sizes of sources and targets differ. */
const translator = (
  options: Omit<ConstructorParameters<typeof SequenceToSequence>[0], 'sourceVocabulary' | 'targetVocabulary'>,
): readonly Sample[] =>
  of(
    () => new SequenceToSequence({ sourceVocabulary: 6, targetVocabulary: 5, embedding: 2, hidden: 3, ...options }),
    [tokens, ids(['batch', 'target'], 5), inside],
    'any',
  );

describe('recurrent architectures', () => {
  walk(
    {
      RecurrentClassifier: ways(
        of(() => new RecurrentClassifier({ vocabulary: 6, classes: 3, embedding: 2, hidden: 3, dropout: 0 }), [tokens, inside], 'any'), // prettier-ignore
        of(() => new RecurrentClassifier({ inputs: 2, classes: 3, cell: 'gru', hidden: 3, layers: 2, dropout: 0, pooling: 'mean' }), [series, inside], -1), // prettier-ignore
        of(() => new RecurrentClassifier({ inputs: 2, classes: 3, cell: 'rnn', hidden: 3, dropout: 0, pooling: 'max', bidirectional: false }), [series, inside], -1), // prettier-ignore
      ),
      RecurrentForecaster: ways(
        of(() => new RecurrentForecaster({ inputs: 2, hidden: 3 }), [series], -1),
        of(() => new RecurrentForecaster({ inputs: 2, outputs: 1, horizon: 3, cell: 'gru', hidden: 3 }), [series], -1),
      ),
      RecurrentLanguageModel: ways(
        of(() => new RecurrentLanguageModel({ vocabulary: 6, hidden: 3, embedding: 2, dropout: 0 }), [tokens], 'any'),
        of(() => new RecurrentLanguageModel({ vocabulary: 6, hidden: 3, layers: 1, cell: 'gru', dropout: 0, tied: true }), [tokens], 'any'), // prettier-ignore
      ),
      SequenceToSequence: ways(
        translator({}),
        translator({ cell: 'lstm', attention: 'general' }),
        translator({ cell: 'rnn', attention: 'dot', bidirectional: false }),
      ),
    },
    recurrentTypes,
  );
});

compareWithGoldens('recurrent');

const apart = async (a: Tensor, b: Tensor): Promise<number> => await a.sub(b).abs().max().item();
const int = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  tensor(Int32Array.from(values), { shape, dtype: 'int32' });
const text = (batch: number, length: number, vocabulary: number): Tensor =>
  int(Array.from({ length: batch * length }, (_, i) => (i * i + 3 * i + Math.floor(i / length)) % vocabulary), [batch, length]); // prettier-ignore

describe.each(cells)('%s', (cell) => {
  beforeAll(() => {
    setDevice('wasm');
    manualSeed(3);
  });

  it('a language model in pieces gives what the whole gives at once', async () => {
    const model = new RecurrentLanguageModel({ vocabulary: 9, hidden: 8, layers: 2, cell }).eval();
    const all = text(3, 20, 9);
    let state: RecurrentState | undefined = model.initialState(3);
    const pieces: Tensor[] = [];
    for (const [start, length] of [
      [0, 1],
      [1, 7],
      [8, 2],
      [10, 10],
    ] as const) {
      // prettier-ignore
      const piece = model.forward(all.narrow(1, start, length), state);
      pieces.push(piece.logits);
      ({ state } = piece);
    }
    expect(await apart(concat(pieces, 1), model.forward(all).logits)).toBeLessThan(1e-5);
  });

  it('a forecaster in pieces gives what the whole gives at once', async () => {
    const model = new RecurrentForecaster({ inputs: 2, horizon: 3, hidden: 8, cell }).eval();
    const all = randn([3, 20, 2]);
    const first = model.forward(all.narrow(1, 0, 13));
    const second = model.forward(all.narrow(1, 13, 7), first.state);
    expect(await apart(concat([first.output, second.output], 1), model.forward(all).output)).toBeLessThan(1e-5);
  });

  it.each(['additive', 'general', 'dot'] as const)(
    'a target in pieces, attention %s, gives what the whole gives at once',
    async (attention) => {
      const model = new SequenceToSequence({
        sourceVocabulary: 9,
        targetVocabulary: 7,
        embedding: 5,
        hidden: 8,
        cell,
        attention,
      });
      const [source, target] = [text(3, 6, 9), text(3, 10, 7)];
      const memory = model.eval().encode(source);
      const first = model.decode(target.narrow(1, 0, 4), memory);
      const second = model.decode(target.narrow(1, 4, 6), memory, first.state);
      const whole = model.forward(source, target);
      expect(await apart(concat([first.logits, second.logits], 1), whole.logits)).toBeLessThan(1e-5);
      expect(await apart(concat([first.attention, second.attention], 1), whole.attention)).toBeLessThan(1e-5);
    },
  );

  it('logits do not move when later tokens change', async () => {
    const model = new RecurrentLanguageModel({ vocabulary: 9, hidden: 8, cell }).eval();
    const [one, other] = [text(2, 12, 9), concat([text(2, 12, 9).narrow(1, 0, 7), int(new Array<number>(10).fill(4), [2, 5])], 1)]; // prettier-ignore
    const begin = async (given: Tensor): Promise<unknown> =>
      await model.forward(given).logits.narrow(1, 0, 7).toArray();
    expect(await begin(other)).toEqual(await begin(one));
    const translated = new SequenceToSequence({ sourceVocabulary: 9, targetVocabulary: 9, embedding: 5, hidden: 8, cell }).eval(); // prettier-ignore
    const written = async (given: Tensor): Promise<unknown> =>
      await translated
        .forward(text(2, 4, 9), given)
        .logits.narrow(1, 0, 7)
        .toArray();
    expect(await written(other)).toEqual(await written(one));
  });

  it.each(['last', 'mean', 'max'] as const)('padding changes nothing of a class, pooled by %s', async (pooling) => {
    const options: RecurrentClassifierOptions = { vocabulary: 9, classes: 3, hidden: 8, layers: 2, cell, pooling };
    const model = new RecurrentClassifier(options).eval();
    const short = text(1, 5, 9);
    const alone = model.forward(short);
    const lengths = [12, 5, 12];
    const padded = (filler: number): Tensor =>
      concat([text(1, 12, 9), concat([short, int(new Array<number>(7).fill(filler), [1, 7])], 1), text(1, 12, 9)], 0);
    const mask = int(
      lengths.flatMap((n) => Array.from({ length: 12 }, (_, t) => Number(t < n))),
      [3, 12],
    ).to('bool');
    for (const given of [mask, int(lengths)])
      for (const filler of [0, 8])
        expect(await apart(model.forward(padded(filler), given).narrow(0, 1, 1), alone)).toBeLessThan(1e-6);
    // What lies beyond does not move a bit, nor does NaN in it.
    const numbers = new RecurrentClassifier({ inputs: 2, classes: 3, hidden: 8, cell, pooling }).eval();
    const values = randn([1, 5, 2]);
    const withTail = (tail: number): Tensor => concat([values, ones([1, 4, 2]).mul(tail)], 1);
    const found = await numbers.forward(withTail(1), int([5])).toArray();
    expect(await numbers.forward(withTail(-3), int([5])).toArray()).toEqual(found);
  });

  it.each(['last', 'mean', 'max'] as const)(
    'masks mean what they say wherever padding stands, pooled by %s',
    async (pooling) => {
      const model = new RecurrentClassifier({ vocabulary: 9, classes: 3, hidden: 8, layers: 2, cell, pooling }).eval();
      const numbers = new RecurrentClassifier({ inputs: 2, classes: 3, hidden: 8, cell, pooling }).eval();
      const values = randn([1, 3, 2]);
      const there = [1, 3, 5];
      const mask = int([0, 1, 0, 1, 0, 1, 0], [1, 7]).to('bool');
      const left = int([0, 0, 0, 0, 1, 1, 1], [1, 7]).to('bool');
      const place = (t: number): number => Math.max(0, there.indexOf(t));
      const spread = indexSelect(values, 1, [0, 1, 2, 3, 4, 5, 6].map(place));
      const alone = model.forward(int([4, 7, 2], [1, 3]));
      expect(await apart(model.forward(int([8, 4, 0, 7, 5, 2, 1], [1, 7]), mask), alone)).toBeLessThan(1e-6);
      expect(await apart(model.forward(int([8, 0, 5, 1, 4, 7, 2], [1, 7]), left), alone)).toBeLessThan(1e-6);
      expect(await apart(numbers.forward(spread, mask), numbers.forward(values))).toBeLessThan(1e-6);
      // By hand on the host or computed on the device, the same.
      const compiled = compile((ids: Tensor, inside: Tensor) => model.forward(ids, inside));
      expect(await apart(compiled(int([8, 4, 0, 7, 5, 2, 1], [1, 7]), mask), alone)).toBeLessThan(1e-6);
    },
  );

  it.each(['additive', 'general', 'dot'] as const)(
    'masks of sources mean what they say wherever padding stands, attention %s',
    async (attention) => {
      const model = new SequenceToSequence({ sourceVocabulary: 9, targetVocabulary: 7, embedding: 5, hidden: 8, cell, attention }).eval(); // prettier-ignore
      const target = text(1, 6, 7);
      const alone = model.forward(int([4, 7, 2], [1, 3]), target);
      const mask = int([0, 1, 0, 1, 0, 1, 0], [1, 7]).to('bool');
      const found = model.forward(int([8, 4, 0, 7, 5, 2, 1], [1, 7]), target, mask);
      expect(await apart(found.logits, alone.logits)).toBeLessThan(1e-6);
      expect(await apart(indexSelect(found.attention, 2, [1, 3, 5]), alone.attention)).toBeLessThan(1e-6);
      expect(await indexSelect(found.attention, 2, [0, 2, 4, 6]).abs().max().item()).toBe(0);
      // Of nothing nothing, by a mask and by a length, and beside others.
      const none = model.forward(text(2, 7, 9), text(2, 6, 7), int([0, 7]));
      expect(await none.attention.narrow(0, 0, 1).abs().max().item()).toBe(0);
      expect(Number.isFinite(await none.logits.abs().max().item())).toBe(true);
      const masked = model.forward(text(1, 7, 9), text(1, 6, 7), zeros([1, 7]).to('bool'));
      expect(await apart(masked.logits, none.logits.narrow(0, 0, 1))).toBeLessThan(1e-6);
    },
  );

  it.each(['additive', 'general', 'dot'] as const)(
    'padding of sources changes nothing, attention %s',
    async (attention) => {
      const model = new SequenceToSequence({ sourceVocabulary: 9, targetVocabulary: 7, embedding: 5, hidden: 8, cell, attention }).eval(); // prettier-ignore
      const [short, target] = [text(2, 4, 9), text(2, 6, 7)];
      const alone = model.forward(short, target);
      const padded = model.forward(concat([short, int([8, 1, 0, 2, 7, 7], [2, 3])], 1), target, int([4, 4]));
      expect(await apart(padded.logits, alone.logits)).toBeLessThan(1e-6);
      expect(await apart(padded.attention.narrow(2, 0, 4), alone.attention)).toBeLessThan(1e-6);
      expect(await padded.attention.narrow(2, 4, 3).abs().max().item()).toBe(0);
      expect(await apart(padded.attention.sum(2), ones([2, 6]))).toBeLessThan(1e-6);
    },
  );

  it('is one operator of ONNX a layer, in a language model with free batch and length', async () => {
    const model = new RecurrentLanguageModel({ vocabulary: 9, hidden: 8, layers: 2, cell }).eval();
    const bytes = await exportOnnx(model, { inputs: { ids: { shape: ['batch', 'length'], dtype: 'int32' } } });
    const operators = (parseOnnx(bytes).graph?.node ?? []).map(({ opType }) => opType);
    expect(operators.filter((name) => name === cell.toUpperCase())).toHaveLength(2);
    expect(operators).not.toContain('Loop');
    expect(operators).not.toContain('Scan');
  });
});

describe('sequences at their edges', () => {
  beforeAll(() => setDevice('wasm'));

  it('a sequence without elements is read as zeros', async () => {
    for (const pooling of ['last', 'mean', 'max'] as const) {
      const model = new RecurrentClassifier({ inputs: 2, classes: 3, hidden: 4, pooling }).eval();
      const none = zeros([1, 5]).to('bool');
      const bias = await model.head.bias?.toArray();
      expect(await model.forward(randn([1, 5, 2]), none).toArray()).toEqual([bias]);
      expect(await model.forward(randn([1, 5, 2]), int([0])).toArray()).toEqual([bias]);
      expect(await model.forward(zeros([1, 0, 2])).toArray()).toEqual([bias]);
      expect(await model.forward(zeros([1, 0, 2]), int([0])).toArray()).toEqual([bias]);
    }
  });

  it('a text of one token', () => {
    const model = new RecurrentLanguageModel({ vocabulary: 4, hidden: 4 });
    expect(model.forward(int([1], [1, 1])).logits.shape).toEqual([1, 1, 4]);
  });

  it.each<[string, new (message: string) => Error, () => unknown, string]>([
    ['a token that there is not', ArgumentError, () => new RecurrentLanguageModel({ vocabulary: 4, hidden: 4 }).forward(int([1, 4], [1, 2])), '4'], // prettier-ignore
    ['a text without a batch', ShapeError, () => new RecurrentLanguageModel({ vocabulary: 4, hidden: 4 }).forward(int([1])), 'texts [batch, length]'], // prettier-ignore
    ['a state of another batch', ShapeError, () => new RecurrentLanguageModel({ vocabulary: 4, hidden: 4, cell: 'gru' }).forward(int([1], [1, 1]), zeros([2, 3, 4])), 'the state must be'], // prettier-ignore
    ['the state of another cell', ArgumentError, () => new RecurrentLanguageModel({ vocabulary: 4, hidden: 4 }).forward(int([1], [1, 1]), zeros([2, 1, 4])), 'state'], // prettier-ignore
    ['features of another number', ShapeError, () => new RecurrentForecaster().forward(zeros([1, 5, 2])), 'takes series [batch, time, 1]'], // prettier-ignore
    ['series without features', ShapeError, () => new RecurrentForecaster().forward(zeros([1, 5])), 'need axes'],
    ['more steps than the horizon of other features', ArgumentError, () => new RecurrentForecaster({ inputs: 2, outputs: 1 }).forecast(zeros([1, 5, 2]), 2), 'beyond the horizon'], // prettier-ignore
    ['a mask of floats', DTypeError, () => new RecurrentClassifier({ inputs: 1, classes: 2 }).forward(zeros([1, 5, 1]), zeros([1, 5])), 'a mask bool'], // prettier-ignore
    ['a mask of another length', ShapeError, () => new RecurrentClassifier({ inputs: 1, classes: 2 }).forward(zeros([1, 5, 1]), zeros([1, 4]).to('bool')), 'the mask must be [1, 5]'], // prettier-ignore
    ['a length beyond the end', ArgumentError, () => new RecurrentClassifier({ inputs: 1, classes: 2 }).forward(zeros([1, 5, 1]), int([6])), '[RecurrentClassifier] lengths[0] is 6'], // prettier-ignore
    ['series without a time to go on from', ArgumentError, () => new RecurrentForecaster().forecast(zeros([1, 0, 1]), 2), 'no time to go on from'], // prettier-ignore
    ['targets of another number', ShapeError, () => new SequenceToSequence({ sourceVocabulary: 3, targetVocabulary: 3, embedding: 2, hidden: 2 }).forward(int([1, 1], [2, 1]), int([1], [1, 1])), 'there are 2 sources, and targets are'], // prettier-ignore
    ['targets of another number, attention behind', ShapeError, () => new SequenceToSequence({ sourceVocabulary: 3, targetVocabulary: 3, embedding: 2, hidden: 2, attention: 'dot' }).forward(int([1, 1], [2, 1]), int([1], [1, 1])), 'there are 2 sources, and targets are'], // prettier-ignore
    ['tokens and numbers at once', ArgumentError, () => new RecurrentClassifier({ inputs: 1, vocabulary: 3, classes: 2 }), 'either vocabulary'], // prettier-ignore
    ['neither', ArgumentError, () => new RecurrentClassifier({ classes: 2 }), 'either vocabulary'],
    ['tied weights of two widths', ArgumentError, () => new RecurrentLanguageModel({ vocabulary: 3, hidden: 4, embedding: 5, tied: true }), 'Leave embedding out'], // prettier-ignore
    ['a cell that there is not', ArgumentError, () => new RecurrentLanguageModel({ vocabulary: 3, cell: 'mgu' as 'gru' }), "'gru'"], // prettier-ignore
    ['an empty source', ArgumentError, () => new SequenceToSequence({ sourceVocabulary: 3, targetVocabulary: 3, embedding: 2, hidden: 2 }).forward(zeros([1, 0], { dtype: 'int32' }), int([1], [1, 1])), 'sources have no token'], // prettier-ignore
  ])('%s is one clear error', (_name, kind, call, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

describe('what is written', () => {
  beforeAll(() => setDevice('wasm'));

  const write = async (model: RecurrentLanguageModel, options: GenerateOptions) => {
    const written: number[] = [];
    for await (const token of generate(model.given(), [1, 2], options)) written.push(token);
    return written;
  };

  it('greedily is what the whole text gives, token by token', async () => {
    manualSeed(5);
    const model = new RecurrentLanguageModel({ vocabulary: 9, hidden: 8 }).eval();
    const written = await write(model, { maxTokens: 12, temperature: 0 });
    const sequence = [1, 2];
    for (let i = 0; i < 12; i++) {
      const { logits } = model.forward(int(sequence, [1, sequence.length]));
      sequence.push(await logits.narrow(1, sequence.length - 1, 1).argmax(-1).reshape([]).item()); // prettier-ignore
    }
    expect(written).toEqual(sequence.slice(2));
  });

  it('by a seed is the same, by another it is not; it ends at stop and draws from the likeliest alone', async () => {
    manualSeed(5);
    const model = new RecurrentLanguageModel({ vocabulary: 9, hidden: 8 }).eval();
    const first = await write(model, { maxTokens: 30, seed: 4 });
    expect(await write(model, { maxTokens: 30, seed: 4 })).toEqual(first);
    expect(await write(model, { maxTokens: 30, seed: 5 })).not.toEqual(first);
    const stop = first[7] as number;
    expect(await write(model, { maxTokens: 30, seed: 4, stop: [stop] })).toEqual(first.slice(0, first.indexOf(stop)));
    expect(await write(model, { maxTokens: 6, seed: 1, topK: 1 })).toEqual(await write(model, { maxTokens: 6, temperature: 0 })); // prettier-ignore
    expect(await write(model, { maxTokens: 0 })).toEqual([]);
  });

  it('follows the probabilities of the logits', async () => {
    const model = new RecurrentLanguageModel({ vocabulary: 3, hidden: 4, layers: 1, cell: 'rnn' }).eval();
    // Whatever was read, 1/2, 1/3, 1/6.
    model.decoder.loadStateDict({ weight: zeros([3, 4]), bias: tensor([3, 2, 1]).log() });
    const counts = [0, 0, 0];
    for await (const token of generate(model.given(), [0], { maxTokens: 1200, seed: 2 }))
      counts[token] = (counts[token] ?? 0) + 1;
    expect(Math.abs((counts[0] ?? 0) / 1200 - 1 / 2)).toBeLessThan(0.05);
    expect(Math.abs((counts[2] ?? 0) / 1200 - 1 / 6)).toBeLessThan(0.05);
  });

  it('goes on from a state, and the caches of its state give what reading everything again gives', async () => {
    manualSeed(6);
    for (const cell of ['lstm', 'gru'] as const) {
      const model = new RecurrentLanguageModel({ vocabulary: 9, hidden: 8, cell }).eval();
      const whole = await write(model, { maxTokens: 12, temperature: 0 });
      expect(await write(model, { maxTokens: 12, temperature: 0, cache: false })).toEqual(whole);
      const { state } = model.forward(int([1], [1, 1]));
      const behind: number[] = [];
      for await (const token of generate(model.given(state), [2], { maxTokens: 12, temperature: 0 }))
        behind.push(token);
      expect(behind).toEqual(whole);
      const [found, again] = await Promise.all([
        beamSearch(model.given(), [1, 2], { maxTokens: 5, beams: 3 }),
        beamSearch(model.given(), [1, 2], { maxTokens: 5, beams: 3, cache: false }),
      ]);
      expect(found.map(({ tokens }) => tokens)).toEqual(again.map(({ tokens }) => tokens));
    }
  });

  it('refuses what is training, tokens that there are not, and states of several texts', async () => {
    const model = new RecurrentLanguageModel({ vocabulary: 3, hidden: 4, cell: 'gru' });
    await expect(generate(model.given(), [0], { maxTokens: 1 }).next()).rejects.toThrow('is training');
    model.eval();
    await expect(generate(model.given(), [3], { maxTokens: 1 }).next()).rejects.toThrow('ids[0][0] is 3');
    expect(() => model.given(zeros([2, 2, 4]))).toThrow('the state of one text');
    const translator = new SequenceToSequence({ sourceVocabulary: 9, targetVocabulary: 5, embedding: 4, hidden: 8 });
    expect(() => translator.given(text(2, 6, 9))).toThrow('takes one source');
  });

  it.each(['additive', 'general'] as const)('by beams is the likeliest of all translations (%s)', async (attention) => {
    manualSeed(8);
    const model = new SequenceToSequence({ sourceVocabulary: 9, targetVocabulary: 3, embedding: 4, hidden: 8, cell: 'lstm', attention }).eval(); // prettier-ignore
    const source = text(1, 6, 9);
    // All 27 texts of three tokens, as one batch.
    const all = Array.from({ length: 27 }, (_, i) => [Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3]);
    const targets = int(all.flatMap(([a = 0, b = 0]) => [0, a, b]), [27, 3]); // prettier-ignore
    const { logits } = model.forward(source.broadcastTo([27, 6]), targets);
    const logs = await logSoftmax(logits, -1).toArray() as number[][][]; // prettier-ignore
    const likelihood = (i: number): number => (all[i] ?? []).reduce((sum, token, t) => sum + (logs[i]?.[t]?.[token] ?? 0), 0); // prettier-ignore
    const best = all.reduce((found, _, i) => (likelihood(i) > likelihood(found) ? i : found), 0);
    const [first] = await beamSearch(model.given(source), [0], { maxTokens: 3, beams: 27 });
    expect(first?.tokens).toEqual(all[best]);
    expect(first?.logProbability).toBeCloseTo(likelihood(best), 4);
  });

  it('by a translator ends at the end, and is the likeliest of each step', async () => {
    manualSeed(8);
    const model = new SequenceToSequence({ sourceVocabulary: 9, targetVocabulary: 5, embedding: 4, hidden: 8 }).eval();
    const source = text(4, 6, 9);
    const texts = await model.translate(source, { begin: 0, end: 1, maxTokens: 9 });
    await expect(model.train().translate(source, { begin: 0, end: 1, maxTokens: 9 })).rejects.toThrow('[SequenceToSequence.translate] the model is training'); // prettier-ignore
    model.eval();
    for (const [i, written] of texts.entries()) {
      expect(written).not.toContain(1);
      const given = [0, ...written];
      const { logits } = model.forward(source.narrow(0, i, 1), int(given, [1, given.length]));
      const likeliest = [...(await logits.argmax(-1).data())].map(Number);
      expect(likeliest.slice(0, written.length)).toEqual(written);
      if (written.length < 9) expect(likeliest.at(-1)).toBe(1);
    }
  });
});

it('a forecaster goes on beyond its horizon by what it forecast', async () => {
  setDevice('wasm');
  const model = new RecurrentForecaster({ horizon: 2, hidden: 5 }).eval();
  const past = randn([2, 6, 1]);
  const far = model.forecast(past, 5);
  expect(far.shape).toEqual([2, 5, 1]);
  const near = model.forecast(past, 2);
  expect(await apart(far.narrow(1, 0, 2), near)).toBeLessThan(1e-6);
  expect(await apart(far.narrow(1, 2, 2), model.forecast(concat([past, near], 1), 2))).toBeLessThan(1e-5);
});

describe('several texts at once', () => {
  const prompts = [[1, 2, 0, 3, 1], [4], [2, 2, 3]];
  async function expectAlone<C extends TextCache>(model: CausalModel<C>): Promise<void> {
    // With a penalty, so that texts do not all settle on the same few tokens.
    const options = { maxTokens: 8, temperature: 0, repetitionPenalty: 3 };
    const alone: number[][] = [];
    for (const prompt of prompts) {
      const found: number[] = [];
      for await (const token of generate(model, prompt, options)) found.push(token);
      alone.push(found);
    }
    expect(new Set(alone.map(String)).size).toBe(3);
    for (const cache of [true, false]) {
      const found: number[][] = prompts.map(() => []);
      for await (const { row, token } of generateBatch(model, prompts, { ...options, cache })) found[row]?.push(token);
      expect(found).toEqual(alone);
    }
  }

  it.each(cells)('%s: prompts of different lengths become what each becomes alone', async (cell) => {
    setDevice('wasm');
    manualSeed(2);
    const model = new RecurrentLanguageModel({ vocabulary: 9, cell, hidden: 12, layers: 2 }).eval();
    for (const weight of model.parameters()) assign(weight, weight.mul(3));
    await expectAlone(model.given());
    const { state } = model.forward(tensor([[5, 6]], { dtype: 'int32' }));
    await expectAlone(model.given(state));
  });

  it.each(['additive', 'dot'] as const)('behind a source, with attention %s', async (attention) => {
    setDevice('wasm');
    manualSeed(4);
    const model = new SequenceToSequence({ sourceVocabulary: 6, targetVocabulary: 9, embedding: 8, hidden: 12, attention }).eval(); // prettier-ignore
    for (const weight of model.parameters()) assign(weight, weight.mul(8));
    await expectAlone(model.given(tensor([[5, 1, 2]], { dtype: 'int32' })));
  });
});

describe('NaN at a step', () => {
  beforeAll(() => setDevice('wasm'));
  /** Which numbers are NaN. */
  const odd = async (x: Tensor): Promise<string> => Array.from(await x.data(), (value) => (Number.isNaN(value) ? 'x' : '.')).join(''); // prettier-ignore
  const series = tensor([[[1], [NaN], [2]], [[1], [2], [3]]]); // prettier-ignore

  it.each(['last', 'mean', 'max'] as const)(
    'makes the logits of its sequence NaN, unless the mask leaves it out: %s',
    async (pooling) => {
      const model = new RecurrentClassifier({ inputs: 1, classes: 2, hidden: 3, pooling }).eval();
      const mask = tensor([[true, false, true], [true, true, true]], { dtype: 'bool' }); // prettier-ignore
      expect(await odd(model.forward(series))).toBe('xx..');
      expect(await odd(model.forward(series, mask))).toBe('....');
    },
  );

  it('makes forecasts NaN from then on', async () => {
    const { output } = new RecurrentForecaster({ inputs: 1, hidden: 3 }).eval().forward(series);
    expect(await odd(output)).toBe('.xx...');
  });

  it('makes what a temporal convolutional network sees of it NaN', async () => {
    const model = new TemporalConvolutionalNetwork({ inputs: 1, outputs: 1, hidden: [2], kernelSize: 2 }).eval();
    expect(model.receptiveField).toBe(3);
    expect(await odd(model.forward(tensor([[[1], [NaN], [2], [3], [4]]])))).toBe('.xxx.');
  });
});
