/** How good a model is on data that it has not seen. */
import type { NumericArray } from '@hebb/data';
import { argmax, ClassificationResult, confusionMatrix, type ConfusionMatrix } from '@hebb/evaluation';
import { formatCount, formatPercent } from '@hebb/evaluation/format';
import type { Module } from '@hebb/layers';
import { checkOptions, listOf, requireInteger, requireString, type OptionNames } from '@hebb/tensor/arguments';
import type { Examples } from './batches.ts';
import { requireExamples, requireModel, requireOwnBatches } from './checks.ts';
import { TrainingError } from './errors.ts';
import { predictor, type Predictions } from './predict.ts';

export interface EvaluateOptions {
  /** What the model does; so far the one task is 'classification'. */
  task?: 'classification';
  /** One per class. Default `'0'`, `'1'`, … */
  classNames?: readonly string[];
  /** Examples at a time, where the data is a dataset. Default 128. */
  batchSize?: number;
}

const evaluateOptions: OptionNames<EvaluateOptions> = {
  task: true,
  classNames: listOf(requireString),
  batchSize: requirePositiveInteger,
};

function requirePositiveInteger(where: string, name: string, value: unknown): void {
  requireInteger(where, name, value, 1);
}

/**
 * What {@link evaluate} found: accuracy, scores per class and the confusion matrix (see `ClassificationResult`), and the outputs themselves.
 */
export class ClassificationEvaluation extends ClassificationResult {
  static override readonly name: string = 'ClassificationEvaluation';

  /** float32 [examples, classes], in the order of the data. */
  readonly logits: NumericArray<Float32Array>;
  /** The class with the largest logit. */
  readonly predictions: Int32Array;
  readonly labels: Int32Array;
  /** Wall-clock seconds, compilation included. */
  readonly seconds: number;
  /** Examples per second, compilation left out where there are several batches. */
  readonly examplesPerSecond: number;

  constructor(matrix: ConfusionMatrix, predictions: Int32Array, labels: Int32Array, run: Predictions) {
    super(matrix);
    this.logits = run.outputs;
    this.predictions = predictions;
    this.labels = labels;
    this.seconds = run.seconds;
    this.examplesPerSecond = run.examplesPerSecond;
  }

  /** Number of examples. */
  get count(): number {
    return this.labels.length;
  }

  /** Number of examples whose class was predicted. */
  get correct(): number {
    return this.labels.reduce((sum, label, i) => sum + (this.predictions[i] === label ? 1 : 0), 0);
  }

  /** Softmax of the logits of one example. */
  probabilities(example: number): Float32Array {
    const [, width = 0] = this.logits.shape;
    const row = this.logits.data.slice(example * width, (example + 1) * width);
    const largest = row.reduce((max, value) => Math.max(max, value), -Infinity);
    const exponentials = row.map((value) => Math.exp(value - largest));
    const sum = exponentials.reduce((total, value) => total + value, 0);
    return exponentials.map((value) => value / sum);
  }

  /** Accuracy and throughput, the table per class, the confusion matrix. */
  override toString(): string {
    const head = `accuracy ${formatPercent(this.accuracy)} (${formatCount(this.correct)} of ${formatCount(this.count)} right) · ${formatCount(this.examplesPerSecond)} examples/s`;
    return `${head}\n\n${super.toString()}`;
  }
}

/**
 * Runs a classifier over data in evaluation mode and scores it. The last batch may be smaller: two plans are compiled, never more.
 *
 * ```ts
 * const evaluation = await evaluate(model, test, { task: 'classification', classNames });
 * console.log(evaluation.toString());
 * ```
 *
 * @param examples a dataset with the fields `x` and `y` (classes, shape []), or a loader of it. The model's outputs are logits [examples, classes].
 * @throws TrainingError if the outputs are not such logits, or for an unknown task
 */
export async function evaluate(
  model: Module,
  examples: Examples,
  options: EvaluateOptions = {},
): Promise<ClassificationEvaluation> {
  checkOptions('evaluate', options, evaluateOptions);
  const { task = 'classification', classNames, batchSize = 128 } = options;
  if (task !== 'classification')
    throw new TrainingError(`[evaluate] there is no task '${String(task)}'; there is 'classification'.`);
  requireModel('evaluate', model);
  requireExamples('evaluate', 'the data', examples);
  requireOwnBatches('evaluate', examples, options.batchSize === undefined ? {} : { batchSize });
  const run = await predictor('evaluate', model, undefined)(examples, { batchSize });
  const { shape } = run.outputs;
  const [, width] = shape;
  if (shape.length !== 2 || width === undefined || (classNames !== undefined && width !== classNames.length)) {
    throw new TrainingError(
      `[evaluate] a classifier’s outputs have the shape [examples, ${classNames?.length ?? 'classes'}], these are [${shape.join(', ')}].`,
      {
        hint: 'The last layer gives one logit per class; classNames has one name for each.',
      },
    );
  }
  const predictions = argmax(run.outputs);
  const matrix = confusionMatrix(run.targets, predictions, width, classNames === undefined ? {} : { classNames });
  const labels = Int32Array.from(run.targets.data);
  return new ClassificationEvaluation(matrix, predictions, labels, run);
}
