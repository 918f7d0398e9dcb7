import { ArgumentError, concat, DTypeError, gather, logSoftmax, ShapeError, where, type Tensor } from '@hebb/tensor';
import {
  checkOptions,
  requireBoolean,
  requireList,
  requireTensor,
  requireWithin,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { Sequential } from '../containers/sequential.ts';
import { Linear } from './linear.ts';

export interface AdaptiveLogSoftmaxOptions {
  /** The features of cluster i are inFeatures / divValue^(i+1), rounded down. Default 4. */
  divValue?: number;
  /** Whether the head has a bias. Default false. */
  headBias?: boolean;
}

export interface AdaptiveLogSoftmaxResult {
  /** [N] or []: log-probabilities of the targets. */
  readonly output: Tensor;
  /** []: minus their mean. */
  readonly loss: Tensor;
}

const requireDivValue = (op: string, name: string, value: unknown): void => {
  if (typeof value !== 'number' || !(value >= 1 && Number.isFinite(value)))
    throw wrongArgument(op, name, 'a number ≥ 1', value);
};

const adaptiveOptions: OptionNames<AdaptiveLogSoftmaxOptions> = { divValue: requireDivValue, headBias: requireBoolean };

/**
 * A softmax for many classes of which few are frequent (Grave et al. 2017, arXiv:1609.04309): a head decides among the frequent classes and clusters of the others, and a small network for each
 * cluster decides within it, so that rare classes cost fewer parameters and multiplications. Classes must be sorted by frequency, the most frequent first. PyTorch's `AdaptiveLogSoftmaxWithLoss`.
 *
 * `cutoffs` [c₁, c₂, …] makes the head of classes 0 … c₁ − 1 and clusters c₁ … c₂ − 1, …, up to nClasses − 1. ln p(y) = ln head(y) for a class of the head, and ln head(cluster) + ln tail(y) otherwise.
 *
 * Shape: x float [N, inFeatures] or [inFeatures], targets int32 [N] or [] → `{ output, loss }`, log-probabilities of the targets like these, and minus their mean.
 * Parameters: `head.weight` [c₁ + clusters, inFeatures], `head.bias` with `headBias`; of cluster i `tail.i.0.weight` [inFeatures / divValue^(i+1), inFeatures] and `tail.i.1.weight` [classes of the cluster, …].
 *
 * Every cluster is computed for every row: shapes do not depend on values. (PyTorch computes a cluster for the rows that fall into it.)
 *
 * Throws {@link ArgumentError} for cutoffs that do not rise from 1 on to below nClasses, for clusters without features, and for targets outside 0 … nClasses − 1 where they are known on the host (elsewhere they are NaN),
 * {@link ShapeError} and {@link DTypeError} for what does not fit.
 *
 * ```ts
 * const classifier = new AdaptiveLogSoftmaxWithLoss(16, 1000, [10, 100]);
 * const { output, loss } = classifier.forward(zeros([2, 16]), tensor([3, 500], { dtype: 'int32' }));
 * output.shape; // [2]
 * classifier.logProb(zeros([2, 16])).shape; // [2, 1000]
 * classifier.predict(zeros([2, 16])).shape; // [2]
 * loss.shape; // []
 * ```
 */
export class AdaptiveLogSoftmaxWithLoss extends Module<[x: Tensor, targets: Tensor], AdaptiveLogSoftmaxResult> {
  static override readonly type: string = 'AdaptiveLogSoftmaxWithLoss';
  static override readonly positional: readonly string[] = ['inFeatures', 'nClasses', 'cutoffs'];
  static override readonly options: ModuleOptions = adaptiveOptions;

  readonly inFeatures: number;
  readonly nClasses: number;
  readonly cutoffs: readonly number[];
  readonly divValue: number;
  readonly headBias: boolean;
  readonly head: Linear;
  readonly tail: readonly Sequential[];

  constructor(
    inFeatures: number,
    nClasses: number,
    cutoffs: readonly number[],
    options: AdaptiveLogSoftmaxOptions = {},
  ) {
    super();
    const op = 'AdaptiveLogSoftmaxWithLoss';
    checkOptions(op, options, adaptiveOptions);
    requirePositiveIntegers(op, { inFeatures, nClasses });
    const { divValue = 4, headBias = false } = options;
    const ends = [...requireCutoffs(cutoffs, nClasses), nClasses];
    const [frequent = 0] = ends;
    this.inFeatures = inFeatures;
    this.nClasses = nClasses;
    this.cutoffs = [...cutoffs];
    this.divValue = divValue;
    this.headBias = headBias;
    this.head = new Linear(inFeatures, frequent + cutoffs.length, { bias: headBias });
    this.tail = cutoffs.map((start, i) => {
      const features = Math.floor(inFeatures / divValue ** (i + 1));
      if (features < 1)
        throw new ArgumentError(
          `[${op}] the cluster of classes from ${start} on would have ${inFeatures} / ${divValue}^${i + 1} < 1 features.`,
          { hint: 'Take fewer cutoffs, a smaller divValue or more features.' },
        );
      return new Sequential(
        new Linear(inFeatures, features, { bias: false }),
        new Linear(features, (ends[i + 1] ?? 0) - start, { bias: false }),
      );
    });
  }

  forward(x: Tensor, targets: Tensor): AdaptiveLogSoftmaxResult {
    requireTensor('AdaptiveLogSoftmaxWithLoss', 'targets', targets);
    if (targets.dtype !== 'int32')
      throw new DTypeError(`[AdaptiveLogSoftmaxWithLoss] targets must be int32 class indices, not ${targets}.`);
    const rows = this.#rowsOf(x);
    if (targets.shape.join() !== x.shape.slice(0, -1).join())
      throw new ShapeError(
        `[AdaptiveLogSoftmaxWithLoss] ${x} needs targets int32[${x.shape.slice(0, -1).join()}], not ${targets}.`,
      );
    requireWithin('AdaptiveLogSoftmaxWithLoss', 'targets', targets, 0, this.nClasses - 1, 'class');
    const wanted = targets.reshape([-1, 1]);
    const head = logSoftmax(this.head.forward(rows), 1);
    /** Of the classes between, those outside of which count as their nearest. */
    const pick = (logs: Tensor, start: number, end: number): Tensor =>
      gather(logs, 1, wanted.sub(start).clamp(0, end - start - 1));
    const [frequent = 0] = this.cutoffs;
    let output = pick(head, 0, frequent);
    for (const [i, cluster] of this.tail.entries()) {
      const [start = 0, end = this.nClasses] = this.cutoffs.slice(i, i + 2);
      const inside = pick(logSoftmax(cluster.forward(rows), 1), start, end);
      output = where(wanted.greaterEqual(start), inside.add(head.narrow(1, frequent + i, 1)), output);
    }
    const isClass = wanted.greaterEqual(0).and(wanted.less(this.nClasses));
    const logs = where(isClass, output, NaN).reshape(targets.shape);
    return { output: logs, loss: logs.mean().neg() };
  }

  /** Log-probabilities of all classes, [N, nClasses] or [nClasses]. */
  logProb(x: Tensor): Tensor {
    const rows = this.#rowsOf(x);
    const head = logSoftmax(this.head.forward(rows), 1);
    const [frequent = 0] = this.cutoffs;
    const clusters = this.tail.map((cluster, i) =>
      logSoftmax(cluster.forward(rows), 1).add(head.narrow(1, frequent + i, 1)),
    );
    return concat([head.narrow(1, 0, frequent), ...clusters], 1).reshape([...x.shape.slice(0, -1), this.nClasses]);
  }

  /** The likeliest class, int32 [N] or []. */
  predict(x: Tensor): Tensor {
    return this.logProb(x).argmax(-1);
  }

  override describe(): string {
    return `${super.describe()} ${this.inFeatures} → ${this.nClasses}, cutoffs ${this.cutoffs.join(', ')}`;
  }

  #rowsOf(x: Tensor): Tensor {
    requireTensor('AdaptiveLogSoftmaxWithLoss', 'x', x);
    if ((x.ndim === 1 || x.ndim === 2) && x.shape.at(-1) === this.inFeatures) return x.reshape([-1, this.inFeatures]);
    throw new ShapeError(
      `[AdaptiveLogSoftmaxWithLoss] x must be [N, ${this.inFeatures}] or [${this.inFeatures}], not ${x}.`,
      { hint: 'Flatten the axes of a sequence: x.reshape([-1, features]).' },
    );
  }
}

function requireCutoffs(cutoffs: readonly number[], nClasses: number): readonly number[] {
  requireList('AdaptiveLogSoftmaxWithLoss', 'cutoffs', cutoffs);
  const rises = cutoffs.every(
    (cutoff, i) => Number.isInteger(cutoff) && cutoff > (cutoffs[i - 1] ?? 0) && cutoff < nClasses,
  );
  if (cutoffs.length > 0 && rises) return cutoffs;
  throw new ArgumentError(
    `[AdaptiveLogSoftmaxWithLoss] cutoffs must be integers that rise from 1 on to below the number of classes, ${nClasses}, not [${cutoffs.join(', ')}].`,
  );
}
