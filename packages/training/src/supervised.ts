/** The usual task: a model learns to give a target for an input. */
import type { Module } from '@hebb/layers';
import { minimize, type TrainingOptimizer } from '@hebb/optimizers';
import { Tensor } from '@hebb/tensor';
import { describe, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { requireLossFunction, requireModel, requireOptimizer } from './checks.ts';
import { TrainingError } from './errors.ts';
import { lossOf, outputOf, type LossFunction } from './predict.ts';
import type { Task } from './task.ts';
import { requireParametersOf } from './trainable.ts';

/** An input, and the target that belongs to it, example by example. */
export interface SupervisedBatch {
  readonly x: Tensor;
  readonly y: Tensor;
}

export interface SupervisedOptions {
  /** The mean loss of a batch, a single number, e.g. `crossEntropy`. */
  loss: LossFunction;
  /** Made for the model, or for some of its parameters: the others stay as they are. */
  optimizer: TrainingOptimizer;
}

const supervisedOptions: OptionNames<SupervisedOptions> = { loss: true, optimizer: true };

/**
 * The task of learning `y` from `x`: one step is loss(model.forward(x), y), its gradients, and a step of the optimizer. What
 * `fit(model, data, { loss, optimizer, … })` trains.
 *
 * ```ts
 * await fit(supervised(model, { loss: crossEntropy, optimizer }), data, { epochs: 10 });
 * ```
 *
 * Throws TrainingError for a model, loss or optimizer that is none, and for an optimizer that was made for another model.
 */
export function supervised(model: Module, options: SupervisedOptions): Task<SupervisedBatch> {
  requireOptions('supervised', options, supervisedOptions);
  return supervisedTask('supervised', model, options);
}

export function supervisedTask(
  where: string,
  model: Module,
  { loss, optimizer }: SupervisedOptions,
): Task<SupervisedBatch> {
  requireModel(where, model);
  requireLossFunction(where, loss);
  requireOptimizer(where, optimizer);
  requireParametersOf(where, model, optimizer);
  const forward = (x: Tensor): Tensor => outputOf(where, model, x);
  return {
    parts: { model, optimizer },
    step(batch) {
      requireParametersOf(where, model, optimizer); // the model may have been changed since
      const { x, y } = requireSupervised(where, batch);
      return minimize(optimizer, () => lossOf(where, loss, forward(x), y));
    },
    validate(batch) {
      const { x, y } = requireSupervised(where, batch);
      return lossOf(where, loss, forward(x), y);
    },
    output: ({ x }) => forward(x),
  };
}

/** Throws TrainingError for a batch that is anything but tensors `x` and `y` of equally many examples. */
export function requireSupervised(where: string, batch: SupervisedBatch): SupervisedBatch {
  const { x, y } = batch as Partial<SupervisedBatch>;
  const fields = Object.keys(batch).join(', ') || 'none';
  if (x === undefined) {
    throw new TrainingError(`[${where}] a batch must have the field x, the input; it has ${fields}.`, {
      hint: 'Name the fields of the dataset x and y, or rename them in the loader’s transform. For other batches write a task: fit({ parts, step }, data, …).',
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
    // prettier-ignore
    if (field instanceof Tensor) continue;
    throw new TrainingError(
      `[${where}] the field ${name} of a batch must be { data: typed array, shape: number[] } or a tensor, not ${describe(field)}.`,
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
