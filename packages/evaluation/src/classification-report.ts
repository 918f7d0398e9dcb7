/** Precision, recall and F1 of every class, and their averages. */
import { checkOptions, listOf, requireNumber, requireString, type OptionNames } from '@hebb/tensor/arguments';
import { ClassCounts, type ClassScores } from './class-counts.ts';
import { countPairs, type ConfusionMatrix, type ConfusionMatrixJSON } from './confusion-matrix.ts';
import { predictedClasses } from './predicted.ts';
import { textTable } from './text-table.ts';
import { classes, withShapes, withValues, type TensorLike, type Values } from './values.ts';

export interface NamedClassScores extends ClassScores {
  readonly name: string;
}

export interface ClassificationResultJSON {
  readonly accuracy: number;
  readonly classes: readonly NamedClassScores[];
  readonly macroAverage: ClassScores;
  readonly weightedAverage: ClassScores;
  readonly confusionMatrix: ConfusionMatrixJSON;
}

/** What {@link classificationReport} found. */
export class ClassificationResult {
  /** Share of right predictions. */
  readonly accuracy: number;
  readonly classes: readonly NamedClassScores[];
  /** The plain mean over the classes. */
  readonly macroAverage: ClassScores;
  /** The mean over the classes, weighted by support. */
  readonly weightedAverage: ClassScores;
  readonly confusionMatrix: ConfusionMatrix;

  constructor(matrix: ConfusionMatrix) {
    const counts = new ClassCounts(matrix.counts.length);
    matrix.counts.forEach((row, label) =>
      row.forEach((count, prediction) => {
        if (count > 0) counts.add(label, prediction, count);
      }),
    );
    this.classes = counts.classes().map((scores, i) => ({ name: matrix.classNames[i] ?? String(i), ...scores }));
    this.accuracy = counts.correct / counts.total;
    this.macroAverage = counts.macroAverage();
    this.weightedAverage = counts.weightedAverage();
    this.confusionMatrix = matrix;
  }

  /** The table of scikit-learn's report, then the confusion matrix. */
  toString(): string {
    return `${scoresTable(this)}\n\n${this.confusionMatrix.toString()}`;
  }

  toJSON(): ClassificationResultJSON {
    const { accuracy, macroAverage, weightedAverage } = this;
    const confusion = this.confusionMatrix.toJSON();
    return { accuracy, classes: this.classes, macroAverage, weightedAverage, confusionMatrix: confusion };
  }
}

export interface ClassificationReportOptions {
  /** Default: the number of `classNames`, else the largest class plus 1. */
  classCount?: number;
  /** Default `'0'`, `'1'`, … */
  classNames?: readonly string[];
}

const reportOptions: OptionNames<ClassificationReportOptions> = {
  classCount: requireNumber,
  classNames: listOf(requireString),
};

/**
 * Precision, recall, F1 and support of every class, their averages, the accuracy and the confusion matrix. What would
 * be 0 / 0 is 0, as with scikit-learn's `zero_division=0`.
 *
 * ```ts
 * import { classificationReport } from '@hebb/evaluation';
 *
 * const report = classificationReport([0, 0, 1, 1], [0, 1, 1, 1], { classNames: ['cat', 'dog'] });
 * report.accuracy; // 0.75
 * report.classes[0]; // { name: 'cat', precision: 1, recall: 0.5, f1: 2/3, support: 2 }
 * console.log(report.toString()); // both as tables for a terminal
 * JSON.stringify(report); // everything
 * ```
 *
 * Source: `sklearn.metrics.classification_report`. Labels come first here, as there. Every class of `classCount`
 * counts in the macro average, whether examples have it or not.
 *
 * @param labels classes of shape [n]
 * @param predictions classes of shape [n], or scores of shape [n, classes]
 * @throws ShapeError if the shapes do not go together; ArgumentError for classes out of range and for no examples.
 */
export function classificationReport(
  labels: Values,
  predictions: Values,
  options?: ClassificationReportOptions,
): ClassificationResult;
export function classificationReport(
  labels: Values | TensorLike,
  predictions: Values | TensorLike,
  options?: ClassificationReportOptions,
): ClassificationResult | Promise<ClassificationResult>;
export function classificationReport(
  labels: Values | TensorLike,
  predictions: Values | TensorLike,
  options: ClassificationReportOptions = {},
): ClassificationResult | Promise<ClassificationResult> {
  const where = 'classificationReport';
  checkOptions(where, options, reportOptions);
  return withValues(where, labels, predictions, (labelValues, predictionValues) => {
    const [predictionRows, labelRows] = withShapes(predictionValues, labelValues);
    const truth = classes(where, 'labels', labelRows);
    const width = predictionRows.shape[1] ?? 1;
    const predicted = predictedClasses(where, predictionRows, truth);
    const count = options.classCount ?? options.classNames?.length ?? (width > 1 ? width : undefined);
    const flat = { data: predicted, shape: undefined };
    return new ClassificationResult(countPairs(where, { data: truth, shape: undefined }, flat, count, options));
  });
}

/** The table of scikit-learn's report. */
export function scoresTable(
  result: Pick<ClassificationResult, 'accuracy' | 'classes' | 'macroAverage' | 'weightedAverage'>,
): string {
  const { accuracy, classes, macroAverage, weightedAverage } = result;
  const support = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(2));
  const format = (scores: ClassScores): string[] => [
    ...[scores.precision, scores.recall, scores.f1].map((value) => value.toFixed(4)),
    support(scores.support),
  ];
  return textTable([
    ['', 'precision', 'recall', 'f1', 'support'],
    ...classes.map((scores) => [scores.name, ...format(scores)]),
    [],
    ['accuracy', '', '', accuracy.toFixed(4), support(macroAverage.support)],
    ['macro average', ...format(macroAverage)],
    ['weighted average', ...format(weightedAverage)],
  ]);
}
