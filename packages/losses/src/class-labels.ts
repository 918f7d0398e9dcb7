/** Class indices as labels: which entries of [N, C, …] they pick, which of them count, and which are none. */
import { DTypeError, iota, ShapeError, type Tensor } from '@hebb/tensor';
import { requireWithin } from '@hebb/tensor/arguments';

/** The label that does not count unless another one is named. */
export const defaultIgnoreIndex = -100;

export interface ClassLabels {
  /** bool [N, C, …]: whether it is the entry of the label. */
  readonly isLabel: Tensor;
  /** bool [N, …]: whether the label is not the ignored one. */
  readonly counts: Tensor;
  /** float32 [N, …]: 1 for labels that exist or do not count, NaN for all others. */
  readonly validity: Tensor;
}

/**
 * Throws {@link ShapeError} or {@link DTypeError} unless labels are int32 [N, …] beside scores [N, C, …], and {@link ArgumentError} naming the first that is no class and does not count, where
 * labels are known on the host.
 */
export function classLabels(
  op: string,
  name: string,
  scores: Tensor,
  labels: Tensor,
  ignoreIndex?: number,
): ClassLabels {
  const [batch = 0, classes = 0, ...rest] = scores.shape;
  if (labels.dtype !== 'int32') throw new DTypeError(`[${op}] labels must be int32 class indices, not ${labels}.`);
  if (labels.shape.join() !== [batch, ...rest].join()) {
    throw new ShapeError(
      `[${op}] ${name} ${scores} need class indices int32[${[batch, ...rest].join(',')}], not ${labels}.`,
      { hint: `The classes are axis 1 of the ${name}.` },
    );
  }
  const ignored = ignoreIndex ?? defaultIgnoreIndex;
  requireWithin(op, 'labels', labels, 0, classes - 1, 'class', ignored);
  const counts = labels.notEqual(ignored);
  const known = labels.greaterEqual(0).and(labels.less(classes));
  return {
    isLabel: iota([classes, ...rest.map(() => 1)], 0).equal(labels.unsqueeze(1)),
    counts,
    validity: known.or(counts.not()).where(1, NaN),
  };
}

/** The factors of classes [C] as float32 [C, 1, …], for scores [N, C, …]. Throws {@link ShapeError} where there is not one for each class. */
export function classFactors(op: string, name: string, scores: Tensor, weight: Tensor): Tensor {
  const [, classes = 0, ...rest] = scores.shape;
  if (weight.shape.join() !== String(classes)) {
    throw new ShapeError(
      `[${op}] weight must have one factor for each of the ${classes} classes of ${name} ${scores}, not ${weight}.`,
    );
  }
  return weight.to('float32').reshape([classes, ...rest.map(() => 1)]);
}

/** The weighted mean of what labels pick divides by the sum of the factors of those that count. */
export function countOf({ isLabel, counts }: ClassLabels, factors: Tensor | undefined): Tensor {
  const shares = factors === undefined ? counts.to('float32') : counts.where(isLabel.where(factors, 0).sum(1), 0);
  return shares.sum();
}
