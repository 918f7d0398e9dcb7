/** A stream in batches: what training reads. */
import { defaultGenerator } from '@hebb/tensor';
import {
  checkOptions,
  oneOf,
  recordOf,
  requireFittingState,
  requireFunction,
  requireInteger,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { commonBatchOptions, contextOf, requireTransformed, type TransformContext } from '../batch-options.ts';
import {
  requireBatch,
  requireCursor,
  toTensors,
  type ArrayBatch,
  type Batches,
  type Cursor,
  type JsonValue,
  type LoadedBatch,
  type TensorBatch,
} from '../batches.ts';
import { Epochs } from '../epochs.ts';
import { DataError, show } from '../errors.ts';
import { printable } from '../print.ts';
import { stateDifferences } from '../state.ts';
import { Collator, fieldTypes, type FieldType } from './collate.ts';
import { prefetchReader } from './prefetch.ts';
import { after, call, end, located, type Reader, type Step, type StreamSource } from './reader.ts';

export interface BatchOptions<T = unknown, B extends ArrayBatch = ArrayBatch> {
  /** Leave out the last batch if it is smaller than the others. Default `false`. */
  dropLast?: boolean;
  /** What the numbers of a field become. Default: `'float32'` for numbers, `'bool'` for booleans; a typed array stays of its kind. */
  types?: Readonly<Record<string, FieldType>>;
  /** Makes a batch of the elements, in the place of putting their fields side by side: to pad texts, for example. */
  collate?: (elements: readonly T[]) => B | Promise<B>;
  /** Changes a batch before it is handed out, e.g. augmentation. The arrays are its own, to be changed in place. */
  transform?: (batch: B, context: TransformContext) => B | Promise<B>;
  /** Seeds what `transform` draws. Default: the seed of the default generator when the batches are made, which `manualSeed` sets. */
  seed?: number;
  /** Batches that are read ahead while the last one is worked on. Default 2. */
  prefetch?: number;
}

const batchOptions: OptionNames<BatchOptions<never>> = {
  ...commonBatchOptions,
  types: recordOf(oneOf(...fieldTypes)),
  collate: requireFunction,
  prefetch: true,
};

interface Loaded<B> {
  readonly batch: B;
  readonly count: number;
}

/** What the batches of a stream depend on. */
export type BatchStreamState = {
  /** Source and stages in words, seeds of shuffles included. */
  readonly stages: readonly string[];
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly seed: number;
  /** The next epoch of its `for await … of`. */
  readonly epoch: number;
};

/**
 * The batches of a stream, made by {@link Stream.batch}. Each batch's `next` says where the stream goes on after it (the byte of a file, the state of a
 * shuffle buffer), so a run that is cut goes on with the same batches.
 *
 * ```ts
 * import { stream } from '@hebb/data';
 *
 * const batches = stream([1, 2, 3, 4, 5]).map((x) => ({ x })).batch(2);
 * let cursor;
 * for await (const { batch, next } of batches.batches()) {
 *   cursor = next; // after [1, 2]
 *   break;
 * }
 * for await (const { batch } of batches.batches(cursor)) {
 *   batch.x; // { data: Float32Array [3, 4], … }, then [5]
 * }
 * for await (const { x } of batches) x.shape; // [2], [2], [1]: tensors, of the next epoch each time
 * ```
 */
export class BatchStream<B extends ArrayBatch = ArrayBatch>
  extends Epochs
  implements Batches<B>, AsyncIterable<TensorBatch<B>>
{
  static readonly type: string = 'BatchStream';
  /** Not known: a stream is as long as it turns out to be. */
  readonly length: undefined = undefined;
  readonly exampleCount: undefined = undefined;
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly #stages: readonly string[];
  readonly #source: StreamSource<unknown>;
  readonly #options: BatchOptions<never, B>;
  readonly #open: (epoch: number, from: number, position?: JsonValue) => Reader<Loaded<B>>;

  /** @internal Streams make it, with {@link Stream.batch}. */
  constructor(source: StreamSource<unknown>, stages: readonly string[], size: number, options: BatchOptions<never, B>) {
    requireInteger('batch', 'size', size, 1);
    checkOptions('batch', options, batchOptions as OptionNames<BatchOptions<never, B>>);
    const { dropLast = false, types = {}, seed = defaultGenerator.seed, prefetch = 2, transform } = options;
    const collate = options.collate as ((elements: readonly unknown[]) => B | Promise<B>) | undefined;
    requireInteger('batch', 'prefetch', prefetch, 0);
    super('BatchStream', seed);
    this.batchSize = size;
    this.dropLast = dropLast;
    this.#stages = stages;
    this.#source = source;
    this.#options = { ...options, seed };
    printable(this);
    this.#open = (epoch, from, position) => {
      let batch = from;
      const finish = (loaded: Loaded<B>): Loaded<B> | Promise<Loaded<B>> => {
        if (transform === undefined) return loaded;
        return after(transform(loaded.batch, contextOf(this.seed, epoch, batch++)), (changed) => {
          requireTransformed('batch', changed);
          return { batch: changed, count: loaded.count };
        });
      };
      const reader = batchReader(source.open(epoch, position), { size, dropLast, types, collate, finish });
      return prefetch === 0 ? reader : prefetchReader(reader, prefetch);
    };
  }

  /**
   * The batches from a cursor to the end of its epoch. Files are open until the last batch, or until the loop is left.
   *
   * @throws DataError for what is wrong in the data, with its line; for a cursor of another stream; for an epoch without any batch.
   */
  batches(from: Cursor = { epoch: 0, batch: 0 }): AsyncGenerator<LoadedBatch<B>, void, undefined> {
    requireCursor('BatchStream.batches', from);
    return this.#load(from);
  }

  /** The same batches with the last one, however small it is: what evaluation reads. The stages of the stream stay, a shuffle among them. */
  inOrder(): BatchStream<B> {
    const all = { ...this.#options, seed: this.seed, dropLast: false };
    return new BatchStream(this.#source, this.#stages, this.batchSize, all);
  }

  async *#load(from: Cursor): AsyncGenerator<LoadedBatch<B>, void, undefined> {
    const { epoch } = from;
    // Without a position the way there leads past the batches in front.
    let batch = from.position === undefined ? 0 : from.batch;
    const reader = this.#open(epoch, batch, from.position);
    try {
      for (; batch < from.batch; batch++) if ((await reader.next()) === end) return;
      let loaded = await reader.next();
      if (loaded === end && batch === 0) throw this.#empty(epoch);
      while (loaded !== end) {
        const position = reader.position();
        batch++;
        // Whether it is the last is known when the next is there; an error there is told in its turn.
        const following = await settled(reader);
        const isLast = 'step' in following && following.step === end;
        yield { ...loaded, next: isLast ? { epoch: epoch + 1, batch: 0 } : { epoch, batch, position } };
        if (!('step' in following)) throw following.cause;
        loaded = following.step;
      }
    } finally {
      await reader.close();
    }
  }

  /** The next epoch as tensors. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TensorBatch<B>, void, undefined> {
    for await (const { batch } of this.batches({ epoch: this.begin(), batch: 0 })) yield toTensors(batch);
  }

  /** `BatchStream of 32: csvStream → shuffle(buffer 100, seed 1)`, as `console.log` prints it. */
  override toString(): string {
    return `BatchStream of ${this.batchSize}: ${this.#stages.join(' → ')}`;
  }

  /** What the batches depend on, as JSON. */
  stateDict(): BatchStreamState {
    const { batchSize, dropLast, seed, epoch } = this;
    return { stages: [...this.#stages], batchSize, dropLast, seed, epoch };
  }

  /** Takes over seed and epoch. @throws ArgumentError that lists the {@link differences}, changing nothing, where there are any. */
  loadStateDict(state: BatchStreamState): void {
    requireFittingState(
      'BatchStream',
      this.differences(state),
      'Make the stream as it was made then, of the same data, with the same seeds.',
    );
    this.continueFrom(state);
  }

  /** Every reason why a cursor of the stream with that state means nothing here, in words; none where it fits. */
  differences(state: unknown): readonly string[] {
    const own = this.stateDict();
    return stateDifferences('BatchStream', state, own, ['batchSize', 'dropLast'], (saved) => {
      const stages = Array.isArray(saved['stages']) ? saved['stages'].join(' → ') : show(saved['stages']);
      const here = own.stages.join(' → ');
      return stages === here ? [] : [`its stages were ${stages}, here they are ${here}`];
    });
  }

  #empty(epoch: number): DataError {
    const part = this.dropLast ? ` of ${this.batchSize}` : '';
    return new DataError(`[batch] the stream gave no batch${part} in epoch ${epoch}: ${this.#stages.join(' → ')}.`, {
      hint: this.dropLast
        ? 'It has fewer elements than that; take a smaller batch, or leave dropLast out.'
        : 'It has no elements: is the file empty, or does a filter keep nothing?',
    });
  }
}

async function settled<T>(reader: Reader<T>): Promise<{ step: Step<T> } | { cause: unknown }> {
  try {
    return { step: await reader.next() };
  } catch (cause) {
    return { cause };
  }
}

interface Batching<B> {
  readonly size: number;
  readonly dropLast: boolean;
  readonly types: Readonly<Record<string, FieldType>>;
  readonly collate: ((elements: readonly unknown[]) => B | Promise<B>) | undefined;
  readonly finish: (loaded: Loaded<B>) => Loaded<B> | Promise<Loaded<B>>;
}

function batchReader<B extends ArrayBatch>(
  source: Reader<unknown>,
  { size, dropLast, types, collate, finish }: Batching<B>,
): Reader<Loaded<B>> {
  const collator = new Collator(size, types);
  let elements: unknown[] = [];
  let count = 0;
  const add = (element: unknown): void => {
    count++;
    if (collate !== undefined) {
      elements.push(element);
      return;
    }
    try {
      collator.add(element);
    } catch (cause) {
      throw located('batch', source, cause);
    }
  };
  const complete = (): Loaded<B> | Promise<Loaded<B>> => {
    const loaded = { count };
    const collected = elements;
    count = 0;
    elements = [];
    // Without `collate`, B is what the collator makes.
    if (collate === undefined) return finish({ ...loaded, batch: collator.finish() as B });
    return after(call('batch', source, collate, collected), (batch) => {
      requireBatch('[batch] collate must return a batch, typed arrays with shapes by name', batch);
      return finish({ ...loaded, batch });
    });
  };
  /** The batch, if the step completes one. */
  const take = (step: unknown): Step<Loaded<B>> | Promise<Loaded<B>> | undefined => {
    if (step === end) return count === 0 || dropLast ? end : complete();
    add(step);
    return count === size ? complete() : undefined;
  };
  const next = (): Step<Loaded<B>> | Promise<Step<Loaded<B>>> => {
    for (;;) {
      const step = source.next();
      if (step instanceof Promise) return step.then((value) => take(value) ?? next());
      const done = take(step);
      if (done !== undefined) return done;
    }
  };
  return { next, position: () => source.position(), close: () => source.close() };
}
