/** The task of classifiers: one of several classes for every example. */
import { ArgumentError, concat, ShapeError, zeros, type Tensor } from '@hebb/tensor';
import {
  checkOptions,
  listOf,
  requireBoolean,
  requireInteger,
  requireString,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { ClassCounts } from './class-counts.ts';
import { ClassificationEvaluation } from './classification-evaluation.ts';
import { rankingSections } from './curves.ts';
import type { ArrayFields, EvaluationRun, EvaluationState, EvaluationTask, HostValues } from './evaluation.ts';
import { arrayField, requireOneTensor, tensorField, weightsOf } from './fields.ts';
import { Growing } from './growing.ts';
import { MetricSet, requireMetrics, type MetricSetState, type ReducedOutputs } from './metric-set.ts';
import type { Metric } from './metric.ts';
import { Ranking } from './ranking.ts';
import { Sum } from './sum.ts';
import { packTopClasses, unpackTopClasses } from './top-classes.ts';
import { classes, scoresHoldNaN, type ShapedValues } from './values.ts';
import { requireMeasured, weighting } from './weights.ts';

export interface ClassificationOptions {
  /** One per class. Default `'0'`, `'1'`, … */
  classNames?: readonly string[];
  /** More metrics of the outputs, by name. Default: none but accuracy, log loss and macro F1, for two classes also ROC AUC and average precision. */
  metrics?: Readonly<Record<string, Metric>>;
  /** How many of the likeliest classes are kept of every example, with their probabilities. Default 3. */
  topClasses?: number;
  /** Keep all outputs: `examples × classes` numbers. Default `false`. */
  keepOutputs?: boolean;
  /** The field of the data that holds the labels. Default 'y'. */
  target?: string;
}

const classificationOptions: OptionNames<ClassificationOptions> = {
  classNames: listOf(requireString),
  metrics: (where, name, value) => requireMetrics(where, name, value),
  topClasses: (where, name, value) => requireInteger(where, name, value, 1),
  keepOutputs: requireBoolean,
  target: requireString,
};

/** What is read of a batch of outputs. */
export interface ClassificationValues {
  readonly top: Tensor;
  /** The logit of class 1 less that of class 0, where there are two. */
  readonly score: Tensor | undefined;
  readonly kept: Tensor | undefined;
  readonly metrics: ReducedOutputs;
}

/**
 * One of several classes for every example. The model gives logits [n, classes], or for two classes one logit [n] or [n, 1], that of class 1; the
 * data has the labels `y`, classes of shape [n], and may have a `weight` for each example. Of every example are kept its label and its likeliest classes,
 * which the device picks: memory does not grow with the number of classes.
 *
 * ```ts
 * const task = classification({ classNames: ['cat', 'dog'] });
 * // const evaluation = await evaluate(model, test, task);
 * // evaluation.accuracy; evaluation.classes[0].recall; console.log(String(evaluation));
 * ```
 *
 * @throws ArgumentError for options that make no sense; from `evaluate`, errors that say what outputs or labels do not fit
 */
export function classification(
  options: ClassificationOptions = {},
): EvaluationTask<ClassificationEvaluation, Tensor, ClassificationValues> {
  checkOptions('classification', options, classificationOptions);
  const { classNames, keepOutputs = false, target = 'y', topClasses = 3 } = options;
  if (classNames !== undefined && classNames.length < 2) {
    throw new ArgumentError(`[classification] classNames must name at least two classes, got ${classNames.length}.`, {
      hint: 'A model with one logit tells two classes apart: name both, that of label 0 first.',
    });
  }
  const set = new MetricSet(options.metrics ?? {});
  return {
    goals: {
      accuracy: 'max',
      logLoss: 'min',
      macroF1: 'max',
      ...((classNames?.length ?? 2) === 2 && { rocAuc: 'max', averagePrecision: 'max' }),
      ...set.goals,
    },
    reduce: (outputs, batch) => {
      requireOneTensor('classification', outputs);
      const labels = tensorField('classification', batch, target);
      requireLogits(outputs, labels, classNames);
      const [count = 0, width = 1] = outputs.shape;
      const single = width === 1 ? outputs.reshape([count, 1]) : undefined;
      const logits = single === undefined ? outputs : concat([zeros([count, 1]), single.to('float32')], 1);
      const last = logits.shape[1] ?? 0;
      const score = last === 2 ? logits.narrow(1, 1, 1).sub(logits.narrow(1, 0, 1)) : undefined;
      return {
        top: packTopClasses(logits, labels, Math.min(topClasses, last)),
        score,
        kept: keepOutputs ? outputs : undefined,
        metrics: set.reduce(outputs, labels),
      };
    },
    start: () => new ClassificationState(classNames, set, target),
  };
}

function requireLogits(outputs: Tensor, labels: Tensor, classNames: readonly string[] | undefined): void {
  const [count, width = 1, ...more] = outputs.shape;
  const classCount = width === 1 ? 2 : width;
  const hint = 'The last layer gives one logit per class, or one for two classes; classNames has one name for each.';
  if (outputs.ndim < 1 || more.length > 0 || (classNames !== undefined && classCount !== classNames.length)) {
    throw new ShapeError(
      `[classification] a classifier’s outputs have the shape [examples, ${classNames?.length ?? 'classes'}], these are ${outputs}.`,
      { hint },
    );
  }
  if (labels.size !== count || labels.shape.slice(1).some((extent) => extent !== 1)) {
    throw new ShapeError(`[classification] ${outputs} need one label for each of ${count} examples, not ${labels}.`, {
      hint: 'Labels are class numbers of shape [examples]; for several labels per example use multiLabel().',
    });
  }
}

class ClassificationState implements EvaluationState<ClassificationEvaluation, ClassificationValues> {
  readonly #classNames: readonly string[] | undefined;
  readonly #target: string;
  readonly #counts = new ClassCounts();
  readonly #loss = new Sum();
  readonly #weight = new Sum();
  readonly #labels = new Growing((length) => new Int32Array(length));
  readonly #weights = new Growing((length) => new Float64Array(length));
  readonly #topClasses = new Growing((length) => new Int32Array(length));
  readonly #topProbabilities = new Growing((length) => new Float32Array(length));
  readonly #outputs = new Growing((length) => new Float32Array(length));
  readonly #ranking = new Ranking();
  readonly #metrics: MetricSetState;
  #outputShape: readonly number[] | undefined;
  #classCount = 0;
  #k = 0;
  #weighted = false;

  constructor(classNames: readonly string[] | undefined, metrics: MetricSet, target: string) {
    this.#classNames = classNames;
    this.#target = target;
    this.#metrics = metrics.start();
  }

  update({ top, score, kept, metrics }: HostValues<ClassificationValues>, batch: ArrayFields): void {
    const where = 'classification';
    const targets = arrayField('classification', batch, this.#target);
    const k = ((top.shape[1] ?? 0) - 2) / 2;
    const { classCount } = this;
    const found = unpackTopClasses(top, k);
    const odd = found.losses.findIndex(Number.isNaN);
    if (odd >= 0) throw scoresHoldNaN(where, this.#labels.length + odd);
    if (classCount !== 0 && found.classCount !== classCount) {
      throw new ShapeError(`[${where}] outputs for ${found.classCount} classes follow outputs for ${classCount}.`);
    }
    this.#classCount = found.classCount;
    this.#k = k;
    const labels = classes(where, `labels of field ${this.#target}: value `, targets, found.classCount);
    const weights = weightsOf('classification', batch, labels.length);
    const weightOf = weighting(where, weights, labels.length);
    this.#weighted ||= weights !== undefined;
    this.#labels.append(labels);
    this.#topClasses.append(found.classes);
    this.#topProbabilities.append(found.probabilities);
    labels.forEach((label, i) => {
      const weight = weightOf(i);
      this.#weights.push(weight);
      if (weight > 0) {
        this.#counts.add(label, found.classes[i * k] ?? 0, weight);
        this.#loss.add(weight * (found.losses[i] ?? 0));
        this.#weight.add(weight);
      }
      if (score !== undefined) this.#ranking.add(score.data[i] ?? 0, label === 1, weight);
    });
    if (kept !== undefined) {
      this.#outputs.append(kept.data);
      this.#outputShape = kept.shape.slice(1);
    }
    this.#metrics.update(metrics, targets, weights);
  }

  get classCount(): number {
    return this.#classCount;
  }

  merge(other: ClassificationState): void {
    if (other.#classCount === 0) return;
    this.#classCount = other.#classCount;
    this.#k = other.#k;
    this.#weighted ||= other.#weighted;
    this.#outputShape ??= other.#outputShape;
    this.#counts.merge(other.#counts);
    this.#loss.merge(other.#loss);
    this.#weight.merge(other.#weight);
    this.#ranking.merge(other.#ranking);
    this.#metrics.merge(other.#metrics);
    this.#labels.append(other.#labels.values);
    this.#weights.append(other.#weights.values);
    this.#topClasses.append(other.#topClasses.values);
    this.#topProbabilities.append(other.#topProbabilities.values);
    this.#outputs.append(other.#outputs.values);
  }

  result(run: EvaluationRun): ClassificationEvaluation {
    requireMeasured('classification', this.#weight.value);
    const names = this.#classNames ?? Array.from({ length: this.#classCount }, (_, i) => String(i));
    const counts = new ClassCounts(this.#classCount);
    counts.merge(this.#counts);
    const outputs: ShapedValues | undefined = this.#outputShape && {
      data: this.#outputs.values.slice(),
      shape: [this.#labels.length, ...this.#outputShape],
    };
    const ranking: Record<string, number> = {};
    const { positives, negatives } = this.#ranking.totals;
    if (positives > 0 && negatives > 0) {
      ranking['rocAuc'] = this.#ranking.rocAuc();
      ranking['averagePrecision'] = this.#ranking.averagePrecision();
    }
    const metrics = {
      accuracy: counts.correct / counts.total,
      logLoss: this.#loss.value / this.#weight.value,
      macroF1: counts.macroAverage().f1,
      ...ranking,
      ...this.#metrics.values(),
    };
    const kept = {
      labels: this.#labels.values.slice(),
      topClasses: this.#topClasses.values.slice(),
      topProbabilities: this.#topProbabilities.values.slice(),
      k: this.#k,
      weights: this.#weighted ? this.#weights.values.slice() : undefined,
      outputs,
    };
    const curves = positives > 0 && negatives > 0 ? rankingSections(this.#ranking, names[1] ?? '1') : [];
    return new ClassificationEvaluation(counts, names, kept, metrics, run, curves);
  }
}
