/** Low-rank adapters: the formula of their paper, what trains, what is saved, and merging. */
import { valueAndGrad } from '@hebb/autograd';
import { assign, compile, manualSeed, randn, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { devices } from '../../../tensor/test/support/devices.ts';
import {
  addLoRA,
  Embedding,
  fromConfig,
  Linear,
  LoRAAttention,
  LoRALinear,
  loraStateDict,
  mergeLoRA,
  Module,
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

class Block extends Module {
  attention: MultiheadAttention;
  constructor(attention: MultiheadAttention) {
    super();
    this.attention = attention;
  }
  forward(x: Tensor): Tensor {
    return this.attention.forward(x).output;
  }
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
    expect(await difference(layer.weight, tensor(before as number[][]))).toBeLessThan(1e-6);
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

  it('can be merged and taken out again between calls of a compiled function', async () => {
    const model = new Sequential(new Linear(3, 3), new Linear(3, 2));
    const adapters = addLoRA(model, { rank: 1 });
    learn(model);
    const x = randn([2, 3]);
    const run = compile((input: Tensor) => model.forward(input));
    const expected = run(x).detach();
    await expected.data();
    for (const change of ['merge', 'unmerge', 'merge'] as const) {
      for (const adapter of adapters.values()) adapter[change]();
      expect(await difference(run(x), expected), change).toBeLessThan(1e-5);
    }
    mergeLoRA(model);
    expect(await difference(run(x), expected)).toBeLessThan(1e-5);
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
    expect(new Set(model.trainableParameters().keys())).toEqual(new Set(state.keys()));
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

  it('are one where a layer is held in several places', async () => {
    const shared = new Linear(2, 2);
    const model = new Sequential(shared, new ReLU(), shared);
    const adapters = addLoRA(model, { rank: 1, match: /^2$/ });
    expect([...adapters.keys()]).toEqual(['0']);
    expect([model.at(0), model.at(2)]).toEqual([adapters.get('0'), adapters.get('0')]);
    learn(model);
    const x = randn([3, 2]);
    const adapted = model.forward(x);
    await adapted.data();
    const rebuilt = fromConfig(model.config()) as Sequential;
    expect(rebuilt.at(2)).toBe(rebuilt.at(0));
    rebuilt.loadStateDict(model.stateDict());
    expect(await difference(rebuilt.forward(x), adapted)).toBeLessThan(1e-6);
    mergeLoRA(model);
    expect([model.at(0), model.at(2)]).toEqual([shared, shared]);
    expect(await difference(model.forward(x), adapted)).toBeLessThan(1e-5);
  });

  it('are put into modules that are held in several places, and into what these hold', async () => {
    const attention = new MultiheadAttention(4, 2, { batchFirst: true });
    const block = new Block(attention);
    const model = new Sequential(block, block, attention.out_proj);
    const adapters = addLoRA(model, { rank: 1 });
    expect([...adapters.keys()]).toEqual(['0.attention', '0.attention.out_proj']);
    expect(model.at(2)).toBe(adapters.get('0.attention.out_proj'));
    learn(model);
    const x = randn([1, 3, 4]);
    const adapted = model.forward(x);
    await adapted.data();
    mergeLoRA(model);
    expect(block.attention).toBe(attention);
    expect(model.at(2)).toBe(attention.out_proj);
    expect(attention.out_proj).toBeInstanceOf(Linear);
    expect(await difference(model.forward(x), adapted)).toBeLessThan(1e-5);
  });

  it('are merged into weights of their own where these are tied', async () => {
    const embedding = new Embedding(5, 3);
    const model = new Sequential(embedding, new Linear(3, 5, { bias: false }));
    model.setMember('1.weight', embedding.weight);
    const x = tensor([0, 3, 4], { dtype: 'int32' });
    addLoRA(model, { rank: 2 });
    learn(model);
    const [before, adapted] = [embedding.forward(x), model.forward(x)];
    await Promise.all([before.data(), adapted.data()]);
    mergeLoRA(model);
    expect(await difference(embedding.forward(x), before)).toBe(0);
    expect(await difference(model.forward(x), adapted)).toBeLessThan(1e-5);
    expect([...model.namedParameters().keys()]).toEqual(['0.weight', '1.weight']);
    expect([...model.trainableParameters().keys()]).toEqual([]);
  });

  it.each([
    ['linear', () => new LoRALinear(new Linear(3, 3), { rank: 1 })],
    ['attention', () => new LoRAAttention(new MultiheadAttention(4, 2), { rank: 1, targets: ['key'] })],
  ])('keep that they were merged in their configuration and in their state: %s', async (_, make) => {
    const adapter = make() as LoRALinear;
    learn(adapter);
    const x = randn([2, adapter instanceof LoRALinear ? 3 : 4]);
    const outputOf = (layer: AnyModule): Tensor => {
      const y = (layer as unknown as { forward(x: Tensor): Tensor | { output: Tensor } }).forward(x);
      return 'output' in y ? y.output : y;
    };
    const adapted = outputOf(adapter);
    await adapted.data();
    const plain = adapter.config();
    const old = new Map([...adapter.stateDict()].map(([name, value]) => [name, value.detach()]));
    adapter.merge();
    const rebuilt = fromConfig(adapter.config()) as LoRALinear;
    rebuilt.loadStateDict(adapter.stateDict());
    expect(await difference(outputOf(rebuilt), adapted)).toBeLessThan(1e-5);
    expect(await difference(outputOf(rebuilt.unmerge()), adapted)).toBeLessThan(1e-5);
    expect([...rebuilt.trainableParameters().keys()].every((key) => /^lora_[AB]/.test(key))).toBe(true);
    expect(() => fromConfig(plain).loadStateDict(adapter.stateDict())).toThrow(/merged is unexpected/);
    expect(() => adapter.loadStateDict(old)).toThrow(/merged is missing/);
    expect(adapter.unmerge().config()).toEqual(plain);
    adapter.loadStateDict(old);
    expect(await difference(outputOf(adapter), adapted)).toBeLessThan(1e-6);
  });
});

describe('adapters', () => {
  it.each([/linear|^\d$/g, /\d/y, /\d/gy, /\d/])('go where %s matches, whatever it remembers', (match) => {
    const model = new Sequential(new Linear(2, 2), new Linear(2, 2), new Linear(2, 2));
    match.lastIndex = 1;
    expect([...addLoRA(model, { rank: 1, match }).keys()]).toEqual(['0', '1', '2']);
    expect(match.lastIndex).toBe(1);
  });

  it('train with those that were there before', () => {
    const model = new Sequential(new Linear(2, 2), new Linear(2, 2));
    addLoRA(model, { rank: 1, match: /0/ });
    addLoRA(model, { rank: 2, match: /1/ });
    expect([...model.trainableParameters().keys()]).toEqual([...loraStateDict(model).keys()]);
    expect(loraStateDict(model).size).toBe(4);
  });

  it('are not merged into a layer that is used without them, too', () => {
    const layer = new Linear(2, 2);
    const model = new Sequential(new LoRALinear(layer), layer);
    expect(() => mergeLoRA(model)).toThrow(/\[mergeLoRA\] the layer in the adapter 0 is at 1, too/);
    expect(() => mergeLoRA(new LoRALinear(layer))).toThrow(/is itself an adapter: call its merge/);
  });

  it('are refused where there is nothing to adapt', () => {
    expect(() => addLoRA(new Sequential(new ReLU()))).toThrow(/no Linear or MultiheadAttention in Sequential matches/);
    expect(() => new LoRALinear(new Linear(2, 2), { rank: 0 })).toThrow(/rank/);
    expect(() => new LoRAAttention(new MultiheadAttention(4, 2), { targets: [] })).toThrow(/needs a target/);
  });
});
