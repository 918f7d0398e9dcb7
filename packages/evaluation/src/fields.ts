/** The fields of a batch that tasks read: targets, weights, masks. */
import { ArgumentError, ShapeError, Tensor } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import type { ArrayFields, TensorFields } from './evaluation.ts';
import type { ShapedValues } from './values.ts';

/** Throws ArgumentError unless the model gave one tensor. */
export function requireOneTensor(where: string, outputs: unknown): void {
  if (outputs instanceof Tensor) return;
  throw new ArgumentError(`[${where}] the task takes one tensor of outputs, not ${describe(outputs)}.`, {
    hint: 'Say which one: { output: ({ x }) => model.forward(x).logits }.',
  });
}

export function tensorField(where: string, batch: TensorFields, name: string): Tensor {
  return (Object.hasOwn(batch, name) ? batch[name] : undefined) ?? missing(where, batch, name);
}

export function arrayField(where: string, batch: ArrayFields, name: string): ShapedValues {
  return (Object.hasOwn(batch, name) ? batch[name] : undefined) ?? missing(where, batch, name);
}

function missing(where: string, batch: object, name: string): never {
  throw new ArgumentError(
    `[${where}] a batch must have the field ${name}, the target; it has ${Object.keys(batch).join(', ') || 'none'}.`,
    {
      hint: `Name it so in the dataset or in the loader’s transform, or give the task another name: { target: '…' }. For a model that learns its own input (an autoencoder) say so: new ArrayDataset({ x, y: x }).`,
    },
  );
}

/** The field `weight`: one number per example. Undefined where the data has none: all examples count alike. */
export function weightsOf(where: string, batch: ArrayFields, count: number): ArrayLike<number> | undefined {
  const { weight } = batch;
  if (weight === undefined) return undefined;
  if (weight.data.length !== count) {
    throw new ShapeError(
      `[${where}] the field weight must hold one number for each of ${count} examples, its shape is [${weight.shape.join(', ')}].`,
    );
  }
  return weight.data;
}
