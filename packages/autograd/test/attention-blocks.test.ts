/** Attention of long sequences, block by block: the same numbers as the plain formula, the same draws in its gradient, and little memory. */
import { nodeOf } from '@hebb/tensor/graph';
import {
  device,
  Generator,
  manualSeed,
  matmul,
  randn,
  realize,
  scaledDotProductAttention,
  setDevice,
  stack,
  uniform,
  zeros,
  type AttentionOptions,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileProgram } from '../../tensor/src/compiler/compile.ts';
import { linearize, toProgram } from '../../tensor/src/graph/program.ts';
import { devices } from '../../tensor/test/support/devices.ts';
import { vjp } from '../src/index.ts';

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

const long = { queries: 1301, keys: 1300 };

/** The heads of an example by themselves, each of which is small enough to be computed at once. */
const headByHead =
  (optionsOf: (batch: number, head: number) => AttentionOptions, group = 1): Attention =>
  (q, k, v) => {
    const [batch = 0, heads = 0] = q.shape;
    const at = (x: Tensor, i: number, j: number): Tensor => x.narrow(0, i, 1).narrow(1, j, 1);
    const rows = Array.from({ length: batch }, (_, i) =>
      stack(
        Array.from({ length: heads }, (_, j) => {
          const shared = Math.floor(j / group);
          return scaledDotProductAttention(at(q, i, j), at(k, i, shared), at(v, i, shared), optionsOf(i, j))
            .squeeze(0)
            .squeeze(0);
        }),
      ),
    );
    return stack(rows);
  };

describe.each(devices.filter((name) => name !== 'reference'))('long attention on %s', (name) => {
  beforeAll(() => setDevice(name));
  beforeEach(() => manualSeed(1));

  const { queries, keys } = long;
  const sizes = { batch: 1, heads: 3, group: 1, depth: 8 };
  const part = (mask: Tensor, i: number, j: number): Tensor =>
    mask.narrow(0, mask.shape[0] === 1 ? 0 : i, 1).narrow(1, mask.shape[1] === 1 ? 0 : j, 1);
  const cases: Readonly<Record<string, Partial<typeof sizes> & { readonly options?: (sizes: { batch: number; heads: number }) => AttentionOptions }>> = {
    'without a mask': {},
    'causal, of grouped queries': { heads: 4, group: 2, options: () => ({ causal: true }) },
    'with a mask of padding': { batch: 2, heads: 2, options: ({ batch }) => ({ mask: uniform([batch, 1, 1, keys], 0, 1).less(0.8) }) },
    'with numbers to be added, and causal': { heads: 3, options: ({ heads }) => ({ causal: true, mask: randn([1, heads, queries, keys]) }) },
  }; // prettier-ignore

  it.each(Object.entries(cases))('is that of single heads, %s', async (_, { options, ...own }) => {
    const { batch, heads, group, depth } = { ...sizes, ...own };
    const inputs = [randn([batch, heads, queries, depth]), randn([batch, heads / group, keys, depth]), randn([batch, heads / group, keys, 5])]; // prettier-ignore
    const cotangent = randn([batch, heads, queries, 5]);
    const given = options?.({ batch, heads }) ?? {};
    await realize(...inputs, cotangent, ...(given.mask === undefined ? [] : [given.mask]));
    const { mask } = given;
    const plain = headByHead((i, j) => ({ ...given, mask: mask && part(mask, i, j) }), group);
    const blocks: Attention = (q, k, v) => scaledDotProductAttention(q, k, v, given);
    const difference = await largestDifference(everything(blocks, inputs, cotangent), everything(plain, inputs, cotangent)); // prettier-ignore
    expect(difference).toBeLessThan(1e-5);
  });

  it('has the draws of its value in its gradient', async () => {
    const [q, k, v] = [randn([3, queries, 4]), randn([3, keys, 4]), randn([3, keys, 4])];
    const cotangent = randn([3, queries, 4]);
    const f: Attention = (...inputs) =>
      scaledDotProductAttention(...inputs, { dropout: 0.3, generator: new Generator(3) });
    const [value, , , ofValues] = everything(f, [q, k, v], cotangent) as [Tensor, Tensor, Tensor, Tensor];
    // It is linear in the values: ⟨cotangent, f⟩ = ⟨gradient, v⟩ for the same draws, and for them alone.
    const [left, right] = [value.mul(cotangent).sum(), ofValues.mul(v).sum()];
    await realize(left, right);
    expect(Math.abs((await left.item()) - (await right.item()))).toBeLessThan(1e-3);
    const others = scaledDotProductAttention(q, k, v, { dropout: 0.3, generator: new Generator(4) });
    expect(Math.abs((await others.mul(cotangent).sum().item()) - (await right.item()))).toBeGreaterThan(0.1);
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
    // One head: outputs and all temporaries.
    expect(device.memory().usedBytes - before).toBeLessThan(scoreBytes / 8 / 2);
    const plain = everything((q, k, v) => matmul(matmul(q.div(8), k.transpose(0, 1)).softmax(-1), v), inputs, cotangent); // prettier-ignore
    expect(await largestDifference(actual, plain)).toBeLessThan(1e-4);
  });
});
