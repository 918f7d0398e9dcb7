/** What training and evaluation read: datasets, and loaders that hand out batches of them. */
import { DataLoader, toTensors, type Batches, type Dataset, type NumericArray } from '@hebb/data';
import type { Tensor } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import { requireOwnBatches } from './checks.ts';
import { TrainingError } from './errors.ts';

/** The fields of one batch by name; the first axis of every shape counts the examples. */
export type BatchArrays = Readonly<Record<string, NumericArray>>;

/** The fields of a batch as a step gets them. */
export type BatchTensors = Readonly<Record<string, Tensor>>;

/** A batch as a step gets it: arrays have become tensors. */
export type StepBatch<B> = { readonly [K in keyof B]: B[K] extends { readonly data: ArrayBufferView } ? Tensor : B[K] };

/** Whatever has examples: a dataset, a loader, a stream of batches, or batches of your own. */
export type Examples = Dataset | Batches;

/** The loader that `examples` is, or one of it. */
export function batchSource(
  where: string,
  examples: Examples,
  options: { batchSize: number; shuffle?: boolean; seed?: number; dropLast?: boolean },
): Batches {
  if ('batches' in examples) return examples;
  requireOwnBatches(where, examples, options);
  return new DataLoader(examples, options);
}

/** A batch as tensors; what is none of `{ data, shape }` stays as it is. */
export function batchTensors(where: string, batch: object): BatchTensors {
  if (typeof batch !== 'object' || batch === null) {
    throw new TrainingError(`[${where}] a batch must be an object of fields by name, not ${describe(batch)}.`, {
      hint: 'What the loader’s transform returns is the batch.',
    });
  }
  const arrays: [string, NumericArray][] = [];
  const others: [string, unknown][] = [];
  for (const [name, field] of Object.entries(batch) as [string, unknown][]) {
    const { data, shape } = Object(field) as { data?: unknown; shape?: unknown };
    if (ArrayBuffer.isView(data) && Array.isArray(shape)) arrays.push([name, field as NumericArray]);
    else others.push([name, field]);
  }
  return { ...toTensors(Object.fromEntries(arrays)), ...(Object.fromEntries(others) as BatchTensors) };
}
