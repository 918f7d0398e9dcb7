/** The task of classifiers that give each example any number of labels. */
import { ArgumentError, ShapeError, type Tensor } from '@hebb/tensor';
import {
  checkOptions,
  listOf,
  requireBoolean,
  requireNumber,
  requireString,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { ClassCounts, type ClassScores } from './class-counts.ts';
import { classScoresTable } from './class-scores-table.ts';
import type { NamedClassScores } from './classification-report.ts';
import type { ArrayFields, EvaluationRun, EvaluationState, EvaluationTask, HostValues } from './evaluation.ts';
import { arrayField, requireOneTensor, tensorField, weightsOf } from './fields.ts';
import { Growing } from './growing.ts';
import { MetricSet, requireMetrics, type MetricSetState, type ReducedOutputs } from './metric-set.ts';
import type { Metric } from './metric.ts';
import { MetricsEvaluation } from './metrics-evaluation.ts';
import { Ranking } from './ranking.ts';
import type { Section } from './section.ts';
import { Sum } from './sum.ts';
import { scoresHoldNaN, type ShapedValues } from './values.ts';
import { requireMeasured, weighting } from './weights.ts';

export interface MultiLabelOptions {
  /** One for each label. Default `'0'`, `'1'`, … */
  labelNames?: readonly string[];
  /** A label is predicted where its logit is above this. Default 0: where it is more likely than not. */
  threshold?: number;
  /** Also the areas under the curves, for which the score of every label of every example is kept (20 bytes). Default `false`. */
  rankings?: boolean;
  /** More metrics, by name. Default: none. */
  metrics?: Readonly<Record<string, Metric>>;
  /** Keep all outputs. Default `false`. */
  keepOutputs?: boolean;
  /** The field of the data that holds the targets. Default 'y'. */
  target?: string;
}

const multiLabelOptions: OptionNames<MultiLabelOptions> = {
  labelNames: listOf(requireString),
  threshold: requireNumber,
  rankings: requireBoolean,
  metrics: (where, name, value) => requireMetrics(where, name, value),
  keepOutputs: requireBoolean,
  target: requireString,
};

/** What is read of a batch of outputs. */
export interface MultiLabelValues {
  readonly logits: Tensor;
  readonly metrics: ReducedOutputs;
}

/**
 * Any number of labels for each example: logits [n, labels], each for itself, and targets `y` of the same shape, 1 where the label is there, else 0. The
 * data may have a `weight` for each example.
 *
 * ```ts
 * const task = multiLabel({ labelNames: ['sea', 'sky', 'people'] });
 * // const { metrics, labels } = await evaluate(model, test, task);
 * // metrics.macroF1; labels[2].recall;
 * ```
 */
export function multiLabel(
  options: MultiLabelOptions = {},
): EvaluationTask<MultiLabelEvaluation, Tensor, MultiLabelValues> {
  checkOptions('multiLabel', options, multiLabelOptions);
  const set = new MetricSet(options.metrics ?? {});
  return {
    goals: {
      exactMatch: 'max',
      hammingLoss: 'min',
      logLoss: 'min',
      macroF1: 'max',
      microF1: 'max',
      weightedF1: 'max',
      ...(options.rankings === true && { macroRocAuc: 'max', macroAveragePrecision: 'max' }),
      ...set.goals,
    },
    reduce: (logits, batch) => {
      requireOneTensor('multiLabel', logits);
      const targets = tensorField('multiLabel', batch, options.target ?? 'y');
      const { labelNames } = options;
      const expected = `[examples, ${labelNames?.length ?? 'labels'}]`;
      if (logits.ndim !== 2 || (labelNames !== undefined && logits.shape[1] !== labelNames.length)) {
        throw new ShapeError(`[multiLabel] the task takes logits ${expected}, these are ${logits}.`, {
          hint: 'The last layer gives one logit per label; labelNames has one name for each.',
        });
      }
      if (targets.shape.join() !== logits.shape.join()) {
        throw new ShapeError(`[multiLabel] logits ${logits} need targets of the same shape, not ${targets}.`, {
          hint: 'Each label of each example is 1 or 0; for one class per example use classification().',
        });
      }
      return { logits, metrics: set.reduce(logits, targets) };
    },
    start: () => new MultiLabelState(options, set),
  };
}

/** How well labels are found. */
export class MultiLabelEvaluation extends MetricsEvaluation {
  static readonly type: string = 'MultiLabelEvaluation';

  readonly labels: readonly NamedClassScores[];
  /** The plain mean over the labels. */
  readonly macroAverage: ClassScores;
  /** Of all labels together. */
  readonly microAverage: ClassScores;
  /** The mean over the labels, weighted by support. */
  readonly weightedAverage: ClassScores;
  /** The model's outputs, where `keepOutputs` asked for them. */
  readonly outputs: ShapedValues | undefined;

  constructor(
    counts: ClassCounts,
    labelNames: readonly string[] | undefined,
    metrics: Readonly<Record<string, number>>,
    run: EvaluationRun,
    outputs: ShapedValues | undefined,
  ) {
    super(metrics, run);
    this.labels = counts.classes().map((scores, i) => ({ name: labelNames?.[i] ?? String(i), ...scores }));
    this.macroAverage = counts.macroAverage();
    this.microAverage = counts.microAverage();
    this.weightedAverage = counts.weightedAverage();
    this.outputs = outputs;
  }

  override toJSON(): object {
    const { labels, macroAverage, microAverage, weightedAverage } = this;
    return { ...super.toJSON(), labels, macroAverage, microAverage, weightedAverage };
  }

  override sections(): readonly Section[] {
    const text =
      'Precision: how often the label is right where it is predicted. Recall: how much of it is found. F1: their harmonic mean.';
    const footer = [
      { ...this.macroAverage, name: 'average' },
      { ...this.weightedAverage, name: 'weighted' },
      { ...this.microAverage, name: 'together' },
    ];
    return [...super.sections(), classScoresTable('Labels', 'label', text, { rows: this.labels, footer })];
  }
}

class MultiLabelState implements EvaluationState<MultiLabelEvaluation, MultiLabelValues> {
  readonly #options: MultiLabelOptions;
  readonly #metrics: MetricSetState;
  readonly #counts = new ClassCounts();
  readonly #rankings: Ranking[] = [];
  readonly #kept = new Growing((length) => new Float32Array(length));
  readonly #sums = { weight: new Sum(), exact: new Sum(), wrong: new Sum(), loss: new Sum() };
  #width = 0;

  constructor(options: MultiLabelOptions, set: MetricSet) {
    this.#options = options;
    this.#metrics = set.start();
  }

  update({ logits, metrics }: HostValues<MultiLabelValues>, batch: ArrayFields): void {
    const { threshold = 0, rankings = false, keepOutputs = false, target = 'y' } = this.#options;
    const targets = arrayField('multiLabel', batch, target);
    const [count = 0, width = 0] = logits.shape;
    const weights = weightsOf('multiLabel', batch, count);
    const weightOf = weighting('multiLabel', weights, count);
    this.#width = width;
    if (rankings) while (this.#rankings.length < width) this.#rankings.push(new Ranking());
    const { weight: total, exact, wrong, loss } = this.#sums;
    for (let example = 0; example < count; example++) {
      const weight = weightOf(example);
      let mistakes = 0;
      let losses = 0;
      for (let label = 0; label < width; label++) {
        const logit = logits.data[example * width + label] ?? NaN;
        const truth = targets.data[example * width + label] ?? NaN;
        if (Number.isNaN(logit)) throw scoresHoldNaN('multiLabel', example);
        if (truth !== 0 && truth !== 1) {
          throw new ArgumentError(`[multiLabel] label ${label} of example ${example} is ${truth}, not 1 or 0.`);
        }
        const isPredicted = logit > threshold;
        if (isPredicted !== (truth === 1)) mistakes++;
        // −ln σ(±logit), without overflow
        const margin = truth === 1 ? logit : -logit;
        losses += Math.log1p(Math.exp(-Math.abs(margin))) + Math.max(0, -margin);
        if (weight > 0) this.#counts.addLabel(label, truth === 1, isPredicted, weight);
        this.#rankings[label]?.add(logit, truth === 1, weight);
      }
      total.add(weight);
      if (weight === 0) continue;
      exact.add(mistakes === 0 ? weight : 0);
      wrong.add((weight * mistakes) / width);
      loss.add((weight * losses) / width);
    }
    if (keepOutputs) this.#kept.append(logits.data);
    this.#metrics.update(metrics, targets, weights);
  }

  merge(other: MultiLabelState): void {
    this.#width = Math.max(this.#width, other.#width);
    this.#counts.merge(other.#counts);
    while (this.#rankings.length < other.#rankings.length) this.#rankings.push(new Ranking());
    other.#rankings.forEach((ranking, i) => this.#rankings[i]?.merge(ranking));
    for (const name of ['weight', 'exact', 'wrong', 'loss'] as const) this.#sums[name].merge(other.#sums[name]);
    this.#kept.append(other.#kept.values);
    this.#metrics.merge(other.#metrics);
  }

  result(run: EvaluationRun): MultiLabelEvaluation {
    const { weight, exact, wrong, loss } = this.#sums;
    requireMeasured('multiLabel', weight.value);
    const counts = new ClassCounts(this.#width);
    counts.merge(this.#counts);
    const meanOf = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const rankings: Record<string, number> = {};
    if (this.#rankings.length > 0) {
      // Of the labels that some examples have and others have not.
      const defined = this.#rankings.filter(({ totals }) => totals.positives > 0 && totals.negatives > 0);
      rankings['macroRocAuc'] = meanOf(defined.map((ranking) => ranking.rocAuc()));
      rankings['macroAveragePrecision'] = meanOf(defined.map((ranking) => ranking.averagePrecision()));
    }
    const metrics = {
      exactMatch: exact.value / weight.value,
      hammingLoss: wrong.value / weight.value,
      logLoss: loss.value / weight.value,
      macroF1: counts.macroAverage().f1,
      microF1: counts.microAverage().f1,
      weightedF1: counts.weightedAverage().f1,
      ...rankings,
      ...this.#metrics.values(),
    };
    const outputs =
      this.#options.keepOutputs === true
        ? { data: this.#kept.values.slice(), shape: [this.#kept.length / Math.max(1, this.#width), this.#width] }
        : undefined;
    return new MultiLabelEvaluation(counts, this.#options.labelNames, metrics, run, outputs);
  }
}
