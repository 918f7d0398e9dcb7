/** The usual task: a model learns to give a target for an input. */
import type { Module } from '@hebb/layers';
import { Accumulation, minimize, type TrainingOptimizer } from '@hebb/optimizers';
import { Tensor } from '@hebb/tensor';
import { describe, requireBoolean, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { requireLossFunction, requireModel, requireOptimizer, wrong } from './checks.ts';
import { TrainingError } from './errors.ts';
import { lossOf, outputOf, type LossFunction } from './loss.ts';
import type { Task } from './task.ts';
import { requireParametersOf } from './trainable.ts';

/** An input, and the target that belongs to it, example by example. */
export interface SupervisedBatch {
  readonly x: Tensor;
  readonly y: Tensor;
  /** How much each example counts: float32 [examples], ≥ 0. Default: all alike. */
  readonly weight?: Tensor;
}

export interface SupervisedOptions {
  /** The mean loss of a batch, a single number, e.g. `crossEntropy`. */
  loss: LossFunction;
  /** Made for the model, or for some of its parameters: the others stay as they are. */
  optimizer: TrainingOptimizer;
  /** The largest norm of all gradients together; larger ones are scaled down to it. Default: none. */
  clipNorm?: number;
  /** The largest absolute value in a gradient, before the norm. Default: none. */
  clipValue?: number;
  /** Steps whose gradients are averaged for one update: as if the batch were so many times as large. Default 1. */
  accumulate?: number;
  /** Whether steps and validation are compiled; `false` records each anew, for looking at values in `forward`. Default true. */
  compiled?: boolean;
}

export const supervisedOptions: OptionNames<SupervisedOptions> = {
  loss: true,
  optimizer: true,
  clipNorm: true,
  clipValue: true,
  accumulate: true,
  compiled: true,
};

/**
 * The task of learning `y` from `x`: one step is loss(model.forward(x), y), its gradients, and a step of the optimizer. What
 * `fit(model, data, { loss, optimizer, … })` trains.
 *
 * ```ts
 * await fit(supervised(model, { loss: crossEntropy, optimizer }), data, { epochs: 10 });
 * ```
 *
 * Where batches have the field `weight`, the loss is Σ wᵢ lᵢ / Σ wᵢ over the examples; means over an epoch or the validation data are weighted alike.
 * Of gradients accumulated when the run ends, those that are no whole group make no update.
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
  { loss, optimizer: given, clipNorm, clipValue, accumulate = 1, compiled = true }: SupervisedOptions,
): Task<SupervisedBatch> {
  requireModel(where, model);
  requireLossFunction(where, loss);
  requireOptimizer(where, given);
  requireParametersOf(where, model, given);
  requirePositive(where, { clipNorm, clipValue });
  requireBoolean(where, 'compiled', compiled);
  if (!Number.isSafeInteger(accumulate) || accumulate < 1)
    throw wrong(where, 'accumulate', 'a positive integer', accumulate);
  const optimizer = accumulate === 1 ? given : new Accumulation(given, { steps: accumulate });
  const clipping = { ...(clipNorm !== undefined && { clipNorm }), ...(clipValue !== undefined && { clipValue }) };
  const forward = (x: Tensor): Tensor => outputOf(where, model, x);
  return {
    parts: { model, optimizer },
    compiled,
    step(batch) {
      requireParametersOf(where, model, optimizer); // the model may have been changed since
      const { x, y, weight } = requireSupervised(where, batch);
      return minimize(optimizer, () => lossOf(where, loss, forward(x), y, weight), clipping);
    },
    validate(batch) {
      const { x, y, weight } = requireSupervised(where, batch);
      return lossOf(where, loss, forward(x), y, weight);
    },
    output: ({ x }) => forward(x),
  };
}

/** Throws TrainingError for a batch that is anything but tensors `x` and `y` of equally many examples. */
export function requireSupervised(where: string, batch: SupervisedBatch): SupervisedBatch {
  const { x, y, weight } = batch as Partial<SupervisedBatch>;
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
  return { x, y, ...(weight !== undefined && { weight }) };
}

function requirePositive(where: string, numbers: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(numbers))
    if (value !== undefined && !(typeof value === 'number' && value > 0 && value < Infinity))
      throw wrong(where, name, 'a number > 0', value);
}
