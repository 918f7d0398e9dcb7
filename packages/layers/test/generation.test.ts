/** Texts that models write: distributions after each filter, caches, searches, what ends a text, and what is refused. */
import { full, manualSeed, oneHot, remainder, setDevice, ShapeError, softmax, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import {
  beamSearch,
  Embedding,
  filterLogits,
  generate,
  generateBatch,
  generateText,
  generateTextBatch,
  LearnedPositions,
  Linear,
  Module,
  TransformerEncoder,
  TransformerEncoderLayer,
  type CausalModel,
  type FilterOptions,
  type GenerateOptions,
  type GenerateTextOptions,
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

/** Written behind each of several prompts. */
async function batch(
  model: CausalModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<number[][]> {
  // prettier-ignore
  const texts: number[][] = prompts.map(() => []);
  for await (const { row, token } of generateBatch(model, prompts, options)) texts[row]?.push(token);
  return texts;
}

const one = async (
  model: CausalModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<number[][]> => {
  // prettier-ignore
  const texts: number[][] = [];
  for (const prompt of prompts) texts.push(await all(model, prompt, options));
  return texts;
};

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

  it('prompts of different lengths become what each becomes alone, with caches and without', async () => {
    manualSeed(3);
    const model = new Decoder().eval();
    const prompts = [[3, 1, 4], [7], [5, 9, 2, 6, 5, 3, 5, 8, 9, 7], [3, 1, 4, 1], [11, 0, 11, 0, 11]];
    const options = { maxTokens: 12, temperature: 0 };
    const alone = await one(model, prompts, options);
    expect(new Set(alone.map(String)).size).toBe(5);
    expect(await batch(model, prompts, options)).toEqual(alone);
    expect(await batch(model, prompts, { ...options, cache: false })).toEqual(alone);
    // Of one length, too, with a penalty for what is in each, and of one prompt.
    const penalty = { ...options, repetitionPenalty: 1.5 };
    for (const some of [prompts, prompts.map((prompt) => prompt.slice(-1)), prompts.slice(2, 3)])
      expect(await batch(model, some, penalty)).toEqual(await one(model, some, penalty));
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
    await refused({ ...model, contextLength: 2 }, [0, 1, 0]).toThrow('Leave its beginning out: prompt.slice(-1).');
    await refused(model, [-1]).toThrow('prompt[0]');
    // Of a model that does not say how far it looks back: until its positions are at an end, and then what it says itself.
    const few: CausalModel = {
      forward: (ids) => {
        if ((ids.shape[1] ?? 0) > 5) throw new ShapeError(`[few] no place for ${ids}.`);
        return model.forward(ids);
      },
    };
    expect(await all(few, [0, 1, 0], { maxTokens: 3 })).toHaveLength(3);
    await refused(few, [0, 1, 0], { maxTokens: 4 }).toThrow('[few] no place for int32[1,6]');
    await refused(model, [0.5]).toThrow('prompt[0]');
    await refused(new Decoder().eval(), [3, 12]).toThrow('[embedding] ids[0][1] is 12, which is no position here: there are 0 to 11.\n  hint: Is the tokenizer that of the model?'); // prettier-ignore
    await refused(new Decoder().eval(), [3, 12], { cache: false }).toThrow('Is the tokenizer that of the model?');
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

describe('several texts', () => {
  beforeAll(() => setDevice('wasm'));

  const counts = table(
    Array.from({ length: 10 }, (_, i) => Array.from({ length: 10 }, (_, j) => (j === (i + 1) % 10 ? 9 : 0))),
  );

  it('end each by itself: at a token, after maxTokens, where there is no more room', async () => {
    const options = { maxTokens: 9, temperature: 0, stop: [0] };
    expect(await batch(counts, [[7], [1, 2], [9]], options)).toEqual([[8, 9], [3, 4, 5, 6, 7, 8, 9], []]);
    const short = { ...counts, contextLength: 5 };
    expect(await batch(short, [[1, 2, 3, 4, 5], [1], [2, 3, 4]], options)).toEqual([[6], [2, 3, 4, 5, 6], [5, 6, 7]]);
    expect(await batch(counts, [[7], [1, 2]], { maxTokens: 0 })).toEqual([[], []]);
    expect(await batch(counts, [], { maxTokens: 5 })).toEqual([]);
  });

  it('fill the model to the last token that each has room for, with caches and without', async () => {
    manualSeed(5);
    const model = new Decoder().eval();
    const prompts = [Array.from({ length: 78 }, (_, i) => i % words), [1, 2], Array.from({ length: 80 }, (_, i) => (7 * i) % words)]; // prettier-ignore
    const options = { maxTokens: 100, temperature: 0 };
    const texts = await batch(model, prompts, options);
    expect(texts.map(({ length }) => length)).toEqual([3, 79, 1]);
    expect(texts).toEqual(await one(model, prompts, options));
    expect(await batch(model, prompts, { ...options, cache: false })).toEqual(texts);
  });

  it('come a token of each at a time', async () => {
    const order: [number, number][] = [];
    for await (const { row, token } of generateBatch(counts, [[1], [5, 6]], { maxTokens: 3, temperature: 0 })) {
      order.push([row, token]);
      if (order.length === 4) break;
    }
    expect(order).toEqual([[0, 2], [1, 7], [0, 3], [1, 8]]); // prettier-ignore
  });

  it('are drawn apart where prompts are equal, the same for one seed, and one is what generate draws', async () => {
    manualSeed(6);
    const model = new Decoder().eval();
    const options = { maxTokens: 12, temperature: 3, seed: 4 };
    const drawn = await batch(model, [[3, 1], [3, 1], [2]], options);
    expect(String(drawn[0])).not.toBe(String(drawn[1]));
    expect(await batch(model, [[3, 1], [3, 1], [2]], options)).toEqual(drawn);
    expect(await batch(model, [[3, 1]], options)).toEqual([await all(model, [3, 1], options)]);
  });

  it('are read again for every token by a model whose caches know of no fillers', async () => {
    manualSeed(3);
    const model = new Decoder().eval();
    let made = 0;
    const bare: CausalModel = {
      contextLength: 80,
      forward: (ids, caches) => model.forward(ids, caches),
      createCaches: (sizes) => {
        made++;
        // Without what is new.
        return model.createCaches(sizes).map((cache) => Object.defineProperty(cache, 'padded', { value: undefined }));
      },
    };
    const options = { maxTokens: 6, temperature: 0 };
    const prompts = [[3, 1, 4], [7]];
    expect(await batch(bare, prompts, options)).toEqual(await one(model, prompts, options));
    expect(made).toBe(1);
  });

  it('refuse what cannot be gone on with, saying which it is', async () => {
    const refused = (
      model: CausalModel,
      prompts: readonly (readonly number[])[],
      more: Partial<GenerateOptions> = {},
    ) => expect(batch(model, prompts, { maxTokens: 2, ...more })).rejects;
    await refused(counts, [[1], []]).toThrow('[generateBatch] prompts[1] has no token.');
    await refused(counts, [[1], [2, -1]]).toThrow('prompts[1][1]');
    await refused(counts, [[1], [2, NaN]]).toThrow('prompts[1][1]');
    await refused(counts, [[1], 'text' as never]).toThrow('prompts[1]');
    await refused(counts, 'text' as never).toThrow('prompts');
    await refused(counts, Array<number[]>(2)).toThrow('prompts[0]');
    await refused({ ...counts, contextLength: 2 }, [[1], [1, 2, 3]]).toThrow('prompts[1] has 3 tokens; the model looks back on 2'); // prettier-ignore
    for (const cache of [true, false])
      await refused(new Decoder().eval(), [[1, 2], [12]], { cache }).toThrow('ids[1][0] is 12');
    await refused(counts, [[1]], { temperature: -1 }).toThrow('temperature');
    await refused(counts, [[1]], { topK: 0 }).toThrow('topK');
    await refused(new Decoder(), [[1]]).toThrow('the model is training');
    // One text alone diverges.
    const divergent: CausalModel = { forward: (ids) => counts.forward(ids).div(ids.equal(4).not().to('float32').unsqueeze(-1)) }; // prettier-ignore
    await refused(divergent, [[1], [2, 3]], { maxTokens: 5, temperature: 0 }).toThrow('of prompts[1] are NaN or ∞');
  });
});

// Each byte is a token, and is followed by the next of a sentence.
const sentence = new TextEncoder().encode('né, so ends it here');
const reciting: CausalModel = {
  forward: (ids) =>
    oneHot(remainder(ids.add(1), sentence.length), sentence.length)
      .to('float32')
      .mul(50),
};

describe('text', () => {
  beforeAll(() => setDevice('wasm'));

  const codec = {
    encode: () => [sentence.length - 1],
    decode: (ids: Iterable<number>) => new TextDecoder().decode(Uint8Array.from(ids, (id) => sentence[id] ?? 0)),
  };
  const pieces = async (stop: readonly (string | number)[], maxTokens = sentence.length): Promise<string[]> => {
    const found: string[] = [];
    for await (const piece of generateText(reciting, codec, '', { maxTokens, temperature: 0, stop })) found.push(piece);
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

describe('several texts of characters', () => {
  beforeAll(() => setDevice('wasm'));

  const codec = {
    // The number of the character in the sentence, from which it goes on.
    encode: (text: string) => [...text].map(Number),
    decode: (ids: Iterable<number>) => new TextDecoder().decode(Uint8Array.from(ids, (id) => sentence[id] ?? 0)),
  };

  it('end each at its own text, stream by themselves, and are those of each prompt alone', async () => {
    const options: GenerateTextOptions = { maxTokens: 12, temperature: 0, stop: ['ends', 'here and', 19] };
    const prompts = ['9', '2', '345', '0'];
    const texts = prompts.map(() => '');
    const order: number[] = [];
    for await (const { row, text } of generateTextBatch(reciting, codec, prompts, options)) {
      texts[row] += text;
      order.push(row);
      expect(text).not.toBe('');
    }
    const alone = await Promise.all(
      prompts.map(async (prompt) => {
        let text = '';
        for await (const piece of generateText(reciting, codec, prompt, options)) text += piece;
        return text;
      }),
    );
    expect(texts).toEqual(alone);
    expect(texts).toEqual(['ds it her', ', so ', 'o ', 'é, so ']);
    expect(new Set(order.slice(0, 4)).size).toBeGreaterThan(1);
  });

  it('refuse prompts that are no texts', async () => {
    const wrong = (prompts: unknown) =>
      generateTextBatch(reciting, codec, prompts as string[], { maxTokens: 1 }).next();
    await expect(wrong(['1', 2])).rejects.toThrow('[generateTextBatch] prompts[1]');
    await expect(wrong('1')).rejects.toThrow('prompts');
    await expect(wrong(['1', ''])).rejects.toThrow('[generateTextBatch] prompts[1] has no token.');
    // Characters are no tokens.
    const pairs = { ...codec, encode: (text: string) => Array.from({ length: Math.ceil(text.length / 2) }, () => 1) };
    await expect(
      generateText({ ...reciting, contextLength: 3 }, pairs, 'eight to', { maxTokens: 1 }).next(),
    ).rejects.toThrow('Leave its beginning out: tokenizer.decode(tokenizer.encode(prompt).slice(-2)).');
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
