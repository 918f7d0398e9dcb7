/** Class labels: from names to numbers, and a check that they are what a classifier needs. */
import {
  checkOptions,
  listOf,
  requireFunction,
  requireList,
  requireOptions,
  requireString,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { DataError, ProblemList, show, someOf } from './errors.ts';

export interface ValidateLabelsOptions {
  /** Number of classes; a label must be an integer from 0 to `classCount - 1`. */
  classCount: number;
  /** What errors call the labels: their file. Default `'labels'`. */
  source?: string;
  /** The line of a label in that file. */
  lineOf?: (index: number) => number | undefined;
}

const validateOptions: OptionNames<ValidateLabelsOptions> = {
  classCount: true,
  source: requireString,
  lineOf: requireFunction,
};

/**
 * Checks class labels and returns them as an Int32Array.
 *
 * ```ts
 * import { validateLabels } from '@hebb/data';
 *
 * validateLabels([0, 2, 1], { classCount: 3 }); // Int32Array [0, 2, 1]
 * ```
 *
 * @throws DataError that lists the labels that are not integers from 0 to `classCount - 1`.
 */
export function validateLabels(labels: ArrayLike<number>, options: ValidateLabelsOptions): Int32Array {
  requireList('validateLabels', 'labels', labels);
  requireOptions('validateLabels', options, validateOptions);
  const { classCount, source = 'labels', lineOf } = options;
  if (!Number.isInteger(classCount) || classCount < 1) {
    throw new DataError(`[validateLabels] classCount must be a positive integer, got ${show(classCount)}.`);
  }
  const problems = new ProblemList();
  const checked = new Int32Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (label !== undefined && Number.isInteger(label) && label >= 0 && label < classCount) checked[i] = label;
    else {
      const line = lineOf?.(i);
      const message = `expected a label from 0 to ${classCount - 1}, got ${show(label)}`;
      problems.add(line === undefined ? { message: `example ${i}: ${message}` } : { line, message });
    }
  }
  problems.check(`[validateLabels] ${source}: ${problems.count} of ${labels.length} labels out of range:`, {
    source,
    hint: `Labels are integers counted from 0. labelEncode turns any names or numbers into such labels.`,
  });
  return checked;
}

export interface LabelEncodeOptions {
  /** The classes in the order wanted, e.g. those of the training set. Default: those found in the values. */
  classNames?: readonly string[];
}

const encodeOptions: OptionNames<LabelEncodeOptions> = { classNames: listOf(requireString) };

export interface EncodedLabels {
  /** One integer per value: the index of its class. */
  readonly labels: Int32Array;
  /** The distinct values in ascending order, as text. */
  readonly classNames: readonly string[];
}

/**
 * Numbers the distinct values in ascending order (numbers by size, strings by code unit), like scikit-learn's
 * `LabelEncoder`.
 *
 * ```ts
 * import { labelEncode } from '@hebb/data';
 *
 * labelEncode(['cat', 'ant', 'cat']); // { labels: Int32Array [1, 0, 1], classNames: ['ant', 'cat'] }
 * ```
 *
 * @throws DataError for missing values (null, NaN), and for values that are not among the given `classNames`.
 */
export function labelEncode(
  values: ArrayLike<string | number | null>,
  options: LabelEncodeOptions = {},
): EncodedLabels {
  checkOptions('labelEncode', options, encodeOptions);
  const { classNames } = options;
  requireList('labelEncode', 'values', values);
  const found = classesOf('labelEncode', values);
  const names = classNames ?? found.map(String);
  return { labels: numbersOf('labelEncode', values, names), classNames: names };
}

/** The distinct values in ascending order. @throws DataError for missing ones */
export function classesOf(where: string, values: ArrayLike<string | number | null>): (string | number)[] {
  const problems = new ProblemList();
  // 1 and '1' have one name, and are one class.
  const distinct = new Map<string, string | number>();
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null || value === undefined || Number.isNaN(value))
      problems.add({ message: `example ${i}: no value` });
    else if (typeof value !== 'string' && typeof value !== 'number')
      throw wrongArgument(where, `value ${i}`, 'a text or a number', value);
    else if (!distinct.has(String(value))) distinct.set(String(value), value);
  }
  problems.check(`[${where}] ${problems.count} of ${values.length} values are missing:`, {
    hint: 'Leave such rows out first, e.g. with table.dropMissing([...]).',
  });
  return [...distinct.values()].sort((a, b) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : compare(`${a}`, `${b}`),
  );
}

/** The place of each value among the classes. @throws DataError for values that are none of them */
export function numbersOf(
  where: string,
  values: ArrayLike<string | number | null>,
  classes: readonly (string | number)[],
): Int32Array {
  const problems = new ProblemList();
  const ids = new Map(classes.map((name, id) => [String(name), id]));
  const labels = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const id = ids.get(String(values[i]));
    if (id === undefined) problems.add({ message: `example ${i}: ${show(values[i])}` });
    else labels[i] = id;
  }
  problems.check(
    `[${where}] ${problems.count} of ${values.length} values are not among the classes ${someOf(classes)}:`,
  );
  return labels;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
