import {
  ArgumentError,
  assign,
  indexSelect,
  iota,
  scalar,
  ShapeError,
  Tensor,
  tensor,
  variable,
  zeros,
  zerosLike,
} from '@hebb/tensor';
import { requireArray, requireOptions, requireTensor, requireWithin, type OptionNames } from '@hebb/tensor/arguments';
import { requirePositiveIntegers } from '../module/checks.ts';

export interface KeyValueCacheOptions {
  /** Number of sequences. */
  batch: number;
  /** Heads of keys and values; fewer than those of the queries where groups share them. */
  heads: number;
  /** Positions that there is room for. */
  capacity: number;
  /** Features of a head. */
  headDim: number;
}

const cacheOptions: OptionNames<KeyValueCacheOptions> = { batch: true, heads: true, capacity: true, headDim: true };

/**
 * Keys and values of the tokens so far, so that a model which generates text computes those of a new token alone. It has room for a fixed number of
 * positions: a compiled step keeps one plan, however long the text has become. One cache belongs to one attention layer, whose
 * {@link MultiheadAttention.createCache} makes it.
 *
 * `keys` and `values` are float32[batch, heads, capacity, headDim]. What is written is counted on the host; inside a compiled function at every call.
 *
 * Throws {@link ArgumentError} where a size is no integer ≥ 1, and, before anything is written, where there is no room left.
 *
 * ```ts
 * const attention = new MultiheadAttention(16, 4, { batchFirst: true });
 * const cache = attention.createCache({ batch: 1, capacity: 64 });
 * const step = compile((x: Tensor) => attention.forward(x, x, x, { cache }).output);
 * step(randn([1, 1, 16]));
 * step(randn([1, 1, 16]));
 * cache.length; // 2
 * ```
 */
export class KeyValueCache {
  readonly keys: Tensor;
  readonly values: Tensor;
  readonly batch: number;
  readonly heads: number;
  readonly capacity: number;
  readonly headDim: number;
  #length = 0;

  constructor(options: KeyValueCacheOptions) {
    requireOptions('KeyValueCache', options, cacheOptions);
    const { batch, heads, capacity, headDim } = options;
    requirePositiveIntegers('KeyValueCache', { batch, heads, capacity, headDim });
    this.batch = batch;
    this.heads = heads;
    this.capacity = capacity;
    this.headDim = headDim;
    this.keys = variable(zeros([batch, heads, capacity, headDim]));
    this.values = variable(zeros([batch, heads, capacity, headDim]));
  }

  /** How many positions have been written. */
  get length(): number {
    return this.#length;
  }

  /** Forgets everything that was written. */
  reset(): void {
    this.#length = 0;
    for (const held of [this.keys, this.values]) assign(held, zerosLike(held));
  }

  /**
   * Sequence i goes on from what sequence `from[i]` has been so far: what a beam search does after each token, for every cache of the model.
   *
   * @param from - int32[batch], 0 ≤ from < batch; or a list of such numbers.
   *
   * Throws `DTypeError` for other numbers than int32, {@link ShapeError} where there is not one for each sequence, {@link ArgumentError} for one that there is not, where they are known on the host.
   *
   * ```ts
   * const cache = new KeyValueCache({ batch: 2, heads: 1, capacity: 4, headDim: 1 });
   * cache.write(cache.claim(1), tensor([[[[1]]], [[[2]]]]), tensor([[[[3]]], [[[4]]]]));
   * cache.reorder([1, 1]);
   * await cache.values.narrow(2, 0, 1).toArray(); // [[[[4]]], [[[4]]]]
   * ```
   */
  reorder(from: Tensor | readonly number[]): void {
    const order = from instanceof Tensor ? from : tensor(Int32Array.from(requireList(from)));
    if (order.ndim !== 1 || order.size !== this.batch)
      throw new ShapeError(`[KeyValueCache.reorder] takes a number for each of ${this.batch} sequences, int32[${this.batch}], not ${order}.`); // prettier-ignore
    requireWithin('KeyValueCache.reorder', 'from', order, 0, this.batch - 1);
    for (const held of [this.keys, this.values]) assign(held, indexSelect(held, 0, order));
  }

  /** The position of the next token, int32[]; inside a compiled function that of each call. For positions that a model adds itself, before layers take theirs. */
  position(): Tensor {
    return scalar(() => this.#length, { dtype: 'int32' });
  }

  /** Takes the next `count` positions; the first of them, int32[]. For layers that use a cache. */
  claim(count: number): Tensor {
    return scalar(() => this.#claim(count), { dtype: 'int32' });
  }

  #claim(count: number): number {
    const first = this.#length;
    if (first + count > this.capacity) {
      throw new ArgumentError(
        `[KeyValueCache] there is room for ${this.capacity} positions, of which ${first} are taken; ${count} more do not fit.`,
        { hint: 'Make a cache of a larger capacity, or call reset() where a new text begins.' },
      );
    }
    this.#length = first + count;
    return first;
  }

  /**
   * Writes keys and values [batch, heads, count, headDim] from the position `first` on; what is in the cache afterwards, and its `mask`, bool[count, capacity]: each of the new positions sees those before it and
   * itself. For layers that use a cache:
   *
   * ```ts
   * const cache = new KeyValueCache({ batch: 1, heads: 2, capacity: 8, headDim: 4 });
   * const [q, k, v] = [randn([1, 2, 3, 4]), randn([1, 2, 3, 4]), randn([1, 2, 3, 4])];
   * const { keys, values, mask } = cache.write(cache.claim(3), k, v);
   * scaledDotProductAttention(q, keys, values, { mask }).shape; // [1, 2, 3, 4]
   * ```
   *
   * Throws {@link ShapeError} where they have other sizes.
   */
  write(
    first: Tensor,
    keys: Tensor,
    values: Tensor,
  ): { readonly keys: Tensor; readonly values: Tensor; readonly mask: Tensor } {
    requireTensor('KeyValueCache', 'the first position', first);
    const held = {
      keys: this.#written(this.keys, first, 'keys', keys),
      values: this.#written(this.values, first, 'values', values),
    };
    const position = iota([keys.shape[2] ?? 0, 1], 0).add(first);
    return { ...held, mask: position.greaterEqual(iota([1, this.capacity], 1)) };
  }

  #written(held: Tensor, first: Tensor, name: string, added: Tensor): Tensor {
    requireTensor('KeyValueCache', name, added);
    const { batch, heads, headDim, capacity } = this;
    const count = added.shape.at(-2) ?? 0;
    if (added.ndim !== 4 || [batch, heads, count, headDim].some((extent, axis) => added.shape[axis] !== extent)) {
      throw new ShapeError(`[KeyValueCache] the cache is ${held}: it takes ${name} [${batch}, ${heads}, count, ${headDim}], not ${added}.`); // prettier-ignore
    }
    // Where each position of the cache is among those added.
    const position = iota([capacity], 0).sub(first);
    const isNew = position.greaterEqual(0).and(position.less(count)).unsqueeze(-1);
    const moved = count === 1 ? added : indexSelect(added, 2, position.clamp(0, count - 1));
    const written = isNew.where(moved, held);
    assign(held, written);
    return written;
  }
}

function requireList(from: readonly number[]): readonly number[] {
  requireArray('KeyValueCache.reorder', 'from', from);
  return from;
}
