/** The golden file of the losses. */
import type { Tensor } from '@hebb/tensor';
import { toTensor, type Stored } from '../../../tensor/test/support/golden.ts';
import * as losses from '../../src/index.ts';

type LossName = 'crossEntropy' | 'binaryCrossEntropyWithLogits' | 'meanSquaredError' | 'meanAbsoluteError';

export interface LossCase {
  readonly loss: LossName;
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
