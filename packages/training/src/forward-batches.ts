/** Running a function of batches over data, in a mode of its own, and reading what it returns while the device goes on. */
import type { ArrayBatch, LoadedBatch, NumericArray } from '@hebb/data';
import type { AnyModule } from '@hebb/layers';
import { modesOf } from '@hebb/layers/internal';
import { defaultGenerator, Tensor, type TensorData } from '@hebb/tensor';
import { mapStructure } from '@hebb/tensor/arguments';
import { breather } from './tasks.ts';

/** Arrays in the structure in which tensors were returned: one, or several in arrays, objects and Maps. */
export type Arrays<O> = O extends Tensor
  ? NumericArray<TensorData>
  : O extends ReadonlyMap<infer K, infer T>
    ? ReadonlyMap<K, Arrays<T>>
    : O extends object
      ? { readonly [K in keyof O]: Arrays<O[K]> }
      : O;

export interface ForwardBatch<V> {
  readonly values: Arrays<V>;
  readonly batch: ArrayBatch;
  readonly count: number;
}

/** Batches whose values are on their way: enough to keep a device busy, few enough to need little memory. */
const batchesInFlight = 3;

export interface ForwardOptions {
  /** Default: one that nobody reads. */
  meter?: Meter;
  /** Whether the tensors that `step` returns are made by it for this alone, as by a compiled one: they are freed as soon as they have been read. Default true. */
  isOwner?: boolean;
  /** The mode of the models while `step` runs. Default false: evaluation. */
  training?: boolean;
}

/**
 * Calls `step` for every batch and yields what it returned, in order. Whoever iterates may break off. The models' modes and the default
 * generator are as they were whenever other code runs: draws of the step come from a stream of its own.
 */
export async function* forwardBatches<V>(
  models: readonly AnyModule[],
  batches: AsyncIterable<LoadedBatch<ArrayBatch>>,
  step: (batch: ArrayBatch) => V,
  { meter = new Meter(), isOwner = true, training = false }: ForwardOptions = {},
): AsyncGenerator<ForwardBatch<V>, void, undefined> {
  const breathe = breather(30);
  const inFlight: Promise<ForwardBatch<V>>[] = [];
  let draws = defaultGenerator.stateDict();
  const run = (batch: ArrayBatch): V => {
    const restoreModes = modesOf(...models);
    const before = defaultGenerator.stateDict();
    defaultGenerator.loadStateDict(draws);
    try {
      for (const model of models) model.train(training);
      return step(batch);
    } finally {
      draws = defaultGenerator.stateDict();
      defaultGenerator.loadStateDict(before);
      restoreModes();
    }
  };
  try {
    for await (const { batch, count } of batches) {
      const compiles = meter.isNew(batch);
      if (compiles) while (inFlight.length > 0) yield await next(inFlight);
      meter.begin(count, compiles);
      const read = readStructure(run(batch), isOwner).then((values) => ({ values, batch, count }));
      read.catch(() => undefined); // reported where it is awaited
      inFlight.push(read);
      while (inFlight.length >= (compiles ? 1 : batchesInFlight)) yield await next(inFlight);
      meter.end(compiles);
      await breathe();
    }
    while (inFlight.length > 0) yield await next(inFlight);
  } finally {
    await Promise.allSettled(inFlight);
    meter.stop();
  }
}

async function next<T>(queue: Promise<T>[]): Promise<T> {
  const first = queue.shift();
  if (first === undefined) throw new RangeError('nothing is in flight');
  return first;
}

/** The values of all tensors in a structure, each read once; frees the tensors of which it is the owner. */
async function readStructure<V>(structure: V, isOwner: boolean): Promise<Arrays<V>> {
  const reads = new Map<Tensor, Promise<NumericArray<TensorData>>>();
  mapStructure(structure, {
    op: 'read',
    name: 'the outputs',
    leaf: (value) => {
      if (value instanceof Tensor && !reads.has(value)) reads.set(value, read(value, isOwner));
      return value;
    },
  });
  const arrays = new Map<unknown, unknown>();
  await Promise.all([...reads].map(async ([tensor, array]) => arrays.set(tensor, await array)));
  return mapStructure(structure, {
    op: 'read',
    name: 'the outputs',
    leaf: (value) => arrays.get(value) ?? value,
  }) as Arrays<V>;
}

async function read(tensor: Tensor, isOwner: boolean): Promise<NumericArray<TensorData>> {
  const { shape, dtype } = tensor;
  const data = tensor.data();
  // After the read, which is on its way: a turn of the event loop that it may wait for would keep the memory of several batches.
  if (isOwner) tensor.dispose();
  return { data: await data, shape, ...(dtype === 'bool' && { dtype }) };
}

/** Examples per second, without the first batch of each shape where there are others: it compiles. */
export class Meter {
  readonly #start = performance.now();
  readonly #shapes = new Set<string>();
  #count = 0;
  #timed = 0;
  #timedSeconds = 0;
  #since: number | undefined;
  #end: number | undefined;

  isNew(batch: ArrayBatch): boolean {
    const key = Object.entries(batch)
      .map(([name, field]) => `${name}:${(Object(field) as Partial<NumericArray>).shape?.join() ?? ''}`)
      .join(';');
    return !this.#shapes.has(key) && this.#shapes.add(key) === this.#shapes;
  }

  /** A batch is issued. */
  begin(count: number, compiles: boolean): void {
    this.#count += count;
    if (compiles) this.#pause();
    else this.#timed += count;
  }

  /** It has been issued, or, where it compiles, read. */
  end(compiled: boolean): void {
    if (compiled) this.#since = performance.now();
  }

  stop(): void {
    this.#pause();
    this.#end = performance.now();
  }

  #pause(): void {
    if (this.#since !== undefined) this.#timedSeconds += (performance.now() - this.#since) / 1000;
    this.#since = undefined;
  }

  get result(): { count: number; seconds: number; examplesPerSecond: number } {
    const seconds = ((this.#end ?? performance.now()) - this.#start) / 1000;
    const examplesPerSecond = this.#timed > 0 ? this.#timed / this.#timedSeconds : this.#count / seconds;
    return { count: this.#count, seconds, examplesPerSecond };
  }
}
