import { iota, ShapeError, tensor, type Tensor } from '@hebb/tensor';
import { checkOptions, requireInteger, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';

export interface ALiBiOptions {
  /** Position of the first query among the keys, a number or int32[], or int32[batch, 1, 1] where each example has its own. Default 0. */
  offset?: number | Tensor;
}

const alibiOptions: OptionNames<ALiBiOptions> = { offset: true };

/**
 * Attention with linear biases (Press et al. 2022, arXiv:2108.12409): scores + −slope · |i − j| for the query at position i and the key at position j, with a slope of its own for every head:
 * 2^(−8h / heads), h = 1 … heads, for powers of two; between them those of the powers of two around.
 *
 * Shape: scores [..., heads, queries, keys] → the same. `bias(queries, keys)` is what is added, [heads, queries, keys], a `mask` of
 * `scaledDotProductAttention` and an `attentionMask` of {@link MultiheadAttention}. It has no parameters.
 *
 * Throws {@link ShapeError} for another number of heads.
 *
 * ```ts
 * const alibi = new ALiBi(2);
 * alibi.slopes; // [0.0625, 0.00390625]
 * await alibi.bias(1, 3, { offset: 2 }).toArray(); // [[[-0.125, -0.0625, 0]], [[-0.0078125, -0.00390625, 0]]]
 * ```
 */
export class ALiBi extends Module<[scores: Tensor]> {
  static override readonly type: string = 'ALiBi';
  static override readonly positional: readonly string[] = ['heads'];

  readonly heads: number;

  constructor(heads: number) {
    super();
    requirePositiveIntegers('ALiBi', { heads });
    this.heads = heads;
  }

  /** The slope of every head. */
  get slopes(): readonly number[] {
    return slopesOf(this.heads);
  }

  /** −slope · |i − j| for queries at offset + 0, 1, … and keys at 0, 1, …: float32[heads, queries, keys], or with an axis of examples in front. */
  bias(queries: number, keys: number, options: ALiBiOptions = {}): Tensor {
    requireInteger('ALiBi', 'queries', queries, 0);
    requireInteger('ALiBi', 'keys', keys, 0);
    checkOptions('ALiBi', options, alibiOptions);
    const slopes = tensor([...this.slopes]).reshape([this.heads, 1, 1]);
    const { offset = 0 } = options;
    const begin = typeof offset === 'number' || offset.ndim === 0 ? offset : offset.unsqueeze(1);
    const distance = iota([queries, 1], 0).add(begin).sub(iota([1, keys], 1)).abs(); // prettier-ignore
    return distance.to('float32').mul(slopes).neg();
  }

  forward(scores: Tensor): Tensor {
    requireTensor('ALiBi', 'the scores', scores);
    const [heads = 0, queries = 0, keys = 0] = scores.shape.slice(-3);
    if (scores.ndim < 3 || heads !== this.heads)
      throw new ShapeError(`[ALiBi] takes scores [..., ${this.heads}, queries, keys], not ${scores}.`);
    return scores.add(this.bias(queries, keys));
  }

  override describe(): string {
    return `${super.describe()} ${this.heads}`;
  }
}

function slopesOf(heads: number): number[] {
  const below = 2 ** Math.floor(Math.log2(heads));
  const of = (count: number): number[] => Array.from({ length: count }, (_, i) => 2 ** ((-8 * (i + 1)) / count));
  // Those that are missing are every second one of twice as many.
  const between = of(2 * below).filter((_, i) => i % 2 === 0);
  return [...of(below), ...between].slice(0, heads);
}
