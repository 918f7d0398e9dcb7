/** Errors of predicted numbers. */
import { ArgumentError, ShapeError } from '@hebb/tensor';
import { sameLength, withValues, type TensorLike, type Values } from './values.ts';

/**
 * (1 / N) Σ (prediction − target)² over all N numbers.
 *
 * ```ts
 * import { meanSquaredError } from '@hebb/evaluation';
 *
 * meanSquaredError([2.5, 0, 2, 8], [3, -0.5, 2, 7]); // 0.375
 * ```
 *
 * Source: `sklearn.metrics.mean_squared_error`.
 *
 * @param predictions any shape
 * @param targets the same shape
 * @throws ShapeError for different shapes; ArgumentError for no numbers, or numbers that are not finite.
 */
export function meanSquaredError(predictions: Values, targets: Values): number;
export function meanSquaredError(
  predictions: Values | TensorLike,
  targets: Values | TensorLike,
): number | Promise<number>;
export function meanSquaredError(
  predictions: Values | TensorLike,
  targets: Values | TensorLike,
): number | Promise<number> {
  return meanOf('meanSquaredError', predictions, targets, (difference) => difference * difference);
}

/**
 * √ of {@link meanSquaredError}, in the unit of the targets.
 *
 * ```ts
 * import { rootMeanSquaredError } from '@hebb/evaluation';
 *
 * rootMeanSquaredError([1, 5], [1, 1]); // √8 = 2.8284…
 * ```
 */
export function rootMeanSquaredError(predictions: Values, targets: Values): number;
export function rootMeanSquaredError(
  predictions: Values | TensorLike,
  targets: Values | TensorLike,
): number | Promise<number>;
export function rootMeanSquaredError(
  predictions: Values | TensorLike,
  targets: Values | TensorLike,
): number | Promise<number> {
  const mean = meanOf('rootMeanSquaredError', predictions, targets, (difference) => difference * difference);
  return typeof mean === 'number' ? Math.sqrt(mean) : mean.then(Math.sqrt);
}

/**
 * (1 / N) Σ |prediction − target|; otherwise as {@link meanSquaredError}.
 *
 * ```ts
 * import { meanAbsoluteError } from '@hebb/evaluation';
 *
 * meanAbsoluteError([2.5, 0, 2, 8], [3, -0.5, 2, 7]); // 0.5
 * ```
 *
 * Source: `sklearn.metrics.mean_absolute_error`.
 */
export function meanAbsoluteError(predictions: Values, targets: Values): number;
export function meanAbsoluteError(
  predictions: Values | TensorLike,
  targets: Values | TensorLike,
): number | Promise<number>;
export function meanAbsoluteError(
  predictions: Values | TensorLike,
  targets: Values | TensorLike,
): number | Promise<number> {
  return meanOf('meanAbsoluteError', predictions, targets, Math.abs);
}

/**
 * R² = 1 − Σ (target − prediction)² / Σ (target − mean target)²: 1 for perfect predictions, 0 for predicting the mean.
 * For targets of shape [n, outputs], the mean over the outputs. Where all targets are equal: 1 if the predictions are
 * right, else 0.
 *
 * ```ts
 * import { r2Score } from '@hebb/evaluation';
 *
 * r2Score([2.5, 0, 2, 8], [3, -0.5, 2, 7]); // 0.9486…
 * ```
 *
 * Source: `sklearn.metrics.r2_score` (there, targets come first).
 *
 * @param predictions shape [n] or [n, outputs]
 * @param targets the same shape
 * @throws as {@link meanSquaredError}; ArgumentError for fewer than two examples.
 */
export function r2Score(predictions: Values, targets: Values): number;
export function r2Score(predictions: Values | TensorLike, targets: Values | TensorLike): number | Promise<number>;
export function r2Score(predictions: Values | TensorLike, targets: Values | TensorLike): number | Promise<number> {
  const where = 'r2Score';
  return paired(where, predictions, targets, (predicted, target, outputs) => {
    const count = target.length / outputs;
    if (count < 2) throw new ArgumentError(`[${where}] R² takes at least two examples, got ${count}.`);
    let total = 0;
    for (let output = 0; output < outputs; output++) {
      let mean = 0;
      for (let i = output; i < target.length; i += outputs) mean += (target[i] ?? 0) / count;
      let residual = 0;
      let spread = 0;
      for (let i = output; i < target.length; i += outputs) {
        residual += ((target[i] ?? 0) - (predicted[i] ?? 0)) ** 2;
        spread += ((target[i] ?? 0) - mean) ** 2;
      }
      total += spread === 0 ? (residual === 0 ? 1 : 0) : 1 - residual / spread;
    }
    return total / outputs;
  });
}

function meanOf(
  where: string,
  predictions: Values | TensorLike,
  targets: Values | TensorLike,
  f: (difference: number) => number,
): number | Promise<number> {
  return paired(where, predictions, targets, (predicted, target) => {
    let sum = 0;
    for (let i = 0; i < target.length; i++) sum += f((predicted[i] ?? 0) - (target[i] ?? 0));
    return sum / target.length;
  });
}

function paired(
  where: string,
  predictions: Values | TensorLike,
  targets: Values | TensorLike,
  compute: (predicted: ArrayLike<number>, target: ArrayLike<number>, outputs: number) => number,
): number | Promise<number> {
  return withValues(where, predictions, targets, (predicted, target) => {
    sameLength(where, 'predictions', predicted.data.length, 'targets', target.data.length);
    // [n] and [n, 1] go together; [2, 3] and [3, 2] do not.
    const significant = (shape: readonly number[]): string => shape.join(',').replace(/(,1)+$/, '');
    const shape = target.shape ?? predicted.shape;
    if (predicted.shape && target.shape && significant(predicted.shape) !== significant(target.shape)) {
      throw new ShapeError(
        `[${where}] predictions have the shape [${predicted.shape.join(',')}], targets [${target.shape.join(',')}].`,
      );
    }
    if (target.data.length === 0) throw new ArgumentError(`[${where}] there are no predictions and targets.`);
    for (const [name, { data }] of Object.entries({ predictions: predicted, targets: target })) {
      for (let i = 0; i < data.length; i++) {
        if (!Number.isFinite(data[i]))
          throw new ArgumentError(`[${where}] ${name}[${i}] is ${String(data[i])}, not a finite number.`);
      }
    }
    const outputs = shape === undefined || shape.length < 2 ? 1 : target.data.length / (shape[0] ?? 1);
    return compute(predicted.data, target.data, outputs);
  });
}
