/** The golden file of the losses. */
import type { Tensor } from '@hebb/tensor';
import { toTensor, type Stored } from '../../../tensor/test/support/golden.ts';
import * as all from '../../src/index.ts';

const { binaryCrossEntropyWithLogits, crossEntropy, meanAbsoluteError, meanSquaredError } = all;
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

/** A case of tools/golden/loss_functions.py: arguments, options among them, in which "$0" stands for input 0. */
export interface FunctionCase {
  readonly f: string;
  readonly args: readonly unknown[];
  readonly inputs: readonly Stored[];
}

export function callLoss({ f, args }: FunctionCase, inputs: readonly Tensor[]): Tensor {
  const given = (value: unknown): unknown => {
    if (typeof value === 'string' && value.startsWith('$')) return inputs[Number(value.slice(1))];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, given(item)]));
  };
  const loss = (all as unknown as Readonly<Record<string, (...values: unknown[]) => Tensor>>)[f];
  if (loss === undefined) throw new Error(`there is no loss ${f}`);
  return loss(...args.map(given));
}
