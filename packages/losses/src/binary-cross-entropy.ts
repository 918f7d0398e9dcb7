import { composite, type CompositeDefinition, type Tensor } from '@hebb/tensor';
import { checkOptions, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { requireProbabilities } from './probabilities.ts';
import { reduce, reductionOptions, roundedAs, type ReductionOptions } from './reduction.ts';
import { factorsFor, requireSameShape } from './shapes.ts';

export interface BinaryCrossEntropyOptions extends ReductionOptions {
  /** Factor of each element's loss; broadcasts to the probabilities. */
  weight?: Tensor;
}

export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** Factor of the loss of positive targets, one per class or one for all; broadcasts to the logits. */
  positiveWeight?: Tensor;
}

const binaryOptions: OptionNames<BinaryCrossEntropyOptions> = { ...reductionOptions, weight: requireTensor };
const withLogitsOptions: OptionNames<BinaryCrossEntropyWithLogitsOptions> = {
  ...binaryOptions,
  positiveWeight: requireTensor,
};

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
 * Throws {@link ShapeError} where the shapes differ, or weights do not broadcast to them, `ArgumentError` for targets outside of 0 … 1 where they are known on the host.
 *
 * ```ts
 * await binaryCrossEntropyWithLogits(tensor([0]), tensor([1])).item();  // ln 2
 * ```
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  targets: Tensor,
  options: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor {
  requireTensor('binaryCrossEntropyWithLogits', 'logits', logits);
  requireTensor('binaryCrossEntropyWithLogits', 'targets', targets);
  checkOptions('binaryCrossEntropyWithLogits', options, withLogitsOptions);
  const { reduction, weight, positiveWeight } = options;
  requireSameShape('binaryCrossEntropyWithLogits', { logits, targets });
  requireProbabilities('binaryCrossEntropyWithLogits', targets);
  const [x, y] = [logits.to('float32'), targets.to('float32')];
  // For targets in 0 … 1 a sum of two terms of one sign: nothing cancels, in the loss or in its gradient.
  let positive = y.mul(composite(softplusOfNegative, {}, [x]));
  if (positiveWeight !== undefined)
    positive = positive.mul(factorsFor('binaryCrossEntropyWithLogits', 'positiveWeight', positiveWeight, x));
  const negative = y
    .neg()
    .add(1)
    .mul(composite(softplus, {}, [x]));
  let losses = positive.add(negative);
  if (weight !== undefined) losses = losses.mul(factorsFor('binaryCrossEntropyWithLogits', 'weight', weight, x));
  return roundedAs([logits, targets, weight, positiveWeight], reduce(losses, reduction));
}

/** What a logarithm is at least, so that probabilities 0 and 1 have a finite loss. */
const leastLogarithm = -100;

/** Of probabilities p and targets y. */
const clampedCrossEntropy: CompositeDefinition = {
  name: 'binaryCrossEntropy',
  body(_, p, y) {
    const [positive, negative] = logarithms(p);
    return y.mul(positive).add(y.neg().add(1).mul(negative)).neg();
  },
  // PyTorch's: not 0 where the logarithm is cut off, but (p − y) / max(p (1 − p), 10⁻¹²).
  gradient(_, cotangent, _output, p, y) {
    const [positive, negative] = logarithms(p);
    const variance = p.neg().add(1).mul(p).maximum(1e-12);
    return [cotangent.mul(p.sub(y).div(variance)), cotangent.mul(negative.sub(positive))];
  },
};

/** ln p and ln(1 − p), cut off. */
function logarithms(p: Tensor): readonly [Tensor, Tensor] {
  return [p.log().maximum(leastLogarithm), p.neg().log1p().maximum(leastLogarithm)];
}

/**
 * −[y · ln p + (1 − y) · ln(1 − p)] of probabilities p, with logarithms cut off at −100, so that the loss is at most 100; PyTorch's `binary_cross_entropy`, with its
 * gradient (p − y) / max(p (1 − p), 10⁻¹²). Of logits take {@link binaryCrossEntropyWithLogits}, which keeps digits that a probability near 1 has lost.
 *
 * Shape: probabilities [...] and targets [...], both in 0 … 1 → [] for 'mean' (default) and 'sum', [...] for 'none'. float16 of float16, computed in float32 and rounded once;
 * else float32. Probabilities are computed on the device, so that one outside 0 … 1 cannot throw; it makes the loss NaN.
 *
 * Throws {@link ShapeError} where the shapes differ, or the weight does not broadcast to them, `ArgumentError` for targets outside of 0 … 1 where they are known on the host.
 *
 * ```ts
 * await binaryCrossEntropy(tensor([0.5, 0]), tensor([1, 1]), { reduction: 'none' }).toArray();  // [0.6931472, 100]
 * ```
 */
export function binaryCrossEntropy(
  probabilities: Tensor,
  targets: Tensor,
  options: BinaryCrossEntropyOptions = {},
): Tensor {
  requireTensor('binaryCrossEntropy', 'probabilities', probabilities);
  requireTensor('binaryCrossEntropy', 'targets', targets);
  checkOptions('binaryCrossEntropy', options, binaryOptions);
  const { reduction, weight } = options;
  requireSameShape('binaryCrossEntropy', { probabilities, targets });
  requireProbabilities('binaryCrossEntropy', targets);
  const [p, y] = [probabilities.to('float32'), targets.to('float32')];
  const losses = composite(clampedCrossEntropy, {}, [p, y]);
  const weighted = weight === undefined ? losses : losses.mul(factorsFor('binaryCrossEntropy', 'weight', weight, p));
  return roundedAs([probabilities, targets, weight], reduce(weighted, reduction));
}
