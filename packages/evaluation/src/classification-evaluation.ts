/** What is found about a classifier. */
import { ArgumentError } from '@hebb/tensor';
import { scoresTable, type NamedClassScores } from './classification-report.ts';
import type { ClassCounts, ClassScores } from './class-counts.ts';
import { classScoresTable } from './class-scores-table.ts';
import { ConfusionMatrix } from './confusion-matrix.ts';
import type { EvaluationRun } from './evaluation.ts';
import { formatCount, formatPercent } from './format.ts';
import { MetricsEvaluation } from './metrics-evaluation.ts';
import type { Section, TableCell } from './section.ts';
import { mistakeSections } from './mistakes.ts';
import type { ShapedValues } from './values.ts';

/** Classes that a table lists, and a confusion matrix draws, one by one; of more, the worst are named. */
const listedClasses = 50;
/** Classes up to which the confusion matrix is part of the JSON. */
const matrixInJSON = 1000;
const worstShown = 10;
const confusionsShown = 20;

/** What is kept of every example. */
export interface ClassifiedExamples {
  readonly labels: Int32Array;
  /** The likeliest classes, the likeliest first: `[examples, k]`. */
  readonly topClasses: Int32Array;
  /** Their probabilities, in the same shape. */
  readonly topProbabilities: Float32Array;
  readonly k: number;
  readonly weights: Float64Array | undefined;
  readonly outputs: ShapedValues | undefined;
}

export interface ClassificationEvaluationJSON {
  readonly metrics: Readonly<Record<string, number>>;
  readonly count: number;
  readonly correct: number;
  readonly seconds: number;
  readonly examplesPerSecond: number;
  readonly classes: readonly NamedClassScores[];
  readonly macroAverage: ClassScores;
  readonly weightedAverage: ClassScores;
  /** `counts[label][prediction]`; left out where there are more than 1,000 classes. */
  readonly confusionMatrix?: readonly (readonly number[])[];
}

/** The accuracy of a classifier, scores per class, the confusion matrix, and of each example its label and likeliest classes. */
export class ClassificationEvaluation extends MetricsEvaluation {
  static readonly type: string = 'ClassificationEvaluation';

  readonly classNames: readonly string[];
  /** Share of right predictions, weighted where the data has a field `weight`. */
  readonly accuracy: number;
  readonly classes: readonly NamedClassScores[];
  /** The plain mean over the classes. */
  readonly macroAverage: ClassScores;
  /** The mean over the classes, weighted by support. */
  readonly weightedAverage: ClassScores;
  /** In the order of the data. */
  readonly labels: Int32Array;
  /** The likeliest class of each example. */
  readonly predictions: Int32Array;
  /** Its probability. */
  readonly confidences: Float32Array;
  /** Number of examples whose class was predicted. */
  readonly correct: number;
  /** The model's outputs, where `keepOutputs` asked for them: float32 `[examples, classes]`. */
  readonly outputs: ShapedValues | undefined;
  readonly #kept: ClassifiedExamples;
  readonly #curves: readonly Section[];
  #matrix: ConfusionMatrix | undefined;

  constructor(
    counts: ClassCounts,
    classNames: readonly string[],
    kept: ClassifiedExamples,
    metrics: Readonly<Record<string, number>>,
    run: EvaluationRun,
    curves: readonly Section[] = [],
  ) {
    super(metrics, run);
    const { labels, topClasses, topProbabilities, k, outputs } = kept;
    this.classNames = classNames;
    this.accuracy = counts.correct / counts.total;
    this.classes = counts.classes().map((scores, i) => ({ name: classNames[i] ?? String(i), ...scores }));
    this.macroAverage = counts.macroAverage();
    this.weightedAverage = counts.weightedAverage();
    this.labels = labels;
    this.predictions = labels.map((_, i) => topClasses[i * k] ?? 0);
    this.confidences = Float32Array.from(labels, (_, i) => topProbabilities[i * k] ?? 0);
    this.correct = labels.reduce((sum, label, i) => sum + (topClasses[i * k] === label ? 1 : 0), 0);
    this.outputs = outputs;
    this.#kept = kept;
    this.#curves = curves;
  }

  /** The likeliest classes of an example, the likeliest first. */
  topClasses(
    example: number,
  ): readonly { readonly index: number; readonly name: string; readonly probability: number }[] {
    const { topClasses, topProbabilities, k } = this.#kept;
    if (!Number.isInteger(example) || example < 0 || example >= this.count)
      throw new ArgumentError(`[topClasses] there is no example ${String(example)}; there are ${this.count}, from 0.`);
    return Array.from({ length: k }, (_, i) => {
      const index = topClasses[example * k + i] ?? 0;
      return {
        index,
        name: this.classNames[index] ?? String(index),
        probability: topProbabilities[example * k + i] ?? 0,
      };
    });
  }

  /**
   * Counts of (label, prediction) pairs, sums of weights where there are some; made when it is first asked for.
   *
   * @throws ArgumentError for more than 10,000 classes
   */
  get confusionMatrix(): ConfusionMatrix {
    if (this.#matrix !== undefined) return this.#matrix;
    const { length } = this.classNames;
    if (length > 10_000) {
      throw new ArgumentError(`[confusionMatrix] a matrix of ${length} by ${length} counts is too large.`, {
        hint: 'labels and predictions say what was taken for what.',
      });
    }
    const counts = Array.from({ length }, () => new Array<number>(length).fill(0));
    this.labels.forEach((label, i) => {
      const row = counts[label];
      const prediction = this.predictions[i] ?? 0;
      if (row !== undefined) row[prediction] = (row[prediction] ?? 0) + (this.#kept.weights?.[i] ?? 1);
    });
    return (this.#matrix = new ConfusionMatrix(counts, this.classNames));
  }

  /** Accuracy and throughput, the table per class, the confusion matrix; of more than 50 classes the worst ones. */
  override toString(): string {
    const head = `accuracy ${formatPercent(this.accuracy)} (${formatCount(this.correct)} of ${formatCount(this.count)} right) · ${formatCount(this.examplesPerSecond)} examples/s`;
    if (this.classes.length <= listedClasses)
      return `${head}\n\n${scoresTable(this)}\n\n${this.confusionMatrix.toString()}`;
    const shown = { ...this.#scores(), classes: this.#worstClasses() };
    return `${head}\n\nThe ${shown.classes.length} of ${formatCount(this.classes.length)} classes with the lowest F1:\n\n${scoresTable(shown)}`;
  }

  override toJSON(): ClassificationEvaluationJSON {
    const { metrics, count, correct, seconds, examplesPerSecond, classes, macroAverage, weightedAverage } = this;
    const found = { metrics, count, correct, seconds, examplesPerSecond, classes, macroAverage, weightedAverage };
    return classes.length > matrixInJSON ? found : { ...found, confusionMatrix: this.confusionMatrix.counts };
  }

  /** Figures, confusion matrix, scores per class, the worst mistakes, and what was right by a narrow margin. */
  override sections(): readonly Section[] {
    const mistakes = this.count - this.correct;
    return [
      {
        kind: 'figures',
        title: 'Evaluation',
        figures: [
          { name: 'Test accuracy', value: this.accuracy, format: 'percent' },
          { name: `Mistakes in ${formatCount(this.count)}`, value: mistakes, format: 'count' },
          { name: 'Tested per second', value: this.examplesPerSecond, format: 'count' },
        ],
      },
      this.classes.length <= listedClasses ? this.#matrixSection() : this.#confusionsSection(),
      this.#classesSection(),
      ...this.#curves,
      ...mistakeSections(this),
    ];
  }

  #scores(): Pick<ClassificationEvaluation, 'accuracy' | 'macroAverage' | 'weightedAverage'> {
    const { accuracy, macroAverage, weightedAverage } = this;
    return { accuracy, macroAverage, weightedAverage };
  }

  /** Of the classes that have examples. */
  #worstClasses(): readonly NamedClassScores[] {
    return this.classes
      .filter(({ support }) => support > 0)
      .sort((a, b) => a.f1 - b.f1)
      .slice(0, worstShown);
  }

  #matrixSection(): Section {
    return {
      kind: 'matrix',
      title: 'Confusion matrix',
      text: 'A row for each true class, a column for each prediction. Blue is right, the fuller the larger the share of its row; orange is mistaken, the fullest the most frequent of all mistakes.',
      counts: this.confusionMatrix.counts,
      rowLabel: 'true',
      columnLabel: 'predicted',
      rowNames: this.classNames,
      columnNames: this.classNames,
    };
  }

  /** What is taken for what most often, where a matrix would be too large to look at. */
  #confusionsSection(): Section {
    const pairs = new Map<string, { label: number; prediction: number; count: number }>();
    this.labels.forEach((label, i) => {
      const prediction = this.predictions[i] ?? 0;
      if (prediction === label) return;
      const pair = pairs.get(`${label},${prediction}`) ?? { label, prediction, count: 0 };
      pair.count++;
      pairs.set(`${label},${prediction}`, pair);
    });
    const name = (index: number): string => this.classNames[index] ?? String(index);
    const rows = [...pairs.values()]
      .sort((a, b) => b.count - a.count)
      .slice(0, confusionsShown)
      .map(({ label, prediction, count }): TableCell[] => [name(label), name(prediction), count]);
    return {
      kind: 'table',
      title: 'What is taken for what',
      text: 'The pairs that are confused most often.',
      columns: [{ title: 'true' }, { title: 'predicted' }, { title: 'count', format: 'count' }],
      rows,
    };
  }

  #classesSection(): Section {
    const shown = this.classes.length <= listedClasses ? this.classes : this.#worstClasses();
    const which =
      shown === this.classes
        ? ''
        : `The ${shown.length} of ${formatCount(this.classes.length)} classes with the lowest F1. `;
    const text = `${which}Precision: how often a prediction of the class is right. Recall: how much of the class is found. F1: their harmonic mean. The weighted average counts every example alike, the other every class.`;
    const footer = [
      { ...this.macroAverage, name: 'average' },
      { ...this.weightedAverage, name: 'weighted' },
    ];
    return classScoresTable('Classes', 'class', text, { rows: shown, footer });
  }
}
