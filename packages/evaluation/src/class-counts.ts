/** How often each class was right, predicted, and there: all that precision, recall and F1 need, whatever the number of examples. */
import { Growing } from './growing.ts';

export interface ClassScores {
  /** TP / (TP + FP): how often a prediction of this class is right. 0 if it was never predicted. */
  readonly precision: number;
  /** TP / (TP + FN): how much of the class is found. 0 if there is no example of it. */
  readonly recall: number;
  /** 2 · precision · recall / (precision + recall) = 2 TP / (2 TP + FP + FN). 0 if that is 0 / 0. */
  readonly f1: number;
  /** Number of examples with this label, the sum of their weights where they have some; of all examples for an average. */
  readonly support: number;
}

export class ClassCounts {
  /** Sums of weights by class. */
  readonly #hits = new Growing((length) => new Float64Array(length));
  readonly #predicted = new Growing((length) => new Float64Array(length));
  readonly #support = new Growing((length) => new Float64Array(length));

  /** Room for classes that may never come. */
  constructor(classCount = 0) {
    this.#grow(classCount);
  }

  get classCount(): number {
    return this.#hits.length;
  }

  /** Σ weights of the examples. */
  get total(): number {
    return this.#support.values.reduce((sum, weight) => sum + weight, 0);
  }

  /** Σ weights of the examples whose class was predicted. */
  get correct(): number {
    return this.#hits.values.reduce((sum, weight) => sum + weight, 0);
  }

  add(label: number, prediction: number, weight = 1): void {
    this.#grow(1 + Math.max(label, prediction));
    plus(this.#support.values, label, weight);
    plus(this.#predicted.values, prediction, weight);
    if (label === prediction) plus(this.#hits.values, label, weight);
  }

  /** One of several labels of an example, each of which may be there and may be predicted. */
  addLabel(index: number, isThere: boolean, isPredicted: boolean, weight = 1): void {
    this.#grow(1 + index);
    if (isThere) plus(this.#support.values, index, weight);
    if (isPredicted) plus(this.#predicted.values, index, weight);
    if (isThere && isPredicted) plus(this.#hits.values, index, weight);
  }

  merge(other: ClassCounts): void {
    this.#grow(other.classCount);
    other.#hits.values.forEach((weight, i) => plus(this.#hits.values, i, weight));
    other.#predicted.values.forEach((weight, i) => plus(this.#predicted.values, i, weight));
    other.#support.values.forEach((weight, i) => plus(this.#support.values, i, weight));
  }

  /** The scores of every class. */
  classes(): ClassScores[] {
    const [predicted, support] = [this.#predicted.values, this.#support.values];
    return Array.from(this.#hits.values, (hits, i) => scoresOf(hits, predicted[i] ?? 0, support[i] ?? 0));
  }

  /** Whether a class has a label or a prediction. */
  occurs(index: number): boolean {
    return (this.#support.values[index] ?? 0) > 0 || (this.#predicted.values[index] ?? 0) > 0;
  }

  /** The plain mean over the classes. */
  macroAverage(classes: readonly ClassScores[] = this.classes()): ClassScores {
    return average(classes, () => 1 / classes.length, this.total);
  }

  /** The mean over the classes, weighted by support. */
  weightedAverage(): ClassScores {
    const { total } = this;
    return average(this.classes(), ({ support }) => (total === 0 ? 0 : support / total), total);
  }

  /** The scores of all hits, predictions and labels together. */
  microAverage(): ClassScores {
    const predicted = this.#predicted.values.reduce((sum, weight) => sum + weight, 0);
    return scoresOf(this.correct, predicted, this.total);
  }

  #grow(classCount: number): void {
    const missing = classCount - this.#hits.length;
    if (missing <= 0) return;
    for (const array of [this.#hits, this.#predicted, this.#support]) array.append(new Float64Array(missing));
  }
}

function plus(array: Float64Array, index: number, value: number): void {
  array[index] = (array[index] ?? 0) + value;
}

function scoresOf(hits: number, predicted: number, support: number): ClassScores {
  return {
    precision: divide(hits, predicted),
    recall: divide(hits, support),
    f1: divide(2 * hits, predicted + support),
    support,
  };
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
