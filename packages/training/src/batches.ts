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

/** Batches, of any epoch from any place on. A `DataLoader` is such a source, and so is a stream in batches. */
export interface BatchSource extends Batches {
  /** The epoch with which training begins, from 0. Default 0. */
  readonly epoch?: number;
}

/** Whatever has examples: a dataset, or a loader with batches of its own. The field `x` is the input, `y` the target. */
export type Examples = Dataset | BatchSource;

/** The loader that `examples` is, or one of it. */
export function batchSource(
  where: string,
  examples: Examples,
  options: { batchSize: number; shuffle?: boolean; seed?: number; dropLast?: boolean },
): BatchSource {
  if ('batches' in examples) return examples;
  requireOwnBatches(where, examples, options);
  return new DataLoader(examples, options);
}

/** The input and target of a batch. Throws TrainingError for a batch that is anything but arrays `x` and `y` of equally many examples. */
export function inputAndTarget(where: string, batch: BatchArrays): { x: NumericArray; y: NumericArray } {
  if (typeof batch !== 'object' || batch === null) {
    throw new TrainingError(`[${where}] a batch must be an object with the fields x and y, not ${describe(batch)}.`, {
      hint: 'What the loader’s transform returns is the batch.',
    });
  }
  const { x, y } = batch;
  const fields = Object.keys(batch).join(', ') || 'none';
  if (x === undefined) {
    throw new TrainingError(`[${where}] a batch must have the field x, the input; it has ${fields}.`, {
      hint: 'Name the fields of the dataset x and y, or rename them in the loader’s transform.',
    });
  }
  if (y === undefined) {
    throw new TrainingError(`[${where}] a batch must have the field y, the target; it has ${fields}.`, {
      hint: 'Name the target y, in the dataset or in the loader’s transform. For a model that learns its own input (an autoencoder) say so: new ArrayDataset({ x, y: x }).',
    });
  }
  for (const [name, field] of [
    ['x', x],
    ['y', y],
  ] as const) {
    if (ArrayBuffer.isView(field.data) && Array.isArray(field.shape)) continue;
    throw new TrainingError(
      `[${where}] the field ${name} of a batch must be { data: typed array, shape: number[] }, not ${describe(field)}.`,
      { hint: 'Batches are arrays; they become tensors here.' },
    );
  }
  if (x.shape[0] !== y.shape[0] || x.shape[0] === undefined) {
    throw new TrainingError(
      `[${where}] x and y of a batch must hold equally many examples along their first axis, not [${x.shape.join(', ')}] and [${y.shape.join(', ')}].`,
      { hint: 'One target per example: does the dataset, or the transform, change one field only?' },
    );
  }
  return { x, y };
}

export function toTensor(array: NumericArray): Tensor {
  return toTensors({ array }).array;
}

/** A batch as tensors; what is none of `{ data, shape }` stays as it is. */
export function batchTensors(where: string, batch: object): BatchTensors {
  if (typeof batch !== 'object' || batch === null) {
    throw new TrainingError(`[${where}] a batch must be an object of fields by name, not ${describe(batch)}.`, {
      hint: 'What the loader’s transform returns is the batch.',
    });
  }
  return Object.fromEntries(
    Object.entries(batch).map(([name, field]: [string, unknown]) => {
      const { data, shape } = Object(field) as { data?: unknown; shape?: unknown };
      const isArray = ArrayBuffer.isView(data) && Array.isArray(shape);
      return [name, isArray ? toTensors({ [name]: field as NumericArray })[name] : field];
    }),
  ) as BatchTensors;
}

/** What a step weighs in a mean over examples: the sum of the field `weight`, or the number of examples. */
export function weightOf(batch: object, count: number): number {
  const { data } = Object((batch as { weight?: unknown }).weight) as { data?: unknown };
  if (!ArrayBuffer.isView(data)) return count;
  let sum = 0;
  for (const weight of data as Float32Array) sum += weight;
  return sum;
}
