/** Attention that goes on from what was before, and what no token of another time or of padding may change. */
import {
  concat,
  device,
  full,
  manualSeed,
  randn,
  realize,
  setDevice,
  compile,
  tensor,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import {
  attentionWeights,
  KeyValueCache,
  MultiheadAttention,
  RotaryEmbedding,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  type MultiheadAttentionOptions,
} from '../src/index.ts';

async function difference(a: Tensor, b: Tensor): Promise<number> {
  expect(a.shape).toEqual(b.shape);
  return a.sub(b).abs().max().item();
}

/** Tokens a … b − 1 of a sequence [batch, length, features]. */
const tokens = (x: Tensor, from: number, to: number): Tensor => x.narrow(1, from, to - from);

describe.each(devices)('attention with a cache on %s', (name) => {
  beforeAll(() => setDevice(name));
  beforeEach(() => manualSeed(3));

  const kinds: Readonly<Record<string, MultiheadAttentionOptions>> = {
    plain: {},
    'grouped queries and rotary positions': { numKeyValueHeads: 2, rotary: new RotaryEmbedding(4) },
    'linear biases': { alibi: true },
  };

  it.each(Object.entries(kinds))('gives what attention to everything gives: %s', async (_, options) => {
    const attention = new MultiheadAttention(16, 4, { batchFirst: true, ...options });
    const x = randn([2, 7, 16]);
    const cache = attention.createCache({ batch: 2, capacity: 9 });
    // A prompt of three tokens, then one by one.
    const parts = [[0, 3], [3, 4], [4, 5], [5, 7]].map(([from = 0, to = 0]) => {
      const part = tokens(x, from, to);
      return [attention.forward(part, part, part, { cache }).output, from, to] as const;
    }); // prettier-ignore
    const whole = attention.forward(x, x, x, { isCausal: true }).output;
    for (const [part, from, to] of parts) expect(await difference(part, tokens(whole, from, to))).toBeLessThan(1e-5);
    expect(cache.length).toBe(7);
    // A beam search: both go on from the second sequence, then from themselves in the other order.
    const compiled = compile((order: Tensor) => cache.reorder(order));
    cache.reorder([1, 1]);
    const next = randn([2, 1, 16]);
    const past = concat([x.narrow(0, 1, 1), x.narrow(0, 1, 1)], 0);
    const all = concat([past, next], 1);
    const { output } = attention.forward(next, next, next, { cache });
    expect(await difference(output, tokens(attention.forward(all, all, all, { isCausal: true }).output, 7, 8))).toBeLessThan(1e-5); // prettier-ignore
    compiled(tensor([1, 0], { dtype: 'int32' }));
    const last = randn([2, 1, 16]);
    const swapped = concat([concat([all.narrow(0, 1, 1), all.narrow(0, 0, 1)], 0), last], 1);
    const after = attention.forward(last, last, last, { cache }).output;
    expect(await difference(after, tokens(attention.forward(swapped, swapped, swapped, { isCausal: true }).output, 8, 9))).toBeLessThan(1e-5); // prettier-ignore
    expect(() => cache.reorder([0])).toThrow('a number for each of 2 sequences');
    expect(() => cache.reorder([0, 2])).toThrow(/from/);
    cache.reset();
    const again = tokens(x, 0, 3);
    expect(await difference(attention.forward(again, again, again, { cache }).output, tokens(whole, 0, 3))).toBeLessThan(1e-5); // prettier-ignore
  });

  it('runs compiled steps in one plan, of a whole stack', async () => {
    const layer = new TransformerEncoderLayer(8, 2, { dimFeedforward: 8, batchFirst: true, normFirst: true });
    const model = new TransformerEncoder(layer, 2).eval();
    const x = randn([1, 6, 8]);
    const whole = model.forward(x, { isCausal: true });
    const caches = model.createCaches({ batch: 1, capacity: 6 });
    const step = compile((token: Tensor) => model.forward(token, { caches }));
    const misses = (): number => device.stats().planCache.misses;
    await realize(x, whole);
    const outputs: Tensor[] = [];
    let after = 0;
    for (let t = 0; t < 6; t++) {
      const token = tokens(x, t, t + 1);
      await realize(token);
      outputs.push(step(token));
      await realize(outputs[t] as Tensor);
      if (t === 1) after = misses();
    }
    for (const [t, output] of outputs.entries()) expect(await difference(output, tokens(whole, t, t + 1))).toBeLessThan(1e-5); // prettier-ignore
    expect(caches.map(({ length }) => length)).toEqual([6, 6]);
    expect(after).toBeGreaterThan(0);
    expect(() => step(tokens(x, 0, 1))).toThrow(/there is room for 6 positions, of which 6 are taken; 1 more/);
    expect(caches.map(({ length }) => length)).toEqual([6, 6]);
  });

  it('decodes token by token with a memory', async () => {
    const model = new TransformerDecoder(new TransformerDecoderLayer(8, 2, { dimFeedforward: 8, batchFirst: true }), 1).eval(); // prettier-ignore
    const [x, memory] = [randn([2, 4, 8]), randn([2, 3, 8])];
    const whole = model.forward(x, memory, { tgtIsCausal: true });
    const caches = model.createCaches({ batch: 2, capacity: 4 });
    for (let t = 0; t < 4; t++)
      expect(await difference(model.forward(tokens(x, t, t + 1), memory, { caches }), tokens(whole, t, t + 1))).toBeLessThan(1e-5); // prettier-ignore
  });

  it('does not see later tokens where it is causal, nor padding at all', async () => {
    const layer = (normFirst: boolean): TransformerEncoderLayer =>
      new TransformerEncoderLayer(8, 2, { dimFeedforward: 8, batchFirst: true, normFirst });
    for (const normFirst of [false, true]) {
      const model = new TransformerEncoder(layer(normFirst), 2).eval();
      const [x, other] = [randn([1, 6, 8]), randn([1, 6, 8]).mul(100)];
      const isLate = tensor([[false, false, false, false, true, true]]);
      const changed = isLate.unsqueeze(-1).where(other, x);
      const early = (y: Tensor): Tensor => tokens(y, 0, 4);
      const [a, b] = [model.forward(x, { isCausal: true }), model.forward(changed, { isCausal: true })];
      expect(await early(a).toArray()).toEqual(await early(b).toArray());
      expect(await difference(a, b)).toBeGreaterThan(0.1);
      const [c, d] = [x, changed].map((y) => model.forward(y, { srcKeyPaddingMask: isLate })) as [Tensor, Tensor];
      expect(await early(c).toArray()).toEqual(await early(d).toArray());
      // What is left out may as well not be there.
      expect(await difference(early(c), model.forward(tokens(x, 0, 4)))).toBeLessThan(1e-5);
    }
  });

  it('attends to nothing where a query sees no key: the output is the bias of the last projection', async () => {
    const attention = new MultiheadAttention(4, 2, { batchFirst: true });
    const x = randn([2, 3, 4]);
    const keyPaddingMask = tensor([[true, true, true], [false, false, true]]); // prettier-ignore
    for (const needWeights of [false, true]) {
      const { output } = attention.forward(x, x, x, { keyPaddingMask, needWeights });
      const bias = attention.out_proj.bias as Tensor;
      expect(await difference(output.narrow(0, 0, 1), bias.broadcastTo([1, 3, 4]))).toBe(0);
    }
  });
});

describe('a cache', () => {
  it('refuses what does not fit', () => {
    const attention = new MultiheadAttention(8, 2, { batchFirst: true });
    const cache = attention.createCache({ batch: 2, capacity: 4 });
    const x = randn([1, 2, 8]);
    expect(() => attention.forward(x, x, x, { cache })).toThrow(/the cache is float32\[2,2,4,4\]: it takes keys \[2, 2, count, 4\], not float32\[1,2,2,4\]/); // prettier-ignore
    expect(() => new KeyValueCache({ batch: 1, heads: 1, capacity: 0, headDim: 2 })).toThrow(
      /capacity must be an integer/,
    );
    const long = randn([2, 5, 8]);
    expect(() => attention.forward(long, long, long, { cache })).toThrow(/5 more do not fit/);
  });
});

describe('a cache of sequences of different lengths', () => {
  beforeAll(() => setDevice('wasm'));
  beforeEach(() => manualSeed(7));

  it.each([
    ['plain', {}],
    ['grouped queries and rotary positions', { numKeyValueHeads: 2, rotary: new RotaryEmbedding(4) }],
    ['linear biases', { alibi: true }],
  ] as const)('gives each what it has alone, in pieces: %s', async (_name, options) => {
    const attention = new MultiheadAttention(16, 4, { ...options, batchFirst: true });
    // Pieces of each of three sequences, one of them longer than a token behind the first.
    const pieces = [[4, 1, 2], [1, 1, 1], [2, 3, 1], [1, 1, 1]] as const; // prettier-ignore
    const inputs = [0, 1, 2].map((row) => pieces.map((lengths) => randn([1, lengths[row] ?? 0, 16])));
    const cache = attention.createCache({ batch: 3, capacity: 9 });
    const alone = inputs.map((parts) => attention.forward(concat(parts, 1), concat(parts, 1), concat(parts, 1), { isCausal: true }).output); // prettier-ignore
    const ends = [0, 0, 0];
    for (const [step, lengths] of pieces.entries()) {
      const most = Math.max(...lengths);
      const rows = inputs.map((parts, row) => concat([parts[step] as Tensor, full([1, most - (lengths[row] ?? 0), 16], 5)], 1)); // prettier-ignore
      const x = concat(rows, 0);
      const { output } = cache.padded(lengths, () => attention.forward(x, x, x, { cache }));
      for (const [row, length] of lengths.entries()) {
        const expected = (alone[row] as Tensor).narrow(1, ends[row] ?? 0, length);
        expect(await difference(output.narrow(0, row, 1).narrow(1, 0, length), expected)).toBeLessThan(1e-5);
        ends[row] = (ends[row] ?? 0) + length;
      }
    }
    expect(cache.length).toBe(8);
    expect(await cache.position().toArray()).toEqual([[8], [6], [5]]);
  });

  it('keeps what each has where it is reordered, and begins anew after reset', async () => {
    const cache = new KeyValueCache({ batch: 2, heads: 1, capacity: 3, headDim: 1 });
    const read = (values: number[][]): Tensor => {
      const x = tensor(values).unsqueeze(1).unsqueeze(-1);
      return cache
        .write(cache.claim(x.shape[2] ?? 0), x, x)
        .keys.squeeze(-1)
        .squeeze(1);
    };
    cache.padded([2, 1], () => read([[1, 2], [3, 9]])); // prettier-ignore
    cache.reorder([1, 0]);
    expect(await read([[4], [5]]).toArray()).toEqual([[3, 4, 0], [1, 2, 5]]); // prettier-ignore
    cache.reorder(tensor([1, 1], { dtype: 'int32' }));
    expect(await cache.position().toArray()).toEqual([[2], [2]]);
    cache.reset();
    expect(await read([[6], [7]]).toArray()).toEqual([[6, 0, 0], [7, 0, 0]]); // prettier-ignore
  });

  it('goes on with the shorter where a longer one is full, and not beyond', async () => {
    const cache = new KeyValueCache({ batch: 2, heads: 1, capacity: 3, headDim: 1 });
    const read = (...values: number[]): Tensor => {
      const x = tensor(values).reshape([2, 1, values.length / 2, 1]);
      return cache.write(cache.claim(values.length / 2), x, x).keys.reshape([2, 3]);
    };
    cache.padded([3, 1], () => read(1, 2, 3, 4, 0, 0));
    expect(await read(9, 5).toArray()).toEqual([[1, 2, 3], [4, 5, 0]]); // prettier-ignore
    expect(cache.length).toBe(3);
    expect(await cache.position().toArray()).toEqual([[2], [2]]);
    expect(await read(9, 6).toArray()).toEqual([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
    expect(() => read(9, 7)).toThrow('room for 3 positions, of which 3 are taken; 1 more do not fit');
  });

  it('refuses lengths that are none, and plans of before', async () => {
    const cache = new KeyValueCache({ batch: 2, heads: 1, capacity: 4, headDim: 1 });
    const x = randn([2, 1, 2, 1]);
    const read = () => cache.write(cache.claim(2), x, x).mask;
    for (const lengths of [[1], [1, -1], [1, 0.5], [1, 3], 'ab'])
      expect(() => cache.padded(lengths as number[], read), String(lengths)).toThrow(/KeyValueCache.padded/);
    cache.reset();
    expect(() => cache.padded([5, 1], read)).toThrow('lengths[0]');
    const step = compile((y: Tensor) => cache.write(cache.claim(1), y, y).keys);
    const y = randn([2, 1, 1, 1]);
    await step(y).data();
    cache.padded([2, 1], read);
    expect(() => step(y)).toThrow('was compiled when all sequences were of one length');
    expect(() => cache.padded([2, 1], read)).toThrow('of which 3 are taken; 2 more do not fit');
  });
});

describe('what attention looks at', () => {
  beforeAll(() => setDevice('wasm'));
  beforeEach(() => manualSeed(3));

  it('is found in any stack, as the layers themselves give it with needWeights', async () => {
    const options = { dimFeedforward: 8, batchFirst: true } as const;
    const encoder = new TransformerEncoder(new TransformerEncoderLayer(8, 2, options), 2).eval();
    const x = randn([2, 5, 8]);
    const found = attentionWeights(encoder, () => encoder.forward(x, { isCausal: true }));
    expect([...found.keys()]).toEqual(['layers.0.self_attn', 'layers.1.self_attn']);
    const [first, second] = encoder.layers as [TransformerEncoderLayer, TransformerEncoderLayer];
    const of = (layer: TransformerEncoderLayer, y: Tensor): Tensor =>
      layer.self_attn.forward(y, y, y, { isCausal: true, needWeights: true, averageWeights: false }).weights as Tensor;
    expect(await difference(found.get('layers.0.self_attn') as Tensor, of(first, x))).toBe(0);
    const between = first.forward(x, { isCausal: true });
    expect(await difference(found.get('layers.1.self_attn') as Tensor, of(second, between))).toBeLessThan(1e-6);
  });

  it('is asked for by one call alone, also where that one fails', () => {
    const attention = new MultiheadAttention(8, 2, { batchFirst: true });
    const x = randn([1, 3, 8]);
    const inner = { found: 0 };
    const outer = attentionWeights(attention, () => {
      inner.found = attentionWeights(attention, () => undefined).size;
      attention.forward(x);
    });
    expect([inner.found, outer.size]).toEqual([0, 1]);
    const late = new MultiheadAttention(8, 2);
    expect(() => attentionWeights(late, () => late.forward(randn([1, 3, 4])))).toThrow('features');
    expect(attentionWeights(late, () => attention.forward(x)).size).toBe(0);
  });

  it('of a memory projected once is the same output, and refuses another memory', async () => {
    const options = { dimFeedforward: 8, batchFirst: true } as const;
    const decoder = new TransformerDecoder(new TransformerDecoderLayer(8, 2, options), 2).eval();
    const [x, memory] = [randn([2, 3, 8]), randn([2, 5, 8])];
    const projected = decoder.projectMemory(memory);
    expect(await difference(decoder.forward(x, memory, { projected }), decoder.forward(x, memory))).toBeLessThan(1e-6);
    expect(() => decoder.forward(x, memory.narrow(1, 0, 4), { projected })).toThrow('[2, 2, 4, 4]');
    expect(() => decoder.forward(x, memory, { projected: projected.slice(1) })).toThrow('each of the 2 layers');
  });
});
