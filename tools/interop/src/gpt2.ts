/** GPT-2 (Radford et al. 2019) with the names of its published weights, in small. */
import { Embedding, GELU, LayerNorm, Linear, Module, parameter } from '../../../packages/layers/src/index.ts';
import {
  iota,
  randn,
  scaledDotProductAttention,
  split,
  zeros,
  type Tensor,
} from '../../../packages/tensor/src/index.ts';

/** y = x W + b with W [inFeatures, outFeatures]: GPT-2 keeps the weights of its linear layers transposed. */
class Conv1D extends Module {
  weight: Tensor;
  bias: Tensor;

  constructor(inFeatures: number, outFeatures: number) {
    super();
    this.weight = parameter(randn([inFeatures, outFeatures]).mul(0.02));
    this.bias = parameter(zeros([outFeatures]));
  }

  forward(x: Tensor): Tensor {
    return x.matmul(this.weight).add(this.bias);
  }
}

class Attention extends Module {
  readonly c_attn: Conv1D;
  readonly c_proj: Conv1D;
  readonly #heads: number;

  constructor(width: number, heads: number) {
    super();
    this.c_attn = new Conv1D(width, 3 * width);
    this.c_proj = new Conv1D(width, width);
    this.#heads = heads;
  }

  forward(x: Tensor): Tensor {
    const [batch = 0, length = 0, width = 0] = x.shape;
    const heads = split(this.c_attn.forward(x), width, -1).map((part) =>
      part.reshape([batch, length, this.#heads, width / this.#heads]).transpose(1, 2),
    );
    const [q, k, v] = heads as [Tensor, Tensor, Tensor];
    return this.c_proj.forward(scaledDotProductAttention(q, k, v, { causal: true }).transpose(1, 2).flatten(2));
  }
}

class MLP extends Module {
  readonly c_fc: Conv1D;
  readonly c_proj: Conv1D;
  readonly act = new GELU({ approximate: 'tanh' });

  constructor(width: number) {
    super();
    this.c_fc = new Conv1D(width, 4 * width);
    this.c_proj = new Conv1D(4 * width, width);
  }

  forward(x: Tensor): Tensor {
    return this.c_proj.forward(this.act.forward(this.c_fc.forward(x)));
  }
}

class Block extends Module {
  readonly ln_1: LayerNorm;
  readonly attn: Attention;
  readonly ln_2: LayerNorm;
  readonly mlp: MLP;

  constructor(width: number, heads: number) {
    super();
    this.ln_1 = new LayerNorm(width);
    this.attn = new Attention(width, heads);
    this.ln_2 = new LayerNorm(width);
    this.mlp = new MLP(width);
  }

  forward(x: Tensor): Tensor {
    const y = x.add(this.attn.forward(this.ln_1.forward(x)));
    return y.add(this.mlp.forward(this.ln_2.forward(y)));
  }
}

/** Logits [batch, length, words] of the words after each of ids int32[batch, length]; the table of words is that of the logits, too. */
export class GPT2 extends Module {
  readonly wte: Embedding;
  readonly wpe: Embedding;
  readonly h: readonly Block[];
  readonly ln_f: LayerNorm;
  readonly lm_head: Linear;

  constructor({ words = 50, positions = 24, width = 32, heads = 4, layers = 2 } = {}) {
    super();
    this.wte = new Embedding(words, width);
    this.wpe = new Embedding(positions, width);
    this.h = Array.from({ length: layers }, () => new Block(width, heads));
    this.ln_f = new LayerNorm(width);
    this.lm_head = new Linear(width, words, { bias: false });
    this.lm_head.weight = this.wte.weight;
  }

  forward(ids: Tensor): Tensor {
    const x = this.wte.forward(ids).add(this.wpe.forward(iota([ids.shape[1] ?? 0], 0)));
    const y = this.h.reduce((state, block) => block.forward(state), x);
    return this.lm_head.forward(this.ln_f.forward(y));
  }
}
