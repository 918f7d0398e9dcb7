/** Precision, recall and F1 of every class, and their averages. */
import { checkOptions, listOf, requireNumber, requireString, type OptionNames } from '@hebb/tensor/arguments';
import { countPairs, type ConfusionMatrix, type ConfusionMatrixJSON } from './confusion-matrix.ts';
import { predictedClasses } from './predicted.ts';
import { textTable } from './text-table.ts';
import { classes, withShapes, withValues, type TensorLike, type Values } from './values.ts';

export interface ClassScores {
  /** TP / (TP + FP): how often a prediction of this class is right. 0 if it was never predicted. */
  readonly precision: number;
  /** TP / (TP + FN): how much of the class is found. 0 if there is no example of it. */
  readonly recall: number;
  /** 2 · precision · recall / (precision + recall) = 2 TP / (2 TP + FP + FN). 0 if that is 0 / 0. */
  readonly f1: number;
  /** Number of examples with this label; of all examples for an average. */
  readonly support: number;
}

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
    const { counts, classNames, total } = matrix;
    let correct = 0;
    this.classes = counts.map((row, i) => {
      const hits = row[i] ?? 0;
      correct += hits;
      const support = row.reduce((sum, count) => sum + count, 0);
      const predicted = counts.reduce((sum, other) => sum + (other[i] ?? 0), 0);
      return {
        name: classNames[i] ?? String(i),
        precision: divide(hits, predicted),
        recall: divide(hits, support),
        f1: divide(2 * hits, predicted + support),
        support,
      };
    });
    this.accuracy = correct / total;
    this.macroAverage = average(this.classes, () => 1 / counts.length, total);
    this.weightedAverage = average(this.classes, ({ support }) => support / total, total);
    this.confusionMatrix = matrix;
  }

  /** The table of scikit-learn's report, then the confusion matrix. */
  toString(): string {
    const format = (scores: ClassScores): string[] => [
      ...[scores.precision, scores.recall, scores.f1].map((value) => value.toFixed(4)),
      String(scores.support),
    ];
    const table = textTable([
      ['', 'precision', 'recall', 'f1', 'support'],
      ...this.classes.map((scores) => [scores.name, ...format(scores)]),
      [],
      ['accuracy', '', '', this.accuracy.toFixed(4), String(this.macroAverage.support)],
      ['macro average', ...format(this.macroAverage)],
      ['weighted average', ...format(this.weightedAverage)],
    ]);
    return `${table}\n\n${this.confusionMatrix.toString()}`;
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

function average(
  scores: readonly ClassScores[],
  weight: (scores: ClassScores) => number,
  support: number,
): ClassScores {
  const mean = (value: (scores: ClassScores) => number): number =>
    scores.reduce((sum, each) => sum + weight(each) * value(each), 0);
  return {
    precision: mean((each) => each.precision),
    recall: mean((each) => each.recall),
    f1: mean((each) => each.f1),
    support,
  };
}

function divide(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}
