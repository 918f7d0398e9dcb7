/** Attention of a decoder over what an encoder read. */
import { Linear, Module, parameter } from '@hebb/layers';
import { softmax, uniform, type Tensor } from '@hebb/tensor';
import { oneOf, type Check } from '@hebb/tensor/arguments';

/** How a state s is compared with an element h: vᵀ tanh(W s + U h), sᵀ W h, or sᵀ h. */
export type AttentionName = 'additive' | 'general' | 'dot';

export const requireAttention: Check = oneOf('additive', 'general', 'dot');

export interface Attended {
  /** [batch, …, size]: the mean of the elements by their shares. */
  readonly context: Tensor;
  /** [batch, …, length]: shares, 0 for what there is not. */
  readonly weights: Tensor;
}

/** The mean of `values` [batch, length, size] by scores [batch, steps, length], of what there is; 0 where there is nothing. */
export function attendBy(scores: Tensor, values: Tensor, inside: Tensor | undefined): Attended {
  if (inside === undefined) return attended(softmax(scores, -1), values);
  const isThere = inside.unsqueeze(1);
  // Finite, and cut off afterwards, so that where there is nothing all shares are 0, and so are their derivatives.
  return attended(isThere.where(softmax(isThere.where(scores, leastScore), -1), 0), values);
}

/** Beside which nothing has a share. */
const leastScore = -1e30;

function attended(weights: Tensor, values: Tensor): Attended {
  return { context: weights.matmul(values), weights };
}

/** Bahdanau, Cho & Bengio 2015: vᵀ tanh(W s + U h). */
export class AdditiveAttention extends Module<[query: Tensor, keys: Tensor]> {
  static override readonly type: string = 'AdditiveAttention';

  readonly query: Linear;
  readonly key: Linear;
  readonly v: Tensor;

  constructor(querySize: number, keySize: number, size: number) {
    super();
    this.query = new Linear(querySize, size, { bias: false });
    this.key = new Linear(keySize, size);
    this.v = parameter(uniform([size], -1 / Math.sqrt(size), 1 / Math.sqrt(size)));
  }

  /** U h + b, once for all steps: [batch, length, size]. */
  keysOf(memory: Tensor): Tensor {
    return this.key.forward(memory);
  }

  /** Scores [batch, length] of a state [batch, querySize]. */
  forward(query: Tensor, keys: Tensor): Tensor {
    return this.query.forward(query).unsqueeze(1).add(keys).tanh().matmul(this.v);
  }
}
