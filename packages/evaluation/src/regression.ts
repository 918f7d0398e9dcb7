/** Errors of predicted numbers. */
import { ArgumentError, ShapeError } from '@hebb/tensor';
import { defineMetric, meanMetric, type CallableMetric, type MetricState } from './metric.ts';
import { Growing } from './growing.ts';
import { Moments } from './moments.ts';
import { sameLength, type ShapedValues } from './values.ts';
import { requireMeasured, weighting } from './weights.ts';

/**
 * (1 / N) Σ (prediction − target)² over all N numbers; with weights, the weighted mean over the examples of the mean over each one's numbers.
 *
 * ```ts
 * import { meanSquaredError } from '@hebb/evaluation';
 *
 * meanSquaredError([2.5, 0, 2, 8], [3, -0.5, 2, 7]); // 0.375
 * meanSquaredError.goal; // 'min'
 * ```
 *
 * Predictions and targets have the same shape, whose first axis counts the examples. Source: `sklearn.metrics.mean_squared_error`.
 *
 * Throws ShapeError for different shapes; ArgumentError for no numbers, or numbers that are not finite.
 */
export const meanSquaredError: CallableMetric = /* @__PURE__ */ meanMetric({
  name: 'meanSquaredError',
  goal: 'min',
  score: (predictions, targets) => errors('meanSquaredError', predictions, targets, (d) => d * d),
});

/**
 * √ of {@link meanSquaredError}, in the unit of the targets.
 *
 * ```ts
 * import { rootMeanSquaredError } from '@hebb/evaluation';
 *
 * rootMeanSquaredError([1, 5], [1, 1]); // √8 = 2.8284…
 * ```
 */
export const rootMeanSquaredError: CallableMetric = /* @__PURE__ */ meanMetric({
  name: 'rootMeanSquaredError',
  goal: 'min',
  score: (predictions, targets) => errors('rootMeanSquaredError', predictions, targets, (d) => d * d),
  finish: Math.sqrt,
});

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
export const meanAbsoluteError: CallableMetric = /* @__PURE__ */ meanMetric({
  name: 'meanAbsoluteError',
  goal: 'min',
  score: (predictions, targets) => errors('meanAbsoluteError', predictions, targets, Math.abs),
});

/**
 * (1 / N) Σ |prediction − target| / max(|target|, ε) with the float64 ε = 2⁻⁵²: 0.1 is ten per cent; targets of 0 make it very large.
 *
 * ```ts
 * import { meanAbsolutePercentageError } from '@hebb/evaluation';
 *
 * meanAbsolutePercentageError([9, 22], [10, 20]); // 0.1
 * ```
 *
 * Source: `sklearn.metrics.mean_absolute_percentage_error`.
 */
export const meanAbsolutePercentageError: CallableMetric = /* @__PURE__ */ meanMetric({
  name: 'meanAbsolutePercentageError',
  goal: 'min',
  score: (predictions, targets) =>
    errors(
      'meanAbsolutePercentageError',
      predictions,
      targets,
      (d, target) => Math.abs(d) / Math.max(Math.abs(target), Number.EPSILON),
    ),
});

/**
 * The median of |prediction − target|, which a few large errors do not move. For targets of shape [n, outputs], the mean over the outputs.
 *
 * ```ts
 * import { medianAbsoluteError } from '@hebb/evaluation';
 *
 * medianAbsoluteError([2.5, 0, 2, 80], [3, -0.5, 2, 7]); // 0.5
 * ```
 *
 * Exact: the error of every number is kept (8 bytes). It takes no weights. Source: `sklearn.metrics.median_absolute_error`.
 */
export const medianAbsoluteError: CallableMetric = /* @__PURE__ */ defineMetric({
  name: 'medianAbsoluteError',
  goal: 'min',
  start: () => new MedianState(),
});

class MedianState implements MetricState {
  readonly #errors = new Growing((length) => new Float64Array(length));
  #width = 1;

  update(predictions: ShapedValues, targets: ShapedValues, weights?: ArrayLike<number>): void {
    const where = 'medianAbsoluteError';
    if (weights !== undefined) throw new ArgumentError(`[${where}] takes no weights.`);
    this.#width = requirePairs(where, predictions, targets);
    for (let i = 0; i < targets.data.length; i++)
      this.#errors.push(Math.abs((predictions.data[i] ?? 0) - (targets.data[i] ?? 0)));
  }

  merge(other: MedianState): void {
    this.#width = other.#width;
    this.#errors.append(other.#errors.values);
  }

  value(): number {
    requireMeasured('medianAbsoluteError', this.#errors.length);
    const width = this.#width;
    const medians = Array.from({ length: width }, (_, output) => {
      const sorted = this.#errors.values.filter((_, i) => i % width === output).sort();
      const middle = (sorted.length - 1) / 2;
      return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
    });
    return medians.reduce((sum, median) => sum + median, 0) / width;
  }
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
 * Source: `sklearn.metrics.r2_score` (there, targets come first). The means of batches are put together as in Chan, Golub and LeVeque (1979).
 *
 * Throws as {@link meanSquaredError}; ArgumentError for fewer than two examples.
 */
export const r2Score: CallableMetric = /* @__PURE__ */ defineMetric({
  name: 'r2Score',
  goal: 'max',
  start: () => new R2State(),
});

class R2State implements MetricState {
  #outputs: { spread: Moments; residual: Moments }[] = [];
  #count = 0;

  update(predictions: ShapedValues, targets: ShapedValues, weights?: ArrayLike<number>): void {
    const where = 'r2Score';
    const width = requirePairs(where, predictions, targets);
    const count = targets.data.length / width;
    const weightOf = weighting(where, weights, count);
    this.#of(width);
    for (let example = 0; example < count; example++) {
      const weight = weightOf(example);
      if (weight === 0) continue;
      this.#count++;
      this.#outputs.forEach(({ spread, residual }, output) => {
        const target = targets.data[example * width + output] ?? 0;
        spread.add(target, weight);
        residual.add((target - (predictions.data[example * width + output] ?? 0)) ** 2, weight);
      });
    }
  }

  merge(other: R2State): void {
    if (other.#outputs.length === 0) return;
    this.#of(other.#outputs.length);
    this.#count += other.#count;
    other.#outputs.forEach((output, i) => {
      this.#outputs[i]?.spread.merge(output.spread);
      this.#outputs[i]?.residual.merge(output.residual);
    });
  }

  value(): number {
    if (this.#count < 2) throw new ArgumentError(`[r2Score] R² takes at least two examples, got ${this.#count}.`);
    const scores = this.#outputs.map(({ spread, residual }) => {
      if (spread.squares === 0) return residual.mean === 0 ? 1 : 0;
      return 1 - (residual.mean * residual.weight) / spread.squares;
    });
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  }

  #of(width: number): void {
    if (this.#outputs.length === 0)
      this.#outputs = Array.from({ length: width }, () => ({ spread: new Moments(), residual: new Moments() }));
    if (this.#outputs.length !== width) {
      throw new ShapeError(
        `[r2Score] examples with ${width} numbers do not go together with ${this.#outputs.length} before them.`,
      );
    }
  }
}

/** The mean of `f` over the numbers of each example. */
function errors(
  where: string,
  predictions: ShapedValues,
  targets: ShapedValues,
  f: (difference: number, target: number) => number,
): Float64Array {
  const width = requirePairs(where, predictions, targets);
  const means = new Float64Array(targets.data.length / width);
  for (let i = 0; i < targets.data.length; i++) {
    const target = targets.data[i] ?? 0;
    const example = Math.floor(i / width);
    means[example] = (means[example] ?? 0) + f((predictions.data[i] ?? 0) - target, target) / width;
  }
  return means;
}

/** Numbers per example. Throws unless predictions and targets are finite numbers in the same shape. */
export function requirePairs(where: string, predictions: ShapedValues, targets: ShapedValues): number {
  sameLength(where, 'predictions', predictions.data.length, 'targets', targets.data.length);
  // [n] and [n, 1] go together; [2, 3] and [3, 2] do not.
  const significant = (shape: readonly number[]): string => shape.join(',').replace(/(,1)+$/, '');
  if (significant(predictions.shape) !== significant(targets.shape)) {
    throw new ShapeError(
      `[${where}] predictions have the shape [${predictions.shape.join(',')}], targets [${targets.shape.join(',')}].`,
    );
  }
  if (targets.data.length === 0) throw new ArgumentError(`[${where}] there are no predictions and targets.`);
  for (const [name, { data }] of Object.entries({ predictions, targets })) {
    for (let i = 0; i < data.length; i++) {
      if (!Number.isFinite(data[i]))
        throw new ArgumentError(`[${where}] ${name}[${i}] is ${String(data[i])}, not a finite number.`);
    }
  }
  return targets.shape.slice(1).reduce((product, extent) => product * extent, 1);
}
