/** What hands out batches, whatever it reads, and how a batch becomes tensors. */
import { HebbError, tensor, type State, type Tensor } from '@hebb/tensor';
import { isPlain } from '@hebb/tensor/arguments';
import { sizeOf, type NumericArray } from './arrays.ts';
import { DataError, messageOf, show } from './errors.ts';

/** What JSON can hold. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/**
 * A place between two batches: JSON, so that it can be saved. `{ epoch: 0, batch: 0 }` is the very beginning. `position` is for sources that seek
 * (the byte of a file, say); whoever keeps a cursor hands it back as it got it.
 */
export type Cursor = {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** Batches of the epoch that lie before this place. */
  readonly batch: number;
  readonly position?: JsonValue;
};

export interface LoadedBatch<B> {
  readonly batch: B;
  /** Number of examples in it. */
  readonly count: number;
  /** Where to go on after it. After the last batch of an epoch that is the start of the next epoch: `{ epoch: epoch + 1, batch: 0 }`. */
  readonly next: Cursor;
}

/** Named arrays; the first axis of most counts the examples. */
export type ArrayBatch = Readonly<Record<string, NumericArray>>;

/**
 * What training and evaluation read: a `DataLoader`, a batched stream, or your own. `batches(cursor)` goes from there to the end of that epoch and is a pure
 * function of the cursor: it gives the same however often it is asked, whatever else is read meanwhile, and moves nothing. So a run that
 * keeps the `next` of its last batch goes on exactly there.
 */
export interface Batches<B = ArrayBatch> {
  /** Batches in an epoch; undefined where that is not known (a stream). */
  readonly length?: number | undefined;
  /** Examples in an epoch; undefined where that is not known. */
  readonly exampleCount?: number | undefined;
  /** The epoch with which training begins, from 0. Default 0. */
  readonly epoch?: number | undefined;
  /** The batches from there to the end of that epoch. Default: `{ epoch: 0, batch: 0 }`. */
  batches(from?: Cursor): AsyncIterable<LoadedBatch<B>>;
  /**
   * What evaluation reads in its place: every example, the last batch included, without an order of its own. Default: these batches as they
   * are.
   */
  inOrder?(): Batches<B>;
  /**
   * What the order depends on. Batches without this and {@link loadStateDict} are resumed by the cursor alone: whether it means here what it meant
   * there is then up to you.
   */
  stateDict?(): State;
  /** Takes over what may change (the seed). Throws, changing nothing, where {@link differences} finds any. */
  loadStateDict?(state: State): unknown;
  /** Every reason why a cursor of the batches with that state means nothing here (other data, another batch size), in words; none where it fits. */
  differences?(state: unknown): readonly string[];
}

/** A batch as tensors. */
export type TensorBatch<B extends ArrayBatch = ArrayBatch> = { readonly [K in keyof B]: Tensor };

/**
 * The arrays of a batch as tensors of their dtype: the one that the array names (`dtype`), or else int32 for an Int32Array and a Uint32Array (whose
 * values are checked: int32 ends at 2³¹ − 1) and float32 for every other, since that is what models take. With the dtype `'uint8'` bytes stay bytes, a quarter of the
 * memory and of the way to the device; divide by 255 in the model.
 *
 * ```ts
 * import { toTensors } from '@hebb/data';
 *
 * const { ids, mask } = toTensors({
 *   ids: { data: Uint32Array.of(5, 7, 0), shape: [1, 3] },
 *   mask: { data: Uint8Array.of(1, 1, 0), shape: [1, 3], dtype: 'bool' },
 * });
 * ids.dtype; // 'int32'
 * mask.dtype; // 'bool'
 * ```
 *
 * @throws DataError naming the field that does not become a tensor
 */
export function toTensors<B extends ArrayBatch>(batch: B): TensorBatch<B> {
  requireBatch('[toTensors] expected a batch, typed arrays with shapes by name', batch);
  return Object.fromEntries(
    Object.entries<NumericArray>(batch).map(([name, array]) => [name, toTensor(name, array)]),
  ) as unknown as TensorBatch<B>;
}

function toTensor(name: string, { data, shape, dtype }: NumericArray): Tensor {
  const kind = dtype ?? (data instanceof Int32Array || data instanceof Uint32Array ? 'int32' : 'float32');
  if (kind === 'int32' && data instanceof Uint32Array) requireIds(name, data);
  try {
    return tensor(data, { shape, dtype: kind });
  } catch (cause) {
    if (!(cause instanceof HebbError)) throw cause;
    throw new DataError(`[toTensors] field '${name}' does not become a tensor: ${messageOf(cause)}.`, { cause });
  }
}

function requireIds(name: string, data: Uint32Array): void {
  const at = data.findIndex((value) => value > 0x7fffffff);
  if (at === -1) return;
  throw new DataError(
    `[toTensors] field '${name}' holds ${show(data[at])} (value ${at} of ${data.length}); as int32 it must be at most 2147483647.`,
    { hint: `Give it as a Float32Array where it is a quantity and no id, or { dtype: 'float32' } with it.` },
  );
}

/** Throws DataError unless `from` is a place in batches of that length. */
export function requireCursor(where: string, from: unknown, length?: number): asserts from is Cursor {
  const { epoch, batch } = Object(from) as { epoch?: unknown; batch?: unknown };
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const hint =
    '{ epoch: 0, batch: 0 } is the beginning, { epoch: 1, batch: 0 } that of the second epoch; the `next` of a batch is where to go on after it.';
  if (!isCount(epoch) || !isCount(batch)) {
    const given =
      typeof from === 'object' && from !== null ? `epoch ${show(epoch)} and batch ${show(batch)}` : show(from);
    throw new DataError(`[${where}] expected a cursor, an epoch and a batch as integers from 0, got ${given}.`, {
      hint,
    });
  }
  if (length !== undefined && batch > length) {
    throw new DataError(`[${where}] there is no batch ${batch}: an epoch has ${length} batches.`, { hint });
  }
}

/** Throws DataError unless `batch` is named arrays with shapes of as many elements. */
export function requireBatch(expected: string, batch: unknown, hint?: string): asserts batch is ArrayBatch {
  const details = hint === undefined ? {} : { hint };
  if (!isPlain(batch)) throw new DataError(`${expected}, got ${show(batch)}.`, details);
  for (const [name, field] of Object.entries(batch)) {
    const { data, shape } = Object(field) as { data?: unknown; shape?: unknown };
    if (!isNumbers(data) || !Array.isArray(shape))
      throw new DataError(`${expected}; '${name}' is ${show(field)}.`, details);
    const size = sizeOf(shape as number[]);
    if (size !== data.length) {
      throw new DataError(
        `${expected}; '${name}' has the shape [${shape.join(', ')}], which is ${size} values, and ${data.length} values.`,
        details,
      );
    }
  }
}

function isNumbers(data: unknown): data is { readonly length: number } {
  return ArrayBuffer.isView(data) && !(data instanceof DataView);
}
