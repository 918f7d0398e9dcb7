/** Low-rank adapters: the formula of their paper, what trains, what is saved, and merging. */
import { valueAndGrad } from '@hebb/autograd';
import { assign, manualSeed, randn, setDevice, type Tensor } from '@hebb/tensor';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { devices } from '../../../tensor/test/support/devices.ts';
import {
  addLoRA,
  fromConfig,
  Linear,
  LoRAAttention,
  LoRALinear,
  loraStateDict,
  mergeLoRA,
  MultiheadAttention,
  ReLU,
  Sequential,
  TransformerEncoder,
  TransformerEncoderLayer,
  type AnyModule,
} from '@hebb/layers';

async function difference(a: Tensor, b: Tensor): Promise<number> {
  expect(a.shape).toEqual(b.shape);
  return a.sub(b).abs().max().item();
}

/** Adapters that have learnt something. */
function learn(model: AnyModule): void {
  for (const [, value] of loraStateDict(model)) assign(value, randn(value.shape).mul(0.3));
}

describe.each(devices)('adapters on %s', (name) => {
  beforeAll(() => setDevice(name));
  beforeEach(() => manualSeed(5));

  it('add (alpha / rank) B A x to what a linear layer gives, and can be merged', async () => {
    const layer = new Linear(6, 4);
    const adapter = new LoRALinear(layer, { rank: 2, alpha: 8 });
    const x = randn([3, 6]);
    expect(await difference(adapter.forward(x), layer.forward(x))).toBe(0);
    learn(adapter);
    const { weight: A } = adapter.lora_A;
    const { weight: B } = adapter.lora_B;
    const expected = layer.forward(x).add(x.matmul(A.transpose(0, 1)).matmul(B.transpose(0, 1)).mul(4));
    expect(await difference(adapter.forward(x), expected)).toBeLessThan(1e-5);
    const before = await layer.weight.toArray();
    expect(await difference(adapter.merge().merge().forward(x), expected)).toBeLessThan(1e-5);
    expect(await difference(layer.forward(x), expected)).toBeLessThan(1e-5);
    expect(await difference(adapter.unmerge().forward(x), expected)).toBeLessThan(1e-5);
    expect(await difference(layer.weight, (await import('@hebb/tensor')).tensor(before as number[][]))).toBeLessThan(
      1e-6,
    );
  });

  it.each([
    ['attention to itself', {}, ['query', 'value']],
    ['all of its projections', {}, ['query', 'key', 'value']],
    ['keys of another size', { kdim: 3, vdim: 5 }, ['key', 'value']],
  ] as const)('adapt attention as a merged weight does: %s', async (_, options, targets) => {
    const attention = new MultiheadAttention(8, 2, { batchFirst: true, ...options });
    const adapter = new LoRAAttention(attention, { rank: 2, alpha: 3, targets });
    const query = randn([2, 3, 8]);
    const isSelf = attention.kdim === 8;
    const [key, value] = isSelf ? [query, query] : [randn([2, 4, 3]), randn([2, 4, 5])];
    const at = async (): Promise<Tensor> => adapter.forward(query, key, value, { isCausal: isSelf }).output;
    expect(await difference(await at(), attention.forward(query, key, value, { isCausal: isSelf }).output)).toBeLessThan(1e-6); // prettier-ignore
    learn(adapter);
    const adapted = await at();
    await adapted.data();
    adapter.merge();
    expect(await difference(await at(), adapted)).toBeLessThan(1e-5);
    expect(await difference(attention.forward(query, key, value, { isCausal: isSelf }).output, adapted)).toBeLessThan(1e-5); // prettier-ignore
  });

  it('alone are trained, and drop their inputs while they are', async () => {
    const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 2));
    addLoRA(model, { rank: 2, dropout: 0.5 });
    learn(model);
    const names = ['0', '2'].flatMap((path) => [`${path}.lora_A.weight`, `${path}.lora_B.weight`]);
    expect([...model.trainableParameters().keys()]).toEqual(names);
    const x = randn([16, 4]);
    const { grads } = valueAndGrad(() => model.forward(x).square().sum(), model.trainableParameters());
    expect([...grads.keys()]).toEqual(names);
    for (const [, gradient] of grads) expect(await gradient.abs().max().item()).toBeGreaterThan(0);
    expect(await difference(model.forward(x), model.forward(x))).toBeGreaterThan(0);
    model.eval();
    expect(await difference(model.forward(x), model.forward(x))).toBe(0);
  });

  it('are put into a whole transformer, saved by themselves, taken over, and merged away', async () => {
    const make = (): TransformerEncoder =>
      new TransformerEncoder(new TransformerEncoderLayer(8, 2, { dimFeedforward: 8, batchFirst: true }), 2).eval();
    const [model, other] = [make(), make()];
    other.loadStateDict(model.stateDict());
    const names = [...model.namedParameters().keys()];
    const x = randn([1, 3, 8]);
    const adapters = addLoRA(model, { rank: 2, match: /self_attn$|linear1$|out_proj$/ });
    expect([...adapters.keys()]).toEqual([0, 1].flatMap((i) => ['self_attn', 'self_attn.out_proj', 'linear1'].map((path) => `layers.${i}.${path}`))); // prettier-ignore
    learn(model);
    const state = loraStateDict(model);
    expect(state.size).toBe(2 * (4 + 2 + 2));
    expect([...state.keys()].every((key) => /lora_[AB]/.test(key))).toBe(true);
    addLoRA(other, { rank: 2, match: /self_attn$|linear1$|out_proj$/ });
    expect(other.loadStateDict(state, { strict: false }).unexpected).toEqual([]);
    const adapted = model.forward(x, { isCausal: true });
    expect(await difference(other.forward(x, { isCausal: true }), adapted)).toBeLessThan(1e-6);
    const rebuilt = fromConfig(model.config()).eval();
    rebuilt.loadStateDict(model.stateDict());
    expect([...rebuilt.trainableParameters().keys()]).toEqual([...model.trainableParameters().keys()]);
    expect(await difference((rebuilt as TransformerEncoder).forward(x, { isCausal: true }), adapted)).toBeLessThan(1e-6); // prettier-ignore
    mergeLoRA(model);
    expect([...model.namedParameters().keys()]).toEqual(names);
    expect(await difference(model.forward(x, { isCausal: true }), adapted)).toBeLessThan(1e-5);
  });
});

describe('adapters', () => {
  it('are refused where there is nothing to adapt', () => {
    expect(() => addLoRA(new Sequential(new ReLU()))).toThrow(/no Linear or MultiheadAttention in Sequential matches/);
    expect(() => new LoRALinear(new Linear(2, 2), { rank: 0 })).toThrow(/rank/);
    expect(() => new LoRAAttention(new MultiheadAttention(4, 2), { targets: [] })).toThrow(/needs a target/);
  });
});
