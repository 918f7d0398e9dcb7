/** Well-known transformers, in small, written with the public layers: each fits on a page, and does what it is known for. */
import { compile, concat, manualSeed, randint, randn, setDevice, zeros, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Conv2d,
  Embedding,
  fromConfig,
  GELU,
  LayerNorm,
  LearnedPositions,
  Linear,
  Module,
  MultiheadAttention,
  parameter,
  RMSNorm,
  RotaryEmbedding,
  SwiGLU,
  TransformerEncoder,
  TransformerEncoderLayer,
  type KeyValueCache,
} from '../src/index.ts';

const sizes = { words: 20, width: 16, heads: 4, layers: 2 };

/** GPT-2: learned positions, layers that normalise first, the table of words for the logits, too. */
class GPT extends Module<[ids: Tensor, caches?: readonly KeyValueCache[]]> {
  readonly words = new Embedding(sizes.words, sizes.width);
  readonly positions = new LearnedPositions(32, sizes.width);
  readonly blocks = new TransformerEncoder(
    new TransformerEncoderLayer(sizes.width, sizes.heads, {
      dimFeedforward: 4 * sizes.width,
      activation: new GELU({ approximate: 'tanh' }),
      batchFirst: true,
      normFirst: true,
    }),
    sizes.layers,
    { norm: new LayerNorm(sizes.width) },
  );
  forward(ids: Tensor, caches?: readonly KeyValueCache[]): Tensor {
    const offset = caches?.[0]?.position() ?? 0;
    const x = this.positions.forward(this.words.forward(ids), { offset });
    return this.blocks.forward(x, { isCausal: true, caches }).matmul(this.words.weight.transpose(0, 1));
  }
}

/** LLaMA: root mean squares, rotary positions, grouped queries, gates. */
class LlamaBlock extends Module<[x: Tensor, cache?: KeyValueCache]> {
  readonly input_layernorm = new RMSNorm(sizes.width);
  readonly self_attn = new MultiheadAttention(sizes.width, sizes.heads, {
    numKeyValueHeads: 2,
    rotary: new RotaryEmbedding(sizes.width / sizes.heads, { interleaved: false }),
    bias: false,
    batchFirst: true,
  });
  readonly post_attention_layernorm = new RMSNorm(sizes.width);
  readonly mlp = new SwiGLU(sizes.width, 40);
  forward(x: Tensor, cache?: KeyValueCache): Tensor {
    const normed = this.input_layernorm.forward(x);
    const y = x.add(this.self_attn.forward(normed, normed, normed, { isCausal: true, cache }).output);
    return y.add(this.mlp.forward(this.post_attention_layernorm.forward(y)));
  }
}
class Llama extends Module<[ids: Tensor, caches?: readonly KeyValueCache[]]> {
  readonly embed_tokens = new Embedding(sizes.words, sizes.width);
  readonly layers = Array.from({ length: sizes.layers }, () => new LlamaBlock());
  readonly norm = new RMSNorm(sizes.width);
  readonly lm_head = new Linear(sizes.width, sizes.words, { bias: false });
  forward(ids: Tensor, caches?: readonly KeyValueCache[]): Tensor {
    const x = this.layers.reduce((y, layer, i) => layer.forward(y, caches?.[i]), this.embed_tokens.forward(ids));
    return this.lm_head.forward(this.norm.forward(x));
  }
}

/** BERT: tokens, positions and segments added up, layers that normalise last, padding left out, the first token for the text. */
class Bert extends Module<[ids: Tensor, mask: Tensor]> {
  readonly words = new Embedding(sizes.words, sizes.width);
  readonly positions = new LearnedPositions(32, sizes.width);
  readonly norm = new LayerNorm(sizes.width, { eps: 1e-12 });
  readonly encoder = new TransformerEncoder(
    new TransformerEncoderLayer(sizes.width, sizes.heads, { dimFeedforward: 32, activation: 'gelu', batchFirst: true }),
    sizes.layers,
  );
  readonly pooler = new Linear(sizes.width, sizes.width);
  forward(ids: Tensor, mask: Tensor): Tensor {
    const x = this.norm.forward(this.positions.forward(this.words.forward(ids)));
    const y = this.encoder.forward(x, { srcKeyPaddingMask: mask.not() });
    return this.pooler.forward(y.narrow(1, 0, 1).squeeze(1)).tanh();
  }
}

/** ViT: patches by a convolution, a token for the class, learned positions. */
class VisionTransformer extends Module {
  readonly patches = new Conv2d(3, sizes.width, 4, { stride: 4 });
  readonly classToken = parameter(zeros([1, 1, sizes.width]));
  readonly positions = new LearnedPositions(1 + 4 * 4, sizes.width);
  readonly encoder = new TransformerEncoder(
    new TransformerEncoderLayer(sizes.width, sizes.heads, {
      dimFeedforward: 32,
      activation: 'gelu',
      batchFirst: true,
      normFirst: true,
    }),
    sizes.layers,
    { norm: new LayerNorm(sizes.width) },
  );
  readonly head = new Linear(sizes.width, 10);
  forward(image: Tensor): Tensor {
    const patches = this.patches.forward(image).flatten(2).transpose(1, 2);
    const token = this.classToken.broadcastTo([image.shape[0] ?? 0, 1, sizes.width]);
    const x = this.encoder.forward(this.positions.forward(concat([token, patches], 1)));
    return this.head.forward(x.narrow(1, 0, 1).squeeze(1));
  }
}

beforeAll(() => setDevice('wasm'));
beforeEach(() => manualSeed(2));

/** The likeliest words after a prompt, one at a time, each in a run of everything before it. */
async function generate(model: Module<[ids: Tensor]>, prompt: readonly number[], count: number): Promise<number[]> {
  const ids = [...prompt];
  for (let i = 0; i < count; i++) {
    const logits = model.forward(tensor([ids], { dtype: 'int32' }));
    ids.push(
      await logits
        .narrow(1, ids.length - 1, 1)
        .flatten()
        .argmax(0)
        .item(),
    );
  }
  return ids.slice(prompt.length);
}

/** The same with a cache, in compiled steps. */
async function generateWithCache(
  model: Module<[ids: Tensor, caches?: readonly KeyValueCache[]]>,
  caches: readonly KeyValueCache[],
  prompt: readonly number[],
  count: number,
): Promise<number[]> {
  const step = compile((ids: Tensor) =>
    model
      .forward(ids, caches)
      .narrow(1, (ids.shape[1] ?? 1) - 1, 1)
      .flatten()
      .argmax(0),
  );
  const words: number[] = [];
  for (let next: readonly number[] = prompt; words.length < count; next = words.slice(-1))
    words.push(await step(tensor([[...next]], { dtype: 'int32' })).item());
  return words;
}

describe('transformers written with the public layers', () => {
  const prompt = [3, 1, 4, 1, 5];

  it('GPT-2 generates the same with a cache as without', async () => {
    const model = new GPT().eval();
    const caches = model.blocks.createCaches({ batch: 1, capacity: 16 });
    expect(await generateWithCache(model, caches, prompt, 8)).toEqual(await generate(model, prompt, 8));
    expect(caches[0]?.length).toBe(12);
  });

  it('LLaMA generates the same with a cache as without', async () => {
    const model = new Llama().eval();
    const caches = model.layers.map(({ self_attn }) => self_attn.createCache({ batch: 1, capacity: 16 }));
    expect(await generateWithCache(model, caches, prompt, 8)).toEqual(await generate(model, prompt, 8));
  });

  it('BERT gives a text what it gives it without its padding', async () => {
    const model = new Bert().eval();
    const ids = randint([2, 6], 0, sizes.words);
    const mask = tensor([[true, true, true, true, false, false], [true, true, true, true, true, true]]); // prettier-ignore
    const padded = model.forward(ids, mask).narrow(0, 0, 1);
    const short = model.forward(ids.narrow(0, 0, 1).narrow(1, 0, 4), mask.narrow(0, 1, 1).narrow(1, 0, 4));
    expect(await padded.sub(short).abs().max().item()).toBeLessThan(1e-5);
  });

  it('ViT classifies images', () => {
    const model = new VisionTransformer();
    expect(model.forward(randn([2, 3, 16, 16])).shape).toEqual([2, 10]);
    expect([...model.namedParameters().keys()].slice(0, 4)).toEqual(['classToken', 'patches.weight', 'patches.bias', 'positions.weight']); // prettier-ignore
    expect(fromConfig(model.encoder.config()).parameterCount).toBe(model.encoder.parameterCount);
  });
});
