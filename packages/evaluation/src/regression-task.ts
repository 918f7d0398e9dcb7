/** The task of models that predict numbers. */
import { ArgumentError, ShapeError, type Tensor } from '@hebb/tensor';
import {
  checkOptions,
  listOf,
  requireBoolean,
  requireString,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { ArrayFields, EvaluationRun, EvaluationState, EvaluationTask, HostValues } from './evaluation.ts';
import { arrayField, requireOneTensor, tensorField, weightsOf } from './fields.ts';
import { formatLoss } from './format.ts';
import { Growing } from './growing.ts';
import { MetricSet, requireMetrics, type MetricSetState, type ReducedOutputs } from './metric-set.ts';
import type { Metric } from './metric.ts';
import { MetricsEvaluation } from './metrics-evaluation.ts';
import { Moments } from './moments.ts';
import { requirePairs } from './regression.ts';
import { Largest, Samples } from './samples.ts';
import type { Section } from './section.ts';
import { Sum } from './sum.ts';
import type { ShapedValues } from './values.ts';
import { requireMeasured, weighting } from './weights.ts';

/** What takes transformed targets back; the transforms of `@hebb/data` are such. */
export interface TargetTransform {
  /** @param y numbers, and the shape that they have: [examples], or [examples, outputs] */
  inverseTransform(y: { readonly data: Float64Array; readonly shape: readonly number[] }): unknown;
}

export interface RegressionOptions {
  /** One for each number that is predicted. Default `'0'`, `'1'`, … */
  targetNames?: readonly string[];
  /** More metrics, by name. Default: none but mean squared, root mean squared and mean absolute error, and R². */
  metrics?: Readonly<Record<string, Metric>>;
  /**
   * What the targets were transformed by for training, a fitted `StandardScaler` for example: outputs and targets are taken back by its `inverseTransform`, so that
   * everything that is found (errors, charts, kept outputs) is in the units of the data. Default: they are in those already.
   */
  transform?: TargetTransform;
  /** Keep all outputs. Default `false`. */
  keepOutputs?: boolean;
  /** The field of the data that holds the targets. Default 'y'. */
  target?: string;
}

const regressionOptions: OptionNames<RegressionOptions> = {
  targetNames: listOf(requireString),
  metrics: (where, name, value) => requireMetrics(where, name, value),
  transform: requireTransform,
  keepOutputs: requireBoolean,
  target: requireString,
};

function requireTransform(where: string, name: string, value: unknown): void {
  const { inverseTransform } = Object(value) as { inverseTransform?: unknown };
  if (typeof inverseTransform === 'function') return;
  throw wrongArgument(where, name, 'a fitted transform, with inverseTransform()', value);
}

/** What is read of a batch of outputs. */
export interface RegressionValues {
  readonly outputs: Tensor;
  readonly metrics: ReducedOutputs;
}

/** Numbers per example up to which each has its scores. */
const listedTargets = 50;
/** Examples that a chart shows at most. */
const pointsShown = 1000;
const worstShown = 12;

/**
 * Numbers: outputs and targets `y` of one shape, [n], [n, outputs] or more; [n] and [n, 1] go together. The data may have a `weight` for each
 * example.
 *
 * ```ts
 * const task = regression({ targetNames: ['height', 'weight'] });
 * // const { metrics, targets } = await evaluate(model, test, task);
 * // metrics.r2Score; targets[0].meanAbsoluteError;
 * ```
 *
 * A model that was trained on scaled targets, `scaler.transform(y)`, is evaluated in their own units by `regression({ transform: scaler })`.
 */
export function regression(
  options: RegressionOptions = {},
): EvaluationTask<RegressionEvaluation, Tensor, RegressionValues> {
  checkOptions('regression', options, regressionOptions);
  const set = new MetricSet(options.metrics ?? {});
  const { transform } = options;
  const onDevice = Object.entries(set.metrics).find(([, metric]) => metric.reduce !== undefined);
  if (transform !== undefined && onDevice !== undefined) {
    throw new ArgumentError(
      `[regression] metrics.${onDevice[0]} reads outputs on the device (reduce), before transform takes them back.`,
      { hint: 'Leave it out, or take a metric without reduce.' },
    );
  }
  return {
    goals: {
      meanSquaredError: 'min',
      rootMeanSquaredError: 'min',
      meanAbsoluteError: 'min',
      r2Score: 'max',
      ...set.goals,
    },
    reduce: (outputs, batch) => {
      requireOneTensor('regression', outputs);
      const targets = tensorField('regression', batch, options.target ?? 'y');
      const { targetNames } = options;
      const width = outputs.size / Math.max(1, outputs.shape[0] ?? 1);
      if (targetNames !== undefined && targetNames.length !== width) {
        throw new ShapeError(
          `[regression] there are ${targetNames.length} targetNames, and outputs ${outputs}: ${width} numbers per example.`,
        );
      }
      return { outputs, metrics: set.reduce(outputs, targets) };
    },
    start: () => new RegressionState(options, set),
  };
}

/** The scores of one of the numbers that are predicted. */
export interface TargetScores {
  readonly name: string;
  readonly meanSquaredError: number;
  readonly rootMeanSquaredError: number;
  readonly meanAbsoluteError: number;
  /** 1 − Σ (target − prediction)² / Σ (target − mean)²; 1 or 0 where all targets are equal. */
  readonly r2Score: number;
}

interface Point {
  readonly target: number;
  readonly prediction: number;
}

/** How far predicted numbers are off. */
export class RegressionEvaluation extends MetricsEvaluation {
  static readonly type: string = 'RegressionEvaluation';

  /** Scores of each number that is predicted, where there are at most 50. */
  readonly targets: readonly TargetScores[];
  /** The examples with the largest mean squared error, the largest first. */
  readonly worst: readonly { readonly example: number; readonly error: number }[];
  /** The model's outputs, where `keepOutputs` asked for them. */
  readonly outputs: ShapedValues | undefined;
  readonly #points: readonly (readonly Point[])[];

  constructor(
    metrics: Readonly<Record<string, number>>,
    run: EvaluationRun,
    found: {
      readonly targets: readonly TargetScores[];
      readonly worst: RegressionEvaluation['worst'];
      readonly outputs: ShapedValues | undefined;
      readonly points: readonly (readonly Point[])[];
    },
  ) {
    super(metrics, run);
    this.targets = found.targets;
    this.worst = found.worst;
    this.outputs = found.outputs;
    this.#points = found.points;
  }

  override toJSON(): object {
    return { ...super.toJSON(), targets: this.targets, worst: this.worst };
  }

  /** Figures, scores of each number, predictions by targets, errors by predictions, and the examples that are furthest off. */
  override sections(): readonly Section[] {
    const sections: Section[] = [...super.sections()];
    if (this.targets.length > 1) {
      sections.push({
        kind: 'table',
        title: 'Targets',
        columns: [
          { title: 'target' },
          { title: 'R²' },
          { title: 'mean absolute error' },
          { title: 'root mean squared error' },
        ],
        rows: this.targets.map((target) => [
          target.name,
          target.r2Score,
          target.meanAbsoluteError,
          target.rootMeanSquaredError,
        ]),
      });
    }
    this.#points.forEach((points, i) => {
      const name = this.targets.length > 1 ? `: ${this.targets[i]?.name ?? i}` : '';
      const values = points.map(({ target }) => target);
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const predictions = points.map(({ prediction }) => prediction);
      const [least, most] = [Math.min(...predictions), Math.max(...predictions)];
      sections.push(
        {
          kind: 'chart',
          title: `Predictions by targets${name}`,
          text: 'On the line where the prediction is right.',
          series: [
            { name: 'right', points: [[low, low], [high, high]], look: 'reference' },
            { name: 'examples', points: points.map(({ target, prediction }) => [target, prediction]), look: 'dots' },
          ],
          x: { label: 'target' },
          y: { label: 'prediction' },
        },
        {
          kind: 'chart',
          title: `Errors by predictions${name}`,
          text: 'Prediction less target: a shape that is no band around zero says what the model misses.',
          series: [
            { name: 'right', points: [[least, 0], [most, 0]], look: 'reference' },
            { name: 'examples', points: points.map(({ target, prediction }) => [prediction, prediction - target]), look: 'dots' },
          ],
          x: { label: 'prediction' },
          y: { label: 'error' },
        },
      );
    }); // prettier-ignore
    sections.push({
      kind: 'pictures',
      title: 'Furthest off',
      pictures: this.worst.map(({ example, error }) => ({
        example,
        caption: [{ label: 'error', value: formatLoss(Math.sqrt(error)), tone: 'wrong' }],
      })),
    });
    return sections;
  }
}

class RegressionState implements EvaluationState<RegressionEvaluation, RegressionValues> {
  readonly #options: RegressionOptions;
  readonly #metrics: MetricSetState;
  #outputs: { spread: Moments; squares: Sum; absolutes: Sum; points: Samples<Point> }[] = [];
  readonly #weight = new Sum();
  #worst = new Largest<{ example: number; error: number }>(worstShown);
  readonly #kept = new Growing((length) => new Float32Array(length));
  #shape: readonly number[] = [];
  #count = 0;

  constructor(options: RegressionOptions, set: MetricSet) {
    this.#options = options;
    this.#metrics = set.start();
  }

  update({ outputs: given, metrics }: HostValues<RegressionValues>, batch: ArrayFields): void {
    const field = arrayField('regression', batch, this.#options.target ?? 'y');
    const width = requirePairs('regression', given, field);
    const { transform } = this.#options;
    const outputs = transform === undefined ? given : takenBack(transform, given);
    const targets = transform === undefined ? field : takenBack(transform, field);
    const count = targets.data.length / width;
    const weights = weightsOf('regression', batch, count);
    const weightOf = weighting('regression', weights, count);
    this.#of(width);
    this.#shape = targets.shape.slice(1);
    for (let example = 0; example < count; example++) {
      const weight = weightOf(example);
      let error = 0;
      this.#outputs.forEach((found, output) => {
        const target = targets.data[example * width + output] ?? 0;
        const prediction = outputs.data[example * width + output] ?? 0;
        error += (prediction - target) ** 2 / width;
        if (weight === 0) return;
        found.spread.add(target, weight);
        found.squares.add(weight * (prediction - target) ** 2);
        found.absolutes.add(weight * Math.abs(prediction - target));
        if (output < charted(width)) found.points.offer(() => ({ target, prediction }));
      });
      this.#weight.add(weight);
      const position = this.#count + example;
      this.#worst.offer(error, () => ({ example: position, error }));
    }
    this.#count += count;
    if (this.#options.keepOutputs === true) this.#kept.append(outputs.data);
    this.#metrics.update(transform === undefined ? metrics : { outputs, reduced: {} }, targets, weights);
  }

  merge(other: RegressionState): void {
    this.#of(other.#outputs.length);
    other.#outputs.forEach(({ spread, squares, absolutes, points }, i) => {
      this.#outputs[i]?.spread.merge(spread);
      this.#outputs[i]?.squares.merge(squares);
      this.#outputs[i]?.absolutes.merge(absolutes);
      this.#outputs[i]?.points.merge(points);
    });
    for (const { example, error } of other.#worst.values)
      this.#worst.offer(error, () => ({ example: example + this.#count, error }));
    this.#weight.merge(other.#weight);
    this.#metrics.merge(other.#metrics);
    this.#kept.append(other.#kept.values);
    this.#shape = other.#shape;
    this.#count += other.#count;
  }

  result(run: EvaluationRun): RegressionEvaluation {
    const weight = this.#weight.value;
    requireMeasured('regression', weight);
    const all = this.#outputs.map(({ spread, squares, absolutes }, i): TargetScores => {
      const meanSquaredError = squares.value / weight;
      const isConstant = spread.squares === 0;
      return {
        name: this.#options.targetNames?.[i] ?? String(i),
        meanSquaredError,
        rootMeanSquaredError: Math.sqrt(meanSquaredError),
        meanAbsoluteError: absolutes.value / weight,
        r2Score: isConstant ? (squares.value === 0 ? 1 : 0) : 1 - squares.value / spread.squares,
      };
    });
    const mean = (value: (scores: TargetScores) => number): number =>
      all.reduce((sum, scores) => sum + value(scores), 0) / all.length;
    const meanSquaredError = mean((scores) => scores.meanSquaredError);
    const metrics = {
      meanSquaredError,
      rootMeanSquaredError: Math.sqrt(meanSquaredError),
      meanAbsoluteError: mean((scores) => scores.meanAbsoluteError),
      r2Score: mean((scores) => scores.r2Score),
      ...this.#metrics.values(),
    };
    return new RegressionEvaluation(metrics, run, {
      targets: all.length <= listedTargets ? all : [],
      worst: this.#worst.values,
      points: this.#outputs.slice(0, charted(all.length)).map(({ points }) => points.values),
      outputs:
        this.#options.keepOutputs === true
          ? { data: this.#kept.values.slice(), shape: [this.#count, ...this.#shape] }
          : undefined,
    });
  }

  #of(width: number): void {
    if (this.#outputs.length === 0) {
      this.#outputs = Array.from({ length: width }, () => ({
        spread: new Moments(),
        squares: new Sum(),
        absolutes: new Sum(),
        points: new Samples<Point>(pointsShown),
      }));
    }
    if (this.#outputs.length !== width) {
      throw new ShapeError(
        `[regression] outputs of ${width} numbers per example follow outputs of ${this.#outputs.length}.`,
      );
    }
  }
}

/** Numbers in the units of the data. In float64: those of the data may be large, and their errors small. */
function takenBack(transform: TargetTransform, { data, shape }: ShapedValues): ShapedValues {
  const given: unknown = transform.inverseTransform({ data: Float64Array.from(data), shape });
  const { data: numbers } = Object(given) as { data?: Float64Array };
  if (ArrayBuffer.isView(numbers) && numbers.length === data.length) return { data: numbers, shape };
  throw wrongArgument(
    'regression',
    'what transform.inverseTransform() returns',
    `{ data, shape } of ${data.length} numbers, as many as it was given`,
    given,
  );
}

/** Of how many numbers the points are kept for charts. */
function charted(width: number): number {
  return width <= 4 ? width : 0;
}
