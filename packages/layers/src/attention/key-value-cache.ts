import {
  ArgumentError,
  assign,
  indexSelect,
  iota,
  scalar,
  ShapeError,
  takeAlongAxis,
  Tensor,
  tensor,
  variable,
  zeros,
  zerosLike,
} from '@hebb/tensor';
import {
  requireArray,
  requireInteger,
  requireOptions,
  requireTensor,
  requireWithin,
  type OptionNames,
} from '@hebb/tensor/arguments';
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
 * `keys` and `values` are float32[batch, heads, capacity, headDim]. What is written is counted on the host; inside a compiled function at every call. Texts of different lengths lie from the first position on, each to its own end: see
 * {@link KeyValueCache.padded}.
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
  /** Of the longest sequence. */
  #length = 0;
  /** Where sequences have become of different lengths, what each has less than the longest: on the host, and int32[batch, 1, 1], at most 0. */
  #shorter: { readonly host: readonly number[]; readonly held: Tensor } | undefined;

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

  /** How many positions have been written, of the longest sequence. */
  get length(): number {
    return Math.min(this.#length, this.capacity);
  }

  /**
   * Reads a piece whose sequences are of different lengths: calls `read`, which gives them to the model, filled up behind `lengths[i]` tokens of sequence i. The positions of the fillers are free afterwards: what comes next in a sequence is written behind its
   * own last token, and sees nothing of them. From then on {@link position} and {@link claim} are a number for each sequence.
   *
   * Once a sequence has no room, nothing of what it is given is kept, so that shorter ones can go on; there is an error where the shortest has none. Not inside a compiled function; one that was recorded before the first call must be compiled anew.
   *
   * Throws {@link ArgumentError} for lengths that are no integers from 0 to what was read, one for each sequence, and where one has no room for them.
   *
   * ```ts
   * const cache = new KeyValueCache({ batch: 2, heads: 1, capacity: 4, headDim: 1 });
   * const read = (x: Tensor) => cache.write(cache.claim(x.shape[2] ?? 0), x, x).keys;
   * cache.padded([1, 2], () => read(tensor([[[[1], [0]]], [[[2], [3]]]])));
   * await read(tensor([[[[4]]], [[[5]]]])).narrow(2, 0, 3).toArray(); // [[[[1], [4], [0]]], [[[2], [3], [5]]]]
   * ```
   */
  padded<T>(lengths: readonly number[], read: () => T): T {
    requireArray('KeyValueCache.padded', 'lengths', lengths);
    if (lengths.length !== this.batch)
      throw new ArgumentError(`[KeyValueCache.padded] takes a length for each of ${this.batch} sequences, not ${lengths.length}.`); // prettier-ignore
    lengths.forEach((length, i) => requireInteger('KeyValueCache.padded', `lengths[${i}]`, length, 0, this.capacity));
    const before = this.#length;
    const now = lengths.map((length, i) => before + (this.#shorter?.host[i] ?? 0) + length);
    const full = now.findIndex((length) => length > this.capacity);
    if (full >= 0) throw this.#noRoom((now[full] ?? 0) - (lengths[full] ?? 0), lengths[full] ?? 0);
    const result = read();
    const count = this.#length - before;
    if (Math.max(...lengths) > count)
      throw new ArgumentError(`[KeyValueCache.padded] there is a sequence of ${Math.max(...lengths)} tokens, and ${count} were read.`); // prettier-ignore
    this.#length = Math.max(...now);
    const shorter = now.map((length) => length - this.#length);
    if (this.#shorter !== undefined || shorter.some((less) => less < 0)) this.#shorten(shorter);
    return result;
  }

  #shorten(host: readonly number[]): void {
    const value = tensor(Int32Array.from(host), { shape: [this.batch, 1, 1] });
    const held = this.#shorter?.held ?? variable(value);
    assign(held, value);
    this.#shorter = { host, held };
  }

  /** Forgets everything that was written. */
  reset(): void {
    this.#length = 0;
    if (this.#shorter !== undefined) this.#shorten(this.#shorter.host.map(() => 0));
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
    if (this.#shorter === undefined) return;
    const { host, held } = this.#shorter;
    // On the device the order may be all that is known; the host's numbers say only when there is no room left at all.
    if (from instanceof Tensor) assign(held, indexSelect(held, 0, order));
    else this.#shorten(from.map((i) => host[i] ?? 0));
  }

  /**
   * The position of the next token, int32[], or int32[batch, 1] where sequences are of different lengths; inside a compiled function that of each call. For positions that a model adds itself, before layers take theirs.
   */
  position(): Tensor {
    const next = this.#counted(() => this.#length);
    if (this.#shorter === undefined) return next;
    // There is no position behind the last; of a sequence that has no room nothing is kept.
    return next
      .add(this.#shorter.held)
      .squeeze(-1)
      .clamp(0, this.capacity - 1);
  }

  /** Takes the next `count` positions; the first of them, int32[], or int32[batch, 1, 1] where sequences are of different lengths. For layers that use a cache. */
  claim(count: number): Tensor {
    const first = this.#counted(() => this.#claim(count));
    return this.#shorter === undefined ? first : first.add(this.#shorter.held);
  }

  /** A number of the host, asked for at every call of what is recorded now. */
  #counted(value: () => number): Tensor {
    const isShortened = this.#shorter !== undefined;
    const current = (): number => {
      if (isShortened !== (this.#shorter !== undefined))
        throw new ArgumentError('[KeyValueCache] this was compiled when all sequences were of one length.', {
          hint: 'Compile it anew for those that padded() has read.',
        });
      return value();
    };
    return scalar(current, { dtype: 'int32' });
  }

  #claim(count: number): number {
    const first = this.#length;
    const shortest = first + Math.min(0, ...(this.#shorter?.host ?? []));
    if (shortest + count > this.capacity) throw this.#noRoom(shortest, count);
    this.#length = first + count;
    return first;
  }

  #noRoom(taken: number, count: number): ArgumentError {
    return new ArgumentError(
      `[KeyValueCache] there is room for ${this.capacity} positions, of which ${taken} are taken; ${count} more do not fit.`,
      { hint: 'Make a cache of a larger capacity, or call reset() where a new text begins.' },
    );
  }

  /**
   * Writes keys and values [batch, heads, count, headDim] from the position `first` on; what is in the cache afterwards, and its `mask`, bool[count, capacity], or [batch, 1, count, capacity] where sequences are of different lengths: each of the new positions sees those before it and
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
    const begin = first.ndim === 0 ? first : first.unsqueeze(1);
    const position = iota([keys.shape[2] ?? 0, 1], 0).add(begin);
    return { ...held, mask: position.greaterEqual(iota([1, this.capacity], 1)) };
  }

  #written(held: Tensor, first: Tensor, name: string, added: Tensor): Tensor {
    requireTensor('KeyValueCache', name, added);
    const { batch, heads, headDim, capacity } = this;
    const count = added.shape.at(-2) ?? 0;
    if (added.ndim !== 4 || [batch, heads, count, headDim].some((extent, axis) => added.shape[axis] !== extent)) {
      throw new ShapeError(`[KeyValueCache] the cache is ${held}: it takes ${name} [${batch}, ${heads}, count, ${headDim}], not ${added}.`); // prettier-ignore
    }
    // Where each position of the cache is among those added: [capacity] or [batch, 1, capacity].
    const position = iota([capacity], 0).sub(first);
    const isNew = position.greaterEqual(0).and(position.less(count)).unsqueeze(-1);
    const from = position.clamp(0, count - 1);
    let moved = added;
    if (count !== 1) moved = from.ndim === 1 ? indexSelect(added, 2, from) : takeAlongAxis(added, from.unsqueeze(-1), 2); // prettier-ignore
    const written = isNew.where(moved, held);
    assign(held, written);
    return written;
  }
}

function requireList(from: readonly number[]): readonly number[] {
  requireArray('KeyValueCache.reorder', 'from', from);
  return from;
}
