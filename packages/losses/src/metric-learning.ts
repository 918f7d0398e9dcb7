/** Losses of embeddings: what belongs together lies near, what does not far apart. */
import { pairwiseDistance, ShapeError, Tensor } from '@hebb/tensor';
import {
  between,
  checkOptions,
  requireBoolean,
  requireFinite,
  requireFunction,
  requireTensor,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { hinge, marginOptions, type MarginOptions } from './margins.ts';
import { reduce, reductionOptions, roundedAs, type ReductionOptions } from './reduction.ts';
import { requireSameShape } from './shapes.ts';

export interface TripletOptions extends ReductionOptions {
  /** How much farther a negative has to be than a positive. Default 1. */
  margin?: number;
  /** Whether the distance from the positive to the negative counts where it is less than the anchor's (Balntas et al. 2016). Default false. */
  swap?: boolean;
}

export interface TripletMarginLossOptions extends TripletOptions {
  /** The exponent of the norm. Default 2. */
  p?: number;
  /** Is added to every difference. Default 1e-6. */
  eps?: number;
}

/** Distances [...] of vectors [..., d]. */
export type DistanceFunction = (a: Tensor, b: Tensor) => Tensor;

export interface TripletMarginWithDistanceLossOptions extends TripletOptions {
  /** Default {@link pairwiseDistance}. */
  distance?: DistanceFunction;
}

const tripletOptions: OptionNames<TripletOptions> = {
  ...reductionOptions,
  margin: requireFinite,
  swap: requireBoolean,
};
const normOptions: OptionNames<TripletMarginLossOptions> = {
  ...tripletOptions,
  p: between(0, Infinity),
  eps: requireFinite,
};
const distanceOptions: OptionNames<TripletMarginWithDistanceLossOptions> = {
  ...tripletOptions,
  distance: requireFunction,
};

/**
 * max(0, d(anchor, positive) − d(anchor, negative) + margin), with d the distance {@link pairwiseDistance} of exponent p; PyTorch's `triplet_margin_loss`.
 *
 * Balntas et al., "Learning shallow convolutional feature descriptors with triplet losses", 2016.
 *
 * Shape: anchor, positive and negative [..., d], the same → [] for 'mean' (default) and 'sum', [...] for 'none'. float16 of float16, computed in float32 and rounded once; else float32.
 *
 * Throws {@link ShapeError} where the shapes differ.
 *
 * ```ts
 * const [anchor, positive, negative] = [tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 5.5]])];
 * await tripletMarginLoss(anchor, positive, negative, { eps: 0 }).item();  // 0.5
 * ```
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginLossOptions = {},
): Tensor {
  checkOptions('tripletMarginLoss', options, normOptions);
  const { p = 2, eps = 1e-6 } = options;
  const distance = (a: Tensor, b: Tensor): Tensor => pairwiseDistance(a, b, { p, eps });
  return ofTriplets('tripletMarginLoss', [anchor, positive, negative], options, distance);
}

/**
 * max(0, d(anchor, positive) − d(anchor, negative) + margin) for any distance d; PyTorch's `triplet_margin_with_distance_loss`. Shapes as in {@link tripletMarginLoss}; what the function
 * gives may have any shape, the same each time.
 *
 * Throws {@link ShapeError} where the shapes differ, {@link ArgumentError} where the function gives no tensor.
 *
 * ```ts
 * const [anchor, positive, negative] = [tensor([[1, 0]]), tensor([[2, 0]]), tensor([[0, 3]])];
 * const distance: DistanceFunction = (a, b) => cosineSimilarity(a, b).neg().add(1);
 * await tripletMarginWithDistanceLoss(anchor, positive, negative, { distance, margin: 1.5 }).item();  // 0.5
 * ```
 */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginWithDistanceLossOptions = {},
): Tensor {
  checkOptions('tripletMarginWithDistanceLoss', options, distanceOptions);
  const { distance = pairwiseDistance } = options;
  return ofTriplets('tripletMarginWithDistanceLoss', [anchor, positive, negative], options, (a, b) => {
    const value: unknown = distance(a, b);
    if (!(value instanceof Tensor))
      throw wrongArgument('tripletMarginWithDistanceLoss', 'what distance returns', 'a tensor', value);
    return value;
  });
}

function ofTriplets(
  op: string,
  [anchor, positive, negative]: readonly [Tensor, Tensor, Tensor],
  { margin = 1, swap = false, reduction }: TripletOptions,
  distance: DistanceFunction,
): Tensor {
  requireTensor(op, 'anchor', anchor);
  requireTensor(op, 'positive', positive);
  requireTensor(op, 'negative', negative);
  requireSameShape(op, { anchor, positive, negative });
  const [a, p, n] = [anchor.to('float32'), positive.to('float32'), negative.to('float32')] as const;
  const near = distance(a, p);
  const far = swap ? distance(a, n).minimum(distance(p, n)) : distance(a, n);
  return roundedAs([anchor, positive, negative], reduce(hinge(near.sub(far).add(margin)), reduction));
}

/** Is added to squared norms, as in PyTorch, so that a vector of zeros has a similarity: 0. */
const epsilon = 1e-12;

/**
 * 1 − cos(x₁, x₂) where the target is 1, max(0, cos(x₁, x₂) − margin) where it is −1; PyTorch's `cosine_embedding_loss`. The margin is 0 unless given, and −1 … 1.
 *
 * Shape: first x₁ and second x₂ [N, d] or [d], the same; targets [N] or [], 1 or −1 → [] for 'mean' (default) and 'sum', the shape of the targets for 'none'. float16 of float16, computed in
 * float32 and rounded once; else float32.
 *
 * Throws {@link ShapeError} where the shapes do not fit.
 *
 * ```ts
 * const [first, second] = [tensor([[1, 0], [1, 0]]), tensor([[0, 2], [3, 3]])];
 * await cosineEmbeddingLoss(first, second, tensor([1, -1]), { reduction: 'none' }).toArray();  // [1, 0.7071068]
 * ```
 */
export function cosineEmbeddingLoss(
  first: Tensor,
  second: Tensor,
  targets: Tensor,
  options: MarginOptions = {},
): Tensor {
  requireTensor('cosineEmbeddingLoss', 'first', first);
  requireTensor('cosineEmbeddingLoss', 'second', second);
  requireTensor('cosineEmbeddingLoss', 'targets', targets);
  checkOptions('cosineEmbeddingLoss', options, marginOptions);
  const { margin = 0, reduction } = options;
  requireSameShape('cosineEmbeddingLoss', { first, second });
  if (first.ndim === 0 || targets.shape.join() !== first.shape.slice(0, -1).join()) {
    throw new ShapeError(
      `[cosineEmbeddingLoss] first ${first} and second ${second} need a target for each row, [${first.shape.slice(0, -1).join(', ')}], not ${targets}.`,
    );
  }
  const [x, y] = [first.to('float32'), second.to('float32')];
  const length = (v: Tensor): Tensor => v.square().sum(-1).add(epsilon).sqrt();
  const cosine = x.mul(y).sum(-1).div(length(x)).div(length(y));
  const losses = targets.equal(1).where(cosine.neg().add(1), targets.equal(-1).where(hinge(cosine.sub(margin)), 0));
  return roundedAs([first, second, targets], reduce(losses, reduction));
}
