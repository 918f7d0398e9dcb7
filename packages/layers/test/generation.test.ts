/** Texts that models write: distributions after each filter, caches, searches, what ends a text, and what is refused. */
import { full, manualSeed, oneHot, remainder, setDevice, softmax, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import {
  beamSearch,
  Embedding,
  filterLogits,
  generate,
  generateText,
  LearnedPositions,
  Linear,
  Module,
  TransformerEncoder,
  TransformerEncoderLayer,
  type CausalModel,
  type FilterOptions,
  type GenerateOptions,
  type KeyValueCache,
} from '../src/index.ts';
import { picker } from '../src/generation/sampling.ts';

const words = 12;

/** A decoder of two layers, that looks back on 80 tokens. */
class Decoder extends Module<[ids: Tensor, caches?: readonly KeyValueCache[]]> {
  readonly contextLength = 80;
  readonly words = new Embedding(words, 16);
  readonly positions = new LearnedPositions(80, 16);
  readonly blocks = new TransformerEncoder(
    new TransformerEncoderLayer(16, 2, { dimFeedforward: 32, batchFirst: true, normFirst: true }),
    2,
  );
  readonly head = new Linear(16, words);
  forward(ids: Tensor, caches?: readonly KeyValueCache[]): Tensor {
    const offset = caches?.[0]?.position() ?? 0;
    const x = this.positions.forward(this.words.forward(ids), { offset });
    return this.head.forward(this.blocks.forward(x, { isCausal: true, caches })).mul(4);
  }
  createCaches(sizes: { readonly batch: number; readonly capacity: number }): readonly KeyValueCache[] {
    return this.blocks.createCaches(sizes);
  }
}

/** Logits that follow from the token before alone. */
const table = (rows: readonly (readonly number[])[]): CausalModel => {
  const weights = tensor(rows.map((row) => [...row]));
  return { forward: (ids) => oneHot(ids, rows.length).to('float32').matmul(weights) };
};

async function all(model: CausalModel, prompt: readonly number[], options: GenerateOptions): Promise<number[]> {
  const tokens: number[] = [];
  for await (const token of generate(model, prompt, options)) tokens.push(token);
  return tokens;
}

/** What the filters leave of a distribution, in float64, as their papers say it. */
function kept(
  logits: readonly number[],
  { temperature = 1, topK = Infinity, topP = 1, minP = 0 }: FilterOptions,
): number[] {
  const exponentials = (values: readonly number[]): number[] => {
    const largest = Math.max(...values);
    const each = values.map((value) => Math.exp(value - largest));
    const sum = each.reduce((a, b) => a + b, 0);
    return each.map((value) => value / sum);
  };
  let left = logits.map((value) => value / temperature);
  const order = [...left.keys()].sort((a, b) => (left[b] ?? 0) - (left[a] ?? 0));
  left = left.map((value, i) => (order.indexOf(i) < topK ? value : -Infinity));
  let sum = 0;
  const before = exponentials(left);
  for (const [rank, i] of order.entries()) {
    if (rank > 0 && sum >= topP) left[i] = -Infinity;
    sum += before[i] ?? 0;
  }
  const now = exponentials(left);
  const largest = Math.max(...now);
  return exponentials(left.map((value, i) => ((now[i] ?? 0) < minP * largest ? -Infinity : value)));
}

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each<FilterOptions>([
    {},
    { temperature: 0.5 },
    { topK: 3 },
    { topK: 100 },
    { topP: 0.6 },
    { topP: 0 },
    { minP: 0.2 },
    { minP: 1 },
    { temperature: 2, topK: 6, topP: 0.9, minP: 0.15 },
  ])('what %j leaves is what the definitions say', async (options) => {
    const rows = Array.from({ length: 3 }, (_, i) => Array.from({ length: 8 }, (_, j) => 3 * Math.sin(7 * i + 3 * j)));
    const found = (await softmax(filterLogits(tensor(rows), options), -1).toArray()) as number[][];
    found.forEach((row, i) => {
      const expected = kept(rows[i] ?? [], options);
      row.forEach((value, j) => expect(value).toBeCloseTo(expected[j] ?? NaN, 5));
      expect(row.map((value) => value > 0)).toEqual(expected.map((value) => value > 0));
    });
  });

  it('the likeliest tokens are the same with caches and without, however long the text', async () => {
    manualSeed(3);
    const model = new Decoder().eval();
    const options = { maxTokens: 70, temperature: 0 };
    const written = await all(model, [3, 1, 4], options);
    expect(written.length).toBe(70);
    expect(await all(model, [3, 1, 4], { ...options, cache: false })).toEqual(written);
    // One read of everything says the same of each.
    const logits = model.forward(tensor([[3, 1, 4, ...written]], { dtype: 'int32' }));
    const likeliest = (await logits.argmax(-1).toArray()) as number[][];
    expect(likeliest[0]?.slice(2, -1)).toEqual(written);
  });
});

describe('drawn texts', () => {
  beforeAll(() => setDevice('wasm'));

  it('are the same for one seed, with caches and without, and others for another', async () => {
    const model = new Decoder().eval();
    const options = { maxTokens: 20, topP: 0.95 };
    const first = await all(model, [1], { ...options, seed: 5 });
    expect(await all(model, [1], { ...options, seed: 5 })).toEqual(first);
    expect(await all(model, [1], { ...options, seed: 5, cache: false })).toEqual(first);
    expect(await all(model, [1], { ...options, seed: 6 })).not.toEqual(first);
  });

  it('have the distribution that was asked for (χ², 4 degrees of freedom, 99.9 %)', async () => {
    const logits = [1, 0.5, 0, -1, 2, -3];
    const count = 20_000;
    const options = { temperature: 1.5, topK: 5, seed: 11 };
    const drawn = await picker(options)(tensor(logits).broadcastTo([count, 6])).data();
    const counts = new Array<number>(6).fill(0);
    for (const token of drawn) counts[token] = (counts[token] ?? 0) + 1;
    const expected = kept(logits, options).map((share) => share * count);
    expect(counts[5]).toBe(0);
    const chi = counts.reduce(
      (sum, n, i) => sum + (i === 5 ? 0 : (n - (expected[i] ?? 0)) ** 2 / (expected[i] ?? 1)),
      0,
    );
    expect(chi).toBeLessThan(18.47);
  });

  it('a penalty makes what is in the text less likely, in the prompt and behind it', async () => {
    // 0 is followed by 1, 2, 3 in this order of likelihood, whatever came before.
    const model = {
      forward: (ids: Tensor) =>
        oneHot(ids.mul(0), 4)
          .to('float32')
          .mul(0)
          .add(tensor([-5, 4, 3, 2])),
    };
    expect(await all(model, [0], { maxTokens: 4, temperature: 0 })).toEqual([1, 1, 1, 1]);
    // 4 / 2 < 3, then 3 / 2 < 2 = 4 / 2, of which 1 comes first; then all are there.
    expect(await all(model, [0], { maxTokens: 4, temperature: 0, repetitionPenalty: 2 })).toEqual([1, 2, 1, 1]);
    expect(await all(model, [1, 2], { maxTokens: 1, temperature: 0, repetitionPenalty: 4 })).toEqual([3]);
  });

  it('end at a token that ends texts, after maxTokens, and where the model has no more room', async () => {
    const counts = table(
      Array.from({ length: 10 }, (_, i) => Array.from({ length: 10 }, (_, j) => (j === (i + 1) % 10 ? 9 : 0))),
    );
    expect(await all(counts, [7], { maxTokens: 9, temperature: 0, stop: [1, 4] })).toEqual([8, 9, 0]);
    expect(await all(counts, [7], { maxTokens: 0 })).toEqual([]);
    // Five tokens can be read: of a prompt of three, two more, and one is written behind them.
    const short = { ...counts, contextLength: 5 };
    expect(await all(short, [1, 2, 3], { maxTokens: 9, temperature: 0 })).toEqual([4, 5, 6]);
  });

  it('refuse what cannot be gone on with', async () => {
    const model = table([
      [0, 1],
      [1, 0],
    ]);
    const refused = (given: CausalModel, prompt: readonly number[], more: Partial<GenerateOptions> = {}) =>
      expect(all(given, prompt, { maxTokens: 2, ...more })).rejects;
    await refused(model, []).toThrow('[generate] the prompt has no token.');
    await refused({ ...model, contextLength: 2 }, [0, 1, 0]).toThrow(
      'the prompt has 3 tokens; the model looks back on 2.',
    );
    await refused(model, [-1]).toThrow('prompt[0]');
    await refused(model, [0.5]).toThrow('prompt[0]');
    await refused(new Decoder().eval(), [3, 12]).toThrow('the text has the token 12; the model knows 12, from 0 on.');
    await refused(new Decoder().eval(), [3, 12], { cache: false }).toThrow('the text has the token 12');
    await refused(model, [0], { temperature: -1 }).toThrow('temperature');
    await refused(model, [0], { topK: 0 }).toThrow('topK');
    await refused(model, [0], { topP: 2 }).toThrow('topP');
    await refused({ forward: (ids) => model.forward(ids).mul(NaN) }, [0]).toThrow('NaN or ∞');
    await refused({ forward: (ids) => model.forward(ids).mul(NaN) }, [0], { temperature: 0 }).toThrow('NaN or ∞');
    await refused({ forward: (ids) => full([...ids.shape, 2], -Infinity) }, [0]).toThrow('NaN or ∞');
    await refused({ forward: (ids) => ids }, [0]).toThrow('must give logits [batch, length, vocabulary]');
    await refused({ forward: () => ({ logits: 1 }) as never }, [0]).toThrow('must give logits');
    await refused(new Decoder(), [0]).toThrow('the model is training');
    await expect(beamSearch(model, [], { maxTokens: 1 })).rejects.toThrow('[beamSearch] the prompt has no token.');
  });
});

describe('text', () => {
  beforeAll(() => setDevice('wasm'));

  // Each byte is a token, and is followed by the next of a sentence.
  const sentence = new TextEncoder().encode('né, so ends it here');
  const model: CausalModel = {
    forward: (ids) =>
      oneHot(remainder(ids.add(1), sentence.length), sentence.length)
        .to('float32')
        .mul(50),
  };
  const codec = {
    encode: () => [sentence.length - 1],
    decode: (ids: Iterable<number>) => new TextDecoder().decode(Uint8Array.from(ids, (id) => sentence[id] ?? 0)),
  };
  const pieces = async (stop: readonly (string | number)[], maxTokens = sentence.length): Promise<string[]> => {
    const found: string[] = [];
    for await (const piece of generateText(model, codec, '', { maxTokens, temperature: 0, stop })) found.push(piece);
    return found;
  };

  it('comes as soon as it is clear, whole characters at a time', async () => {
    const found = await pieces([]);
    expect(found.slice(0, 3)).toEqual(['n', 'é', ',']);
    expect(found.join('')).toBe('né, so ends it here');
  });

  it('ends before a text that ends it, of which nothing was given', async () => {
    expect((await pieces(['ends'])).join('')).toBe('né, so ');
    expect((await pieces(['ends never', 'it'])).join('')).toBe('né, so ends ');
    expect((await pieces(['here and', 'nowhere'])).join('')).toBe('né, so ends it here');
    expect((await pieces([4])).join('')).toBe('né,');
    // Half a character is left where the text ends within it.
    expect((await pieces([], 2)).join('')).toBe('n\uFFFD');
  });
});

describe('beam search', () => {
  beforeAll(() => setDevice('wasm'));

  const random = (seed: number): number[][] =>
    Array.from({ length: 4 }, (_, i) => Array.from({ length: 4 }, (_, j) => 2 * Math.sin(seed + 5 * i + 11 * j)));

  /** The likeliest of all texts of at most so many tokens, by going through them. */
  function best(
    rows: readonly (readonly number[])[],
    first: number,
    most: number,
    stop: number,
    penalty: number,
  ): { tokens: number[]; score: number } {
    let found = { tokens: [] as number[], score: -Infinity };
    const visit = (tokens: number[], last: number, sum: number): void => {
      const row = rows[last] ?? [];
      const total = Math.log(row.reduce((a, b) => a + Math.exp(b), 0));
      row.forEach((logit, token) => {
        const now = sum + logit - total;
        const length = tokens.length + 1;
        const text = token === stop ? tokens : [...tokens, token];
        if (token === stop || length === most) {
          const score = now / length ** penalty;
          if (score > found.score) found = { tokens: text, score };
        } else visit(text, token, now);
      });
    };
    visit([], first, 0);
    return found;
  }

  it.each([0, 0.5, 1, 2].flatMap((penalty) => [1, 2, 3].map((seed) => [penalty, seed] as const)))(
    'with as many beams as texts finds the likeliest of all (length penalty %d, table %d)',
    async (lengthPenalty, seed) => {
      const rows = random(seed);
      const options = { maxTokens: 4, beams: 64, stop: [3], lengthPenalty };
      const [found] = await beamSearch(table(rows), [seed % 3], options);
      const expected = best(rows, seed % 3, 4, 3, lengthPenalty);
      expect(found?.tokens).toEqual(expected.tokens);
      expect(found?.score).toBeCloseTo(expected.score, 5);
    },
  );

  it('of one beam is the likeliest token each, and more beams are never worse', async () => {
    manualSeed(4);
    const model = new Decoder().eval();
    const likeliest = await all(model, [2, 7], { maxTokens: 8, temperature: 0 });
    const [one] = await beamSearch(model, [2, 7], { maxTokens: 8, beams: 1 });
    expect(one?.tokens).toEqual(likeliest);
    const several = await beamSearch(model, [2, 7], { maxTokens: 8, beams: 5 });
    expect(several[0]?.logProbability).toBeGreaterThanOrEqual((one?.logProbability ?? 0) - 1e-5);
    expect(several.map(({ score }) => score)).toEqual(several.map(({ score }) => score).sort((a, b) => b - a));
    // Caches are reordered with the beams.
    const again = await beamSearch(model, [2, 7], { maxTokens: 8, beams: 5, cache: false });
    expect(again.map(({ tokens }) => tokens)).toEqual(several.map(({ tokens }) => tokens));
  });
});
