import { composite, ShapeError, type CompositeDefinition, type Tensor } from '@hebb/tensor';
import { reduce, requireReduction, type ReductionOptions } from './reduction.ts';

export interface BinaryCrossEntropyOptions extends ReductionOptions {
  /** Factor of each element's loss; broadcasts to the logits. */
  weight?: Tensor;
  /** Factor of the loss of positive targets, one per class or one for all; broadcasts to the logits. */
  positiveWeight?: Tensor;
}

/** ln(1 + eˣ), without overflow; its derivative is the sigmoid, also at 0. */
const softplusDefinition: CompositeDefinition = {
  name: 'softplus',
  body: (_, x) => x.relu().add(x.abs().neg().exp().add(1).log()),
  gradient: (_, cotangent, _output, x) => [cotangent.mul(x.sigmoid())],
};

function softplus(x: Tensor): Tensor {
  return composite(softplusDefinition, {}, [x]);
}

/**
 * −[p · y · ln σ(x) + (1 − y) · ln(1 − σ(x))], computed from logits x without overflow, with p = `positiveWeight` (default 1);
 * PyTorch's `binary_cross_entropy_with_logits`.
 *
 * Shape: logits float32[...] and targets [...] with values in 0 … 1 → [] for 'mean' (default) and 'sum', [...] for 'none'.
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
  const { reduction = 'mean', weight, positiveWeight } = options;
  requireReduction('binaryCrossEntropyWithLogits', reduction);
  if (logits.shape.join() !== targets.shape.join()) {
    throw new ShapeError(
      `[binaryCrossEntropyWithLogits] logits ${logits} and targets ${targets} must have the same shape.`,
    );
  }
  const [x, y] = [logits.to('float32'), targets.to('float32')];
  // −ln σ(x) = softplus(−x) and −ln(1 − σ(x)) = softplus(x) = x + softplus(−x).
  const losses =
    positiveWeight === undefined
      ? softplus(x).sub(x.mul(y))
      : y
          .neg()
          .add(1)
          .mul(x)
          .add(y.mul(positiveWeight.sub(1)).add(1).mul(softplus(x.neg())));
  return reduce(weight === undefined ? losses : losses.mul(weight), reduction);
}
