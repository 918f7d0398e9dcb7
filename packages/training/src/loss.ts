/** What a model and a loss function make of a batch: one number, whether its examples have weights or not. */
import type { Module } from '@hebb/layers';
import { Tensor } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import { TrainingError } from './errors.ts';

/**
 * The mean loss of a batch, as the functions of `@hebb/losses` give it. Where the examples have weights, it is called with
 * `{ reduction: 'none' }` and gives a loss for each.
 */
export type LossFunction = (output: Tensor, target: Tensor, options?: { reduction: 'none' }) => Tensor;

/** What `model.forward` returns, which must be a tensor. */
export function outputOf(where: string, model: Module, x: Tensor): Tensor {
  const output: unknown = model.forward(x);
  if (output instanceof Tensor) return output;
  throw new TrainingError(`[${where}] the model’s forward must return a tensor, not ${describe(output)}.`, {
    hint:
      output === undefined
        ? 'Does it end with return?'
        : output instanceof Promise
          ? 'It must not be async: it records, and values are read afterwards.'
          : 'Give the model a forward that returns the one output that the loss takes, or write a task: fit({ parts, step }, data, …).',
  });
}

/** The loss of a batch, which must be a single number. */
export function lossOf(where: string, loss: LossFunction, output: Tensor, target: Tensor, weight?: Tensor): Tensor {
  if (weight !== undefined) return weightedLoss(where, loss, output, target, weight);
  const value: unknown = loss(output, target);
  if (value instanceof Tensor && value.size === 1) return value;
  throw new TrainingError(`[${where}] the loss must be a single number per batch, a tensor, not ${describe(value)}.`, {
    hint:
      value instanceof Tensor
        ? 'Take its mean: (output, target) => loss(output, target).mean().'
        : value === undefined
          ? 'Does the function return what it computes?'
          : 'Compute it with tensors, without reading values: (output, target) => output.sub(target).square().mean().',
  });
}

/** Σ wᵢ lᵢ / Σ wᵢ over the examples i of a batch; lᵢ is the mean of what the loss gives for example i. */
function weightedLoss(where: string, loss: LossFunction, output: Tensor, target: Tensor, weight: Tensor): Tensor {
  const [examples] = output.shape;
  if (weight.ndim !== 1 || weight.shape[0] !== examples) {
    throw new TrainingError(
      `[${where}] the field weight of a batch must hold one number for each example, float32[${examples}], not ${weight}.`,
      {
        hint: 'Weights of classes belong to the loss: crossEntropy(output, target, { weight }).',
      },
    );
  }
  const losses: unknown = loss(output, target, { reduction: 'none' });
  if (!(losses instanceof Tensor) || losses.shape[0] !== examples) {
    throw new TrainingError(
      `[${where}] the examples have weights, so the loss must give one number for each of them, not ${describe(losses)}.`,
      {
        hint: "It is called with { reduction: 'none' } as its third argument: pass that on, (output, target, options) => crossEntropy(output, target, { labelSmoothing: 0.1, ...options }).",
      },
    );
  }
  const each = losses.ndim === 1 ? losses : losses.mean(losses.shape.slice(1).map((_, axis) => axis + 1));
  const weights = weight.to('float32');
  return each.mul(weights).sum().div(weights.sum());
}
