/** Which classes are taken for which. */
import { ArgumentError } from '@hebb/tensor';
import {
  checkOptions,
  describe,
  listOf,
  requireInteger,
  requireString,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { textTable } from './text-table.ts';
import { classes, sameLength, withValues, type Flat, type TensorLike, type Values } from './values.ts';

export interface ConfusionMatrixJSON {
  readonly classNames: readonly string[];
  /** counts[label][prediction] */
  readonly counts: readonly (readonly number[])[];
}

/** Counts of (label, prediction) pairs; made by {@link confusionMatrix}. */
export class ConfusionMatrix {
  readonly classNames: readonly string[];
  /** `counts[label][prediction]`: number of examples. */
  readonly counts: readonly (readonly number[])[];

  constructor(counts: readonly (readonly number[])[], classNames: readonly string[]) {
    this.counts = counts;
    this.classNames = classNames;
  }

  /** Number of examples. */
  get total(): number {
    return this.counts.flat().reduce((sum, count) => sum + count, 0);
  }

  /** A table with the labels as rows and the predictions as columns. */
  toString(): string {
    const header = ['label \\ predicted', ...this.classNames];
    return textTable([header, ...this.counts.map((row, i) => [this.classNames[i] ?? '', ...row.map(String)])]);
  }

  toJSON(): ConfusionMatrixJSON {
    return { classNames: this.classNames, counts: this.counts };
  }
}

export interface ConfusionMatrixOptions {
  /** One per class. Default `'0'`, `'1'`, … */
  classNames?: readonly string[];
}

const matrixOptions: OptionNames<ConfusionMatrixOptions> = { classNames: listOf(requireString) };

/**
 * `counts[i][j]`: the number of examples with label i that were predicted to be j.
 *
 * ```ts
 * import { confusionMatrix } from '@hebb/evaluation';
 *
 * const matrix = confusionMatrix([0, 0, 1, 1], [0, 1, 1, 1], 2, { classNames: ['cat', 'dog'] });
 * matrix.counts; // [[1, 1], [0, 2]]
 * console.log(matrix.toString());
 * // label \ predicted  cat  dog
 * // cat                  1    1
 * // dog                  0    2
 * ```
 *
 * Source: `sklearn.metrics.confusion_matrix`. Labels come first here, as there.
 *
 * @param labels classes of shape [n]
 * @param predictions classes of shape [n]; see `argmax` for scores
 * @param classCount default: the largest class plus 1, or the number of `classNames`
 * @throws ShapeError if there are not as many predictions as labels; ArgumentError for classes out of range and for no
 *   examples.
 */
export function confusionMatrix(
  labels: Values,
  predictions: Values,
  classCount?: number,
  options?: ConfusionMatrixOptions,
): ConfusionMatrix;
export function confusionMatrix(
  labels: Values | TensorLike,
  predictions: Values | TensorLike,
  classCount?: number,
  options?: ConfusionMatrixOptions,
): ConfusionMatrix | Promise<ConfusionMatrix>;
export function confusionMatrix(
  labels: Values | TensorLike,
  predictions: Values | TensorLike,
  classCount?: number,
  options: ConfusionMatrixOptions = {},
): ConfusionMatrix | Promise<ConfusionMatrix> {
  if (classCount !== undefined) requireInteger('confusionMatrix', 'classCount', classCount, 1);
  checkOptions('confusionMatrix', options, matrixOptions);
  return withValues('confusionMatrix', labels, predictions, (labelValues, predictionValues) =>
    countPairs('confusionMatrix', labelValues, predictionValues, classCount, options),
  );
}

export function countPairs(
  where: string,
  labelValues: Flat,
  predictionValues: Flat,
  givenCount: number | undefined,
  { classNames }: ConfusionMatrixOptions,
): ConfusionMatrix {
  const given = givenCount ?? classNames?.length;
  if (given !== undefined && (!Number.isInteger(given) || given < 1)) {
    throw new ArgumentError(`[${where}] classCount must be a positive integer, got ${describe(given)}.`);
  }
  if (classNames !== undefined && given !== classNames.length) {
    throw new ArgumentError(`[${where}] there are ${classNames.length} classNames for ${given} classes.`);
  }
  const labels = classes(where, 'labels', labelValues, given);
  const predictions = classes(where, 'predictions', predictionValues, given);
  sameLength(where, 'predictions', predictions.length, 'labels', labels.length);
  const count =
    given ??
    1 +
      labels.reduce(
        (max, c) => Math.max(max, c),
        predictions.reduce((max, c) => Math.max(max, c), 0),
      );
  if (given === undefined && count > 10_000) {
    throw new ArgumentError(`[${where}] the largest class is ${count - 1}: these do not look like classes.`, {
      hint: 'Pass classCount if they are.',
    });
  }
  const counts = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  labels.forEach((label, i) => {
    const row = counts[label];
    const prediction = predictions[i] ?? 0;
    if (row !== undefined) row[prediction] = (row[prediction] ?? 0) + 1;
  });
  return new ConfusionMatrix(counts, classNames ?? counts.map((_, i) => String(i)));
}
