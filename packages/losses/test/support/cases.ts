/** The golden file of the losses. */
import type { Tensor } from '@hebb/tensor';
import { toTensor, type Stored } from '../../../tensor/test/support/golden.ts';
import { binaryCrossEntropyWithLogits, crossEntropy, meanAbsoluteError, meanSquaredError } from '../../src/index.ts';

const losses = { binaryCrossEntropyWithLogits, crossEntropy, meanAbsoluteError, meanSquaredError };

export interface LossCase {
  readonly loss: keyof typeof losses;
  readonly options: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, Stored>>;
  readonly prediction: Stored;
  readonly target: Stored;
  readonly value: Stored;
  readonly gradient: Stored;
}

export function lossName({ loss, options, tensors, prediction, target }: LossCase): string {
  const given = [JSON.stringify(options), ...Object.keys(tensors)].join(' ');
  return `${loss} of [${prediction.shape.join(', ')}] and ${target.dtype} ${given}`;
}

export function computeLoss({ loss, options, tensors, target }: LossCase, prediction: Tensor): Tensor {
  const given = Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, toTensor(value)]));
  return losses[loss](prediction, toTensor(target), { ...options, ...given });
}
