/** Attention of long sequences, block by block: the same numbers as the plain formula, the same draws in its gradient, and little memory. */
import { nodeOf } from '@hebb/tensor/graph';
import {
  bernoulli,
  device,
  Generator,
  manualSeed,
  matmul,
  randn,
  realize,
  scaledDotProductAttention,
  setDevice,
  uniform,
  zeros,
  type AttentionOptions,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileProgram } from '../../tensor/src/compiler/compile.ts';
import { attended } from '../../tensor/src/ops/attention.ts';
import { linearize, toProgram } from '../../tensor/src/graph/program.ts';
import { devices } from '../../tensor/test/support/devices.ts';
import { vjp } from '../src/index.ts';
import { isOptimised } from '../../tensor/test/support/optimised.ts';

type Attention = (q: Tensor, k: Tensor, v: Tensor) => Tensor;

/** The value, and the gradients with respect to queries, keys and values from a cotangent. */
function everything(f: Attention, inputs: readonly Tensor[], cotangent: Tensor): readonly Tensor[] {
  const [q, k, v] = inputs as [Tensor, Tensor, Tensor];
  const { value, pullback } = vjp(f, q, k, v);
  return [value, ...(pullback(cotangent) as readonly Tensor[])];
}

async function largestDifference(actual: readonly Tensor[], expected: readonly Tensor[]): Promise<number> {
  expect(actual.map(String)).toEqual(expected.map(String));
  const differences = actual.map((x, i) =>
    x
      .sub(expected[i] as Tensor)
      .abs()
      .max(),
  );
  await realize(...differences);
  return Math.max(...(await Promise.all(differences.map((x) => x.item()))));
}

const { queries, keys } = { queries: 13, keys: 12 };

/** Attention in blocks of a few queries; `perBlock` scores are one. */
const inBlocks =
  (perBlock: number, { mask, causal = false, dropout = 0, generator }: AttentionOptions): Attention =>
  (query, key, value) =>
    attended(
      { query, key, value, mask },
      causal,
      1 / Math.sqrt(query.shape.at(-1) ?? 1),
      dropout === 0
        ? undefined
        : (weights) => weights.mul(bernoulli(weights.shape, 1 - dropout, generator && { generator })).div(1 - dropout),
      { largestAtOnce: 0, block: perBlock, fewestRows: 2 },
    );

describe.each(devices)('attention block by block on %s', (name) => {
  beforeAll(() => setDevice(name));
  beforeEach(() => manualSeed(1));

  const heads = { batch: 2, heads: 4, group: 1 };
  const cases: Readonly<Record<string, Partial<typeof heads> & { readonly options?: () => AttentionOptions }>> = {
    'without a mask': {},
    'causal, of grouped queries': { group: 2, options: () => ({ causal: true }) },
    'of grouped queries with a mask of heads': { group: 2, options: () => ({ mask: randn([1, 4, 1, keys]) }) },
    'with a mask of padding': { options: () => ({ mask: uniform([2, 1, 1, keys], 0, 1).less(0.8) }) },
    'with numbers to be added, and causal': { options: () => ({ causal: true, mask: randn([1, 4, queries, keys]) }) },
  };
  const isSlow = name === 'webgpu';
  const tried = Object.entries(cases).filter(([what]) => !isSlow || what.startsWith('causal'));
  const runs = tried.flatMap(([what, given]) =>
    // Some queries of one head; one head; two heads; a whole example.
    (isSlow ? [40] : [40, queries * keys, 2 * queries * keys, 4 * queries * keys]).map(
      (perBlock) => [what, perBlock, given] as const,
    ),
  );

  it.each(runs)('is that of everything at once: %s, %i scores a block', async (_, perBlock, { options, ...own }) => {
    const { batch, heads: count, group } = { ...heads, ...own };
    const shapes = [[batch, count, queries, 4], [batch, count / group, keys, 4], [batch, count / group, keys, 3]]; // prettier-ignore
    const inputs = shapes.map((shape) => randn(shape));
    const cotangent = randn([batch, count, queries, 3]);
    const given = options?.() ?? {};
    await realize(...inputs, cotangent, ...(given.mask === undefined ? [] : [given.mask]));
    const atOnce: Attention = (q, k, v) => scaledDotProductAttention(q, k, v, given);
    const [actual, expected] = [inBlocks(perBlock, given), atOnce].map((f) => everything(f, inputs, cotangent));
    expect(await largestDifference(actual ?? [], expected ?? [])).toBeLessThan(1e-5);
  });

  it('has the draws of its value in its gradient', async () => {
    const [q, k, v] = [randn([3, queries, 4]), randn([3, keys, 4]), randn([3, keys, 4])];
    const cotangent = randn([3, queries, 4]);
    await realize(q, k, v, cotangent);
    const f: Attention = (...inputs) => inBlocks(40, { dropout: 0.3, generator: new Generator(3) })(...inputs);
    const [value, , , ofValues] = everything(f, [q, k, v], cotangent) as [Tensor, Tensor, Tensor, Tensor];
    // It is linear in the values: ⟨cotangent, f⟩ = ⟨gradient, v⟩ for the same draws, and for them alone.
    const [left, right] = [value.mul(cotangent).sum(), ofValues.mul(v).sum()];
    const others = inBlocks(40, { dropout: 0.3, generator: new Generator(4) })(q, k, v)
      .mul(cotangent)
      .sum();
    await realize(left, right, others);
    expect(Math.abs((await left.item()) - (await right.item()))).toBeLessThan(1e-4);
    expect(Math.abs((await others.item()) - (await right.item()))).toBeGreaterThan(0.1);
  });
});

describe('attention of 4096 tokens', () => {
  const [length, depth] = [4096, 64];
  const scoreBytes = 8 * length ** 2 * 4;

  it.each([
    ['all keys', {}],
    ['causal', { causal: true }],
    ['dropout', { dropout: 0.1 }],
  ])('takes less than an eighth of the memory of its scores beside inputs and outputs: %s', async (_, options) => {
    setDevice('wasm');
    const [q, k, v, cotangent] = [1, 2, 3, 4].map(() => zeros([1, 8, length, depth])) as [Tensor, Tensor, Tensor, Tensor]; // prettier-ignore
    const bytes = (results: readonly Tensor[]): number =>
      compileProgram(toProgram(linearize(results.map(nodeOf)))).arenaBytes;
    const f: Attention = (...inputs) => scaledDotProductAttention(...inputs, options);
    await realize(q, k, v, cotangent);
    expect(bytes([f(q, k, v)])).toBeLessThan(scoreBytes / 8);
    // In fact it is below a thirtieth of them.
    expect(bytes(everything(f, [q, k, v], cotangent))).toBeLessThan(scoreBytes / 16);
  });

  it('is the plain formula to 1e-4, and its gradients are those', async () => {
    setDevice('wasm');
    manualSeed(2);
    const inputs = [1, 2, 3].map(() => randn([length, depth]));
    const cotangent = randn([length, depth]);
    await realize(...inputs, cotangent);
    const before = device.memory().usedBytes;
    const actual = everything((...x) => scaledDotProductAttention(...x), inputs, cotangent);
    await realize(...actual);
    // One head: outputs and all temporaries, which optimisations halve.
    expect(device.memory().usedBytes - before).toBeLessThan(scoreBytes / 8 / (isOptimised ? 2 : 1));
    const plain = everything((q, k, v) => matmul(matmul(q.div(8), k.transpose(0, 1)).softmax(-1), v), inputs, cotangent); // prettier-ignore
    expect(await largestDifference(actual, plain)).toBeLessThan(1e-4);
  });
});
