/** Predicted classes from scores, on the host and on the device. */
import { ArgumentError, type Tensor } from '@hebb/tensor';
import { argmaxRows, classes, sameLength, scoreRows, scoresHoldNaN, type ShapedValues } from './values.ts';

/** What the device says in place of a class where the host would have thrown: numbers that nobody takes for a class. */
const notANumber = -0x7ffffffe;
const labelOutOfRange = -0x7fffffff;

/**
 * The class with the largest score of each row, as int32 [n], where `outputs` are scores [n, classes]; anything else is left as it is. Rows
 * with NaN, and rows whose label is no class of theirs, are told to {@link predictedClasses} by numbers that are none.
 *
 * @throws ArgumentError where outputs are one score per example and no threshold says where the classes part: known from the shapes, before a model has been trained
 */
export function predictedOnDevice(
  where: string,
  outputs: Tensor,
  targets: Tensor,
  { threshold }: ThresholdOptions,
): Tensor {
  const [count, width] = outputs.shape;
  if (threshold === undefined && outputs.dtype === 'float32' && outputs.size === count && targets.size === count) {
    throw new ArgumentError(
      `[${where}] ${outputs} is one score for each example, and no threshold says which class it means.`,
      {
        hint: `Say where the classes part: ${where}.with({ threshold: 0 }) for logits, 0.5 for probabilities. Predicted classes are int32: outputs.to('int32').`,
      },
    );
  }
  if (outputs.ndim !== 2 || width === undefined || width < 2 || targets.size !== count) return outputs;
  const hasNaN = outputs.notEqual(outputs).to('int32').max(1).greater(0);
  const isUnknown = targets.reshape([count]).greaterEqual(width);
  return isUnknown.where(labelOutOfRange, hasNaN.where(notANumber, outputs.argmax(1)));
}

export interface ThresholdOptions {
  /**
   * Predictions of one number per example are scores of class 1, which is predicted above this: 0 for logits, 0.5 for probabilities. Default: they
   * are predicted classes.
   */
  threshold?: number;
}

/** The predicted classes; {@link ThresholdOptions} say what one number per example is. */
export function predictedBy(
  where: string,
  predictions: ShapedValues,
  labels: Int32Array,
  { threshold }: ThresholdOptions,
): Int32Array {
  const isScore = threshold !== undefined && predictions.data.length === labels.length;
  if (!isScore) return predictedClasses(where, predictions, labels);
  const { data } = predictions;
  return labels.map((label, i) => {
    const score = data[i] ?? NaN;
    if (Number.isNaN(score)) throw scoresHoldNaN(where, i);
    if (label > 1)
      throw new ArgumentError(`[${where}] labels[${i}] is ${label}: one score tells two classes apart, 0 and 1.`);
    return score > threshold ? 1 : 0;
  });
}

/** Classes from scores (two axes with more than one column, or several numbers per label) or from classes. */
export function predictedClasses(where: string, predictions: ShapedValues, labels: Int32Array): Int32Array {
  const { data, shape } = predictions;
  if ((shape[1] ?? 1) > 1) {
    const rows = scoreRows(where, predictions, labels.length);
    const largest = labels.reduce((max, label) => Math.max(max, label), 0);
    if (largest >= rows.width) {
      throw new ArgumentError(
        `[${where}] a label is ${largest}, but the scores are for ${rows.width} classes, 0 to ${rows.width - 1}.`,
      );
    }
    return argmaxRows(where, rows.data, rows.width);
  }
  sameLength(where, 'predictions', data.length, 'labels', labels.length);
  for (let i = 0; i < data.length; i++) {
    if (data[i] === notANumber) throw scoresHoldNaN(where, i);
    if (data[i] === labelOutOfRange) {
      throw new ArgumentError(`[${where}] labels[${i}] is ${labels[i]}: the scores are for fewer classes.`, {
        hint: 'Labels are classes from 0; the last layer gives one score for each class.',
      });
    }
  }
  const single = data.length > 0 && !Number.isInteger(data[0]);
  if (single) {
    throw new ArgumentError(`[${where}] predictions[0] is ${String(data[0])}, not a class: an integer from 0.`, {
      hint: `Scores of class 1, one per example, take a threshold: ${where}.with({ threshold: 0 }) for logits, 0.5 for probabilities.`,
    });
  }
  return classes(where, 'predictions', predictions);
}
