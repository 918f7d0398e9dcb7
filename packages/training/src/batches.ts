/** What training and evaluation read: datasets, and loaders that hand out batches of them. */
import { DataLoader, type Dataset, type NumericArray } from '@hebb/data';
import { tensor, type Tensor } from '@hebb/tensor';
import { TrainingError } from './errors.ts';

/** The fields of one batch by name; the first axis of every shape counts the examples. */
export type BatchArrays = Readonly<Record<string, NumericArray>>;

/** Hands out batches, one epoch at a time. A `DataLoader` is one. */
export interface BatchSource {
  /** Number of batches in an epoch. */
  readonly length: number;
  readonly dataset: { readonly length: number };
  /** The epoch with which training begins, from 0. Default 0. */
  readonly epoch?: number;
  /** The batches of an epoch, from 0: the same ones whenever they are asked for, and whatever else is. */
  batches(epoch: number): Iterable<BatchArrays>;
}

/** Whatever has examples: a dataset, or a loader with batches of its own. The field `x` is the input, `y` the target. */
export type Examples = Dataset | BatchSource;

/** The loader that `examples` is, or one of it. */
export function batchSource(
  examples: Examples,
  options: { batchSize: number; shuffle?: boolean; seed?: number },
): BatchSource {
  return 'batches' in examples ? examples : new DataLoader(examples, options);
}

/** The input and target of a batch. A batch without `y` is its own target, as an autoencoder wants it. */
export function inputAndTarget(where: string, batch: BatchArrays): { x: NumericArray; y: NumericArray } {
  const { x, y = x } = batch;
  if (x === undefined || y === undefined) {
    throw new TrainingError(
      `[${where}] a batch must have the field x, the input; it has ${Object.keys(batch).join(', ') || 'none'}.`,
      {
        hint: 'Name the fields of the dataset x and y, or rename them in the loader’s transform.',
      },
    );
  }
  return { x, y };
}

export function toTensor({ data, shape }: NumericArray): Tensor {
  return tensor(data, { shape });
}
