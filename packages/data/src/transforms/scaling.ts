/** Scaling of features, with scikit-learn's definitions. Sums are float64 whatever the input. */
import {
  checkOptions,
  requireArray as requireList,
  requireBoolean,
  type OptionNames,
  typeNameOf,
} from '@hebb/tensor/arguments';
import { format, requireArray, sizeOf, type NumericArray } from '../arrays.ts';
import { DataError, show } from '../errors.ts';
import { printable, transformText } from '../print.ts';
import { mapped, type Floats } from './floats.ts';
import { JsonReader, notFitted, numbersToJSON, type Transform, type TransformJSON } from './transform.ts';

export interface ScalerOptions {
  /**
   * `'feature'` (default): one offset and scale per feature, i.e. per position in an example. `'global'`: one for all
   * values, which keeps the contrast within an image.
   */
  per?: 'feature' | 'global';
}

export interface StandardScalerOptions extends ScalerOptions {
  /** Subtract the mean. Default `true`. */
  withMean?: boolean;
  /** Divide by the standard deviation. Default `true`. */
  withStd?: boolean;
}

export interface MinMaxScalerOptions extends ScalerOptions {
  /** What minimum and maximum become. Default `[0, 1]`. */
  featureRange?: readonly [number, number];
  /** Cut transformed values to `featureRange`. Default `false`. */
  clip?: boolean;
}

const standardOptions: OptionNames<StandardScalerOptions> = { per: true, withMean: true, withStd: true };
const minMaxOptions: OptionNames<MinMaxScalerOptions> = { per: true, featureRange: true, clip: true };

/** Subtracting before dividing keeps the digits of features far from zero. */
interface Affine {
  readonly center: Float64Array;
  readonly divisor: Float64Array;
  readonly base: number;
}

/** y = (x − center) / divisor + base per feature, and its inverse; the two scalers differ in how they fit. */
abstract class Scaler implements Transform<NumericArray, NumericArray> {
  readonly #per: 'feature' | 'global';
  #fitted: Affine | undefined;

  constructor(per: 'feature' | 'global' | undefined) {
    if (per !== undefined && per !== 'feature' && per !== 'global') {
      throw new DataError(`[${typeNameOf(this)}] per must be 'feature' or 'global', got ${show(per)}.`);
    }
    this.#per = per ?? 'feature';
    printable(this);
  }

  /** Learns offset and scale from `x` of shape [examples, …features]; NaN (a missing value) does not count. */
  fit(x: NumericArray): this {
    const width = this.#width(x);
    this.#fitted = this.fitFeatures(x.data, width, false);
    return this;
  }

  /**
   * Learns from `x` in addition to what it has learnt: of data larger than memory, batch by batch.
   *
   * ```ts
   * import { stream, StandardScaler } from '@hebb/data';
   *
   * const scaler = new StandardScaler();
   * const batches = stream([1, 2, 3, 4, 5, 6]).map((x) => ({ x: [x] })).batch(2);
   * for await (const { batch } of batches.batches()) scaler.partialFit(batch.x);
   * scaler.mean; // Float64Array [3.5]
   * ```
   *
   * Source: T. Chan, G. Golub, R. LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
   */
  partialFit(x: NumericArray): this {
    const width = this.#width(x);
    if (this.#fitted !== undefined) this.#check(x);
    this.#fitted = this.fitFeatures(x.data, width, this.#fitted !== undefined);
    return this;
  }

  /** Scales `x`, of the shape that was fitted but for the number of examples. Float32Array gives Float32Array, any other array Float64Array. */
  transform<T extends NumericArray>(x: T): Floats<T> {
    const { center, divisor, base } = this.#check(x);
    const width = center.length;
    return mapped(x, (value, i) => this.finish((value - (center[i % width] ?? 0)) / (divisor[i % width] ?? 1) + base));
  }

  /** `fit(x).transform(x)`. */
  fitTransform<T extends NumericArray>(x: T): Floats<T> {
    return this.fit(x).transform(x);
  }

  /** Undoes {@link Scaler.transform}. */
  inverseTransform<T extends NumericArray>(x: T): Floats<T> {
    const { center, divisor, base } = this.#check(x);
    const width = center.length;
    return mapped(x, (value, i) => (value - base) * (divisor[i % width] ?? 1) + (center[i % width] ?? 0));
  }

  /** Its class, options and what it has learnt, as `console.log` prints it. */
  toString(): string {
    return transformText(this.toJSON());
  }

  abstract toJSON(): TransformJSON;

  protected get per(): 'feature' | 'global' {
    return this.#per;
  }

  protected get isFitted(): boolean {
    return this.#fitted !== undefined;
  }

  /** Takes over what another one has learnt. */
  protected restore(fitted: Affine): void {
    this.#fitted = fitted;
  }

  /** @param more whether this comes to what is learnt already */
  protected abstract fitFeatures(data: ArrayLike<number>, width: number, more: boolean): Affine;

  protected finish(value: number): number {
    return value;
  }

  #width(x: NumericArray): number {
    const name = typeNameOf(this);
    requireArray(name, x);
    if (x.shape.length === 0 || x.data.length === 0) {
      throw new DataError(`[${name}] fit takes at least one example, got ${format(x)}.`);
    }
    const infinite = x.data.findIndex((value) => value === Infinity || value === -Infinity);
    if (infinite !== -1)
      throw new DataError(`[${name}] fit takes finite numbers, got ${x.data[infinite]} at index ${infinite}.`);
    return this.#per === 'global' ? 1 : sizeOf(x.shape.slice(1));
  }

  #check(x: NumericArray): Affine {
    const name = typeNameOf(this);
    requireArray(name, x);
    const fitted = this.#fitted;
    if (fitted === undefined) throw notFitted(name);
    const width = sizeOf(x.shape.slice(1));
    if (this.#per === 'feature' && width !== fitted.center.length) {
      throw new DataError(`[${name}] fitted on ${fitted.center.length} features, got ${width}: ${format(x)}.`);
    }
    return fitted;
  }
}

/**
 * (x − mean) / standard deviation, with the population's standard deviation √(Σ(x − mean)² / n). A constant feature is
 * divided by 1. NaN stays NaN.
 *
 * Source: `sklearn.preprocessing.StandardScaler`.
 *
 * ```ts
 * import { StandardScaler } from '@hebb/data';
 *
 * const scaler = new StandardScaler().fit({ data: Float64Array.of(1, 10, 3, 30), shape: [2, 2] });
 * scaler.mean; // Float64Array [2, 20]
 * scaler.transform({ data: Float64Array.of(3, 10), shape: [1, 2] }).data; // Float64Array [1, -1]
 * ```
 *
 * Methods throw DataError for arrays that do not fit, for infinite values in `fit`, and before `fit`.
 */
export class StandardScaler extends Scaler {
  static readonly type = 'StandardScaler';

  /** Mean of each feature; empty before `fit`. */
  mean: Float64Array = new Float64Array(0);
  /** What each feature is divided by; empty before `fit`. */
  scale: Float64Array = new Float64Array(0);
  #counts: Float64Array = new Float64Array(0);
  #squares: Float64Array = new Float64Array(0);
  readonly #withMean: boolean;
  readonly #withStd: boolean;

  constructor(options: StandardScalerOptions = {}) {
    checkOptions('StandardScaler', options, standardOptions);
    const { per, withMean = true, withStd = true } = options;
    super(per);
    requireBoolean('StandardScaler', 'withMean', withMean);
    requireBoolean('StandardScaler', 'withStd', withStd);
    this.#withMean = withMean;
    this.#withStd = withStd;
  }

  protected override fitFeatures(data: ArrayLike<number>, width: number, more: boolean): Affine {
    const { counts, mean, squares } = moments(data, width);
    if (more) {
      for (let j = 0; j < width; j++) {
        const [n, before] = [counts[j] ?? 0, this.#counts[j] ?? 0];
        const all = n + before;
        if (before === 0) continue;
        if (n === 0) {
          mean[j] = this.mean[j] ?? NaN;
          squares[j] = this.#squares[j] ?? NaN;
        } else {
          const difference = (mean[j] ?? 0) - (this.mean[j] ?? 0);
          mean[j] = (this.mean[j] ?? 0) + (difference * n) / all;
          squares[j] = (this.#squares[j] ?? 0) + (squares[j] ?? 0) + (difference ** 2 * n * before) / all;
        }
        counts[j] = all;
      }
    }
    return this.#learn(counts, mean, squares);
  }

  #learn(counts: Float64Array, mean: Float64Array, squares: Float64Array): Affine {
    this.#counts = counts;
    this.#squares = squares;
    const scale = squares.map((square, j) => {
      const n = counts[j] ?? 0;
      if (n === 0) return NaN;
      const variance = square / n;
      // Rounding alone can give a constant feature this much variance (scikit-learn's _is_constant_feature).
      const bound = n * Number.EPSILON * variance + (n * (mean[j] ?? 0) * Number.EPSILON) ** 2;
      return variance <= bound ? 1 : Math.sqrt(variance);
    });
    this.mean = mean;
    this.scale = this.#withStd ? scale : scale.fill(1);
    return { center: this.#withMean ? mean : new Float64Array(mean.length), divisor: this.scale, base: 0 };
  }

  override toJSON(): TransformJSON {
    return {
      type: StandardScaler.type,
      per: this.per,
      withMean: this.#withMean,
      withStd: this.#withStd,
      fitted: this.isFitted,
      mean: numbersToJSON(this.mean),
      counts: numbersToJSON(this.#counts),
      squares: numbersToJSON(this.#squares),
    };
  }

  /** The scaler that {@link toJSON} was called on. @throws DataError for anything else */
  static fromJSON(json: TransformJSON): StandardScaler {
    const reader = new JsonReader(StandardScaler.type, json);
    const scaler = new StandardScaler({
      per: reader.oneOf('per', ['feature', 'global']),
      withMean: reader.boolean('withMean'),
      withStd: reader.boolean('withStd'),
    });
    if (reader.boolean('fitted')) {
      const [counts, mean, squares] = [reader.numbers('counts'), reader.numbers('mean'), reader.numbers('squares')];
      requireOneLength(StandardScaler.type, { counts, mean, squares });
      scaler.restore(scaler.#learn(counts, mean, squares));
    }
    return scaler;
  }
}

/** For each feature: how many values it has, their mean, and the sum of the squares of their differences from it. */
function moments(
  data: ArrayLike<number>,
  width: number,
): { counts: Float64Array; mean: Float64Array; squares: Float64Array } {
  const counts = new Float64Array(width);
  const mean = new Float64Array(width);
  const squares = new Float64Array(width);
  const eachValue = (f: (value: number, j: number) => void): void => {
    for (let i = 0; i < data.length; i++) {
      const value = data[i] ?? NaN;
      if (!Number.isNaN(value)) f(value, i % width);
    }
  };
  eachValue((value, j) => {
    counts[j] = (counts[j] ?? 0) + 1;
    mean[j] = (mean[j] ?? 0) + value;
  });
  for (let j = 0; j < width; j++) mean[j] = (mean[j] ?? 0) / (counts[j] ?? 1);
  // Second passes over the differences are stable where Σx² − (Σx)²/n is not.
  const rest = new Float64Array(width);
  eachValue((value, j) => (rest[j] = (rest[j] ?? 0) + (value - (mean[j] ?? 0))));
  for (let j = 0; j < width; j++) mean[j] = (mean[j] ?? 0) + (rest[j] ?? 0) / (counts[j] ?? 1);
  eachValue((value, j) => (squares[j] = (squares[j] ?? 0) + (value - (mean[j] ?? 0)) ** 2));
  return { counts, mean, squares };
}

function requireOneLength(type: string, parts: Readonly<Record<string, Float64Array>>): void {
  const lengths = Object.entries(parts).map(([name, { length }]) => `${name} ${length}`);
  if (new Set(Object.values(parts).map(({ length }) => length)).size > 1)
    throw new DataError(`[${type}] the parts of the JSON must have one length, got ${lengths.join(', ')}.`);
}

/**
 * (x − min) / (max − min), then stretched to `featureRange`. A constant feature becomes the lower end. NaN stays NaN.
 *
 * Source: `sklearn.preprocessing.MinMaxScaler`.
 *
 * ```ts
 * import { MinMaxScaler } from '@hebb/data';
 *
 * const pixels = { data: Uint8Array.of(0, 51, 102, 255), shape: [2, 2] };
 * new MinMaxScaler({ per: 'global' }).fitTransform(pixels).data; // Float64Array [0, 0.2, 0.4, 1]
 * ```
 *
 * The constructor throws DataError if `featureRange` is not ascending; methods as those of {@link StandardScaler}.
 */
export class MinMaxScaler extends Scaler {
  static readonly type = 'MinMaxScaler';

  /** Minimum and maximum of each feature; empty before `fit`. */
  dataMin: Float64Array = new Float64Array(0);
  dataMax: Float64Array = new Float64Array(0);
  readonly #range: readonly [number, number];
  readonly #clip: boolean;

  constructor(options: MinMaxScalerOptions = {}) {
    checkOptions('MinMaxScaler', options, minMaxOptions);
    const { per, featureRange = [0, 1], clip = false } = options;
    super(per);
    requireList('MinMaxScaler', 'featureRange', featureRange);
    requireBoolean('MinMaxScaler', 'clip', clip);
    if (!(Number.isFinite(featureRange[0]) && Number.isFinite(featureRange[1]) && featureRange[0] < featureRange[1])) {
      throw new DataError(
        `[MinMaxScaler] featureRange must be [low, high] with low < high, got [${featureRange.join(', ')}].`,
      );
    }
    this.#range = featureRange;
    this.#clip = clip;
  }

  protected override fitFeatures(data: ArrayLike<number>, width: number, more: boolean): Affine {
    const known = (values: Float64Array, otherwise: number): Float64Array =>
      Float64Array.from({ length: width }, (_, j) => {
        const value = more ? (values[j] ?? NaN) : NaN;
        return Number.isNaN(value) ? otherwise : value;
      });
    const low = known(this.dataMin, Infinity);
    const high = known(this.dataMax, -Infinity);
    for (let i = 0; i < data.length; i++) {
      const value = data[i] ?? NaN;
      const j = i % width;
      if (value < (low[j] ?? 0)) low[j] = value;
      if (value > (high[j] ?? 0)) high[j] = value;
    }
    for (let j = 0; j < width; j++) if (low[j] === Infinity) low[j] = high[j] = NaN;
    return this.#learn(low, high);
  }

  #learn(low: Float64Array, high: Float64Array): Affine {
    this.dataMin = low;
    this.dataMax = high;
    const [from, to] = this.#range;
    const divisor = low.map((value, j) => {
      const range = (high[j] ?? NaN) - value;
      return (range < 10 * Number.EPSILON ? 1 : range) / (to - from);
    });
    return { center: low, divisor, base: from };
  }

  override toJSON(): TransformJSON {
    return {
      type: MinMaxScaler.type,
      per: this.per,
      featureRange: numbersToJSON(this.#range),
      clip: this.#clip,
      fitted: this.isFitted,
      dataMin: numbersToJSON(this.dataMin),
      dataMax: numbersToJSON(this.dataMax),
    };
  }

  /** The scaler that {@link toJSON} was called on. @throws DataError for anything else */
  static fromJSON(json: TransformJSON): MinMaxScaler {
    const reader = new JsonReader(MinMaxScaler.type, json);
    const [from = 0, to = 1] = reader.numbers('featureRange');
    const scaler = new MinMaxScaler({
      per: reader.oneOf('per', ['feature', 'global']),
      featureRange: [from, to],
      clip: reader.boolean('clip'),
    });
    if (reader.boolean('fitted')) {
      const [dataMin, dataMax] = [reader.numbers('dataMin'), reader.numbers('dataMax')];
      requireOneLength(MinMaxScaler.type, { dataMin, dataMax });
      scaler.restore(scaler.#learn(dataMin, dataMax));
    }
    return scaler;
  }

  protected override finish(value: number): number {
    return this.#clip ? Math.min(this.#range[1], Math.max(this.#range[0], value)) : value;
  }
}
