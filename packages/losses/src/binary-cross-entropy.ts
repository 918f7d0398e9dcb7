import { composite, type CompositeDefinition, type Tensor } from '@hebb/tensor';
import { checkOptions, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { reduce, requireReduction, roundedAs, type ReductionOptions } from './reduction.ts';
import { requireSameShape } from './same-shape.ts';

export interface BinaryCrossEntropyOptions extends ReductionOptions {
  /** Factor of each element's loss; broadcasts to the logits. */
  weight?: Tensor;
  /** Factor of the loss of positive targets, one per class or one for all; broadcasts to the logits. */
  positiveWeight?: Tensor;
}

const binaryOptions: OptionNames<BinaryCrossEntropyOptions> = { reduction: true, weight: true, positiveWeight: true };

/** ln(1 + e^−|x|) */
const tail = (x: Tensor): Tensor => x.abs().neg().exp().log1p();

/** −ln σ(−x) = ln(1 + eˣ), accurate and without overflow over the whole range; its derivative is σ(x), also at 0. */
const softplus: CompositeDefinition = {
  name: 'softplus',
  body: (_, x) => x.relu().add(tail(x)),
  gradient: (_, cotangent, _output, x) => [cotangent.mul(x.sigmoid())],
};

/** −ln σ(x) = ln(1 + e⁻ˣ), likewise; its derivative is −σ(−x). Written over x itself, so that both share their tail. */
const softplusOfNegative: CompositeDefinition = {
  name: 'softplusOfNegative',
  body: (_, x) => x.neg().relu().add(tail(x)),
  gradient: (_, cotangent, _output, x) => [cotangent.mul(x.neg().sigmoid()).neg()],
};

/**
 * −[p · y · ln σ(x) + (1 − y) · ln(1 − σ(x))], computed from logits x without overflow, with p = `positiveWeight` (default 1);
 * PyTorch's `binary_cross_entropy_with_logits`.
 *
 * Shape: logits [...] and targets [...] with values in 0 … 1 → [] for 'mean' (default) and 'sum', [...] for 'none'. float16
 * of float16, computed in float32 and rounded once; else float32.
 *
 * Throws {@link ShapeError} where the shapes differ.
 *
 * ```ts
 * await binaryCrossEntropyWithLogits(tensor([0]), tensor([1])).item();  // ln 2
 * ```
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  targets: Tensor,
  options: BinaryCrossEntropyOptions = {},
): Tensor {
  requireTensor('binaryCrossEntropyWithLogits', 'logits', logits);
  requireTensor('binaryCrossEntropyWithLogits', 'targets', targets);
  checkOptions('binaryCrossEntropyWithLogits', options, binaryOptions);
  const { reduction = 'mean', weight, positiveWeight } = options;
  if (weight !== undefined) requireTensor('binaryCrossEntropyWithLogits', 'weight', weight);
  if (positiveWeight !== undefined) requireTensor('binaryCrossEntropyWithLogits', 'positiveWeight', positiveWeight);
  requireReduction('binaryCrossEntropyWithLogits', reduction);
  requireSameShape('binaryCrossEntropyWithLogits', 'logits', logits, targets);
  const [x, y] = [logits.to('float32'), targets.to('float32')];
  // For targets in 0 … 1 a sum of two terms of one sign: nothing cancels, in the loss or in its gradient.
  const positive = y.mul(composite(softplusOfNegative, {}, [x]));
  const negative = y
    .neg()
    .add(1)
    .mul(composite(softplus, {}, [x]));
  const losses = (positiveWeight === undefined ? positive : positive.mul(positiveWeight.to('float32'))).add(negative);
  const weighted = weight === undefined ? losses : losses.mul(weight.to('float32'));
  return roundedAs([logits, targets, weight, positiveWeight], reduce(weighted, reduction));
}
