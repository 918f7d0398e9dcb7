/** Seeded splits with exact sizes. */
import { checkOptions, requireNumber, requireOptions, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import { ArrayDataset, requireDataset } from './dataset.ts';
import { DataError, show } from './errors.ts';
import { Random } from './random.ts';
import { readFieldAtOnce } from './read.ts';
import { Table } from './table.ts';

/** Anything that can hand out a part of itself: a {@link Table}, an {@link ArrayDataset}, your own `Dataset`. */
export interface Splittable {
  readonly length: number;
  subset(indices: ArrayLike<number>): unknown;
}

export interface SplitOptions {
  /** Size of the test part: a fraction below 1 (rounded up) or a number of examples. Default 0.25. */
  test?: number;
  /** Size of the validation part, as for `test`, of the whole. Default: no validation part. */
  validation?: number;
  /** An integer from 0. Default 0. */
  seed?: number;
}

export interface StratifiedSplitOptions extends SplitOptions {
  /** The classes: the name of a column or field, or one value per example. */
  by: string | ArrayLike<string | number | null>;
}

const splitOptions: OptionNames<SplitOptions> = {
  test: requireNumber,
  validation: requireNumber,
  seed: requireNumber,
};
const stratifiedOptions: OptionNames<StratifiedSplitOptions> = { by: true, ...splitOptions };

/** What `subset` of it returns. */
export type PartOf<D extends Splittable> = ReturnType<D['subset']>;

export interface Split<D> {
  readonly train: D;
  readonly test: D;
}

export interface ThreeWaySplit<D> extends Split<D> {
  readonly validation: D;
}

/**
 * Shuffles and splits. Sizes are exact: `test` examples (a fraction is rounded up, as in scikit-learn), `validation`
 * examples, and the rest for training.
 *
 * ```ts
 * import { parseCsv, trainTestSplit } from '@hebb/data';
 *
 * const table = parseCsv('x\n1\n2\n3\n4\n5\n');
 * const { train, test } = trainTestSplit(table, { test: 0.2, seed: 1 });
 * test.length; // 1
 * ```
 *
 * @throws DataError if a size is not a fraction in (0, 1) or a positive integer, or if a part would be empty.
 */
export function trainTestSplit<D extends Splittable>(
  data: D,
  options: SplitOptions & { validation: number },
): ThreeWaySplit<PartOf<D>>;
export function trainTestSplit<D extends Splittable>(data: D, options?: SplitOptions): Split<PartOf<D>>;
export function trainTestSplit<D extends Splittable>(data: D, options: SplitOptions = {}): Split<PartOf<D>> {
  const where = 'trainTestSplit';
  requireSplittable(where, data);
  checkOptions(where, options, splitOptions);
  const { test, validation } = sizes(where, data.length, options);
  const order = new Random(options.seed ?? 0).permutation(data.length);
  return parts(
    data,
    order.subarray(test + validation),
    order.subarray(test, test + validation),
    order.subarray(0, test),
  );
}

/**
 * Splits so that every part has the classes in the proportions of the whole, as closely as whole examples allow
 * (largest remainders), with the same exact sizes as {@link trainTestSplit}.
 *
 * ```ts
 * import { parseCsv, stratifiedSplit } from '@hebb/data';
 *
 * const table = parseCsv('x,kind\n1,a\n2,a\n3,a\n4,a\n5,b\n6,b\n');
 * const { train, test } = stratifiedSplit(table, { by: 'kind', test: 1 / 2, seed: 1 });
 * test.length; // 3: two of a, one of b
 * ```
 *
 * @throws DataError as {@link trainTestSplit}; also for missing classes, for a class with fewer examples than there
 *   are parts, and for a part with fewer examples than there are classes.
 */
export function stratifiedSplit<D extends Splittable>(
  data: D,
  options: StratifiedSplitOptions & { validation: number },
): ThreeWaySplit<PartOf<D>>;
export function stratifiedSplit<D extends Splittable>(data: D, options: StratifiedSplitOptions): Split<PartOf<D>>;
export function stratifiedSplit<D extends Splittable>(data: D, options: StratifiedSplitOptions): Split<PartOf<D>> {
  const where = 'stratifiedSplit';
  requireSplittable(where, data);
  requireOptions(where, options, stratifiedOptions);
  const { test, validation, train } = sizes(where, data.length, options);
  const classes = classesOf(data, options.by);
  const members = new Map<string | number, number[]>();
  for (let i = 0; i < data.length; i++) {
    const value = classes[i];
    if (value === null || value === undefined || Number.isNaN(value)) {
      throw new DataError(`[${where}] example ${i} has no class.`, {
        hint: 'Leave such rows out, e.g. with dropMissing().',
      });
    }
    const list = members.get(value);
    if (list === undefined) members.set(value, [i]);
    else list.push(i);
  }
  const groups = [...members].sort(([a], [b]) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1,
  );
  const partCount = validation > 0 ? 3 : 2;
  for (const [name, list] of groups) {
    if (list.length < partCount) {
      throw new DataError(
        `[${where}] class ${show(name)} has ${list.length} example${list.length === 1 ? '' : 's'}, fewer than the ${partCount} parts.`,
        { hint: 'Collect more examples of it, leave it out, or use trainTestSplit.' },
      );
    }
  }
  for (const [part, size] of Object.entries({ train, test, ...(validation > 0 && { validation }) })) {
    if (size < groups.length) {
      throw new DataError(
        `[${where}] the ${part} part has ${size} examples, fewer than the ${groups.length} classes.`,
        {
          hint: `Make it larger, or use trainTestSplit.`,
        },
      );
    }
  }

  const random = new Random(options.seed ?? 0);
  const shuffled = groups.map(([, list]) => random.shuffle(list));
  const take = (size: number): number[] => {
    const quotas = apportion(
      shuffled.map((list) => list.length),
      size,
    );
    return random.shuffle(shuffled.flatMap((list, i) => list.splice(0, quotas[i])));
  };
  const testIndices = take(test);
  const validationIndices = take(validation);
  return parts(data, random.shuffle(shuffled.flat()), validationIndices, testIndices);
}

function requireSplittable(where: string, data: unknown): void {
  const parts = data as Partial<Splittable> | null | undefined;
  if (typeof data !== 'object' || typeof parts?.length !== 'number' || typeof parts.subset !== 'function')
    throw wrongArgument(where, 'the data', 'a Table, an ArrayDataset or another Dataset', data);
}

/** Shares `total` out in proportion to `counts`: rounded down, the rest to the largest remainders, the first at a tie. */
function apportion(counts: readonly number[], total: number): number[] {
  const whole = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.map((count) => Math.floor((count * total) / whole));
  const missing = total - shares.reduce((sum, share) => sum + share, 0);
  // Integer remainders, so that ties are ties.
  const byRemainder = counts.map((count, i) => ({ i, remainder: (count * total) % whole }));
  byRemainder.sort((a, b) => b.remainder - a.remainder || a.i - b.i);
  for (const { i } of byRemainder.slice(0, missing)) shares[i] = (shares[i] ?? 0) + 1;
  return shares;
}

function sizes(
  where: string,
  length: number,
  options: SplitOptions,
): { train: number; test: number; validation: number } {
  const size = (name: string, value: number): number => {
    const isFraction = value > 0 && value < 1;
    if (!isFraction && !(Number.isInteger(value) && value >= 1)) {
      throw new DataError(
        `[${where}] ${name} must be a fraction between 0 and 1 or a positive number of examples, got ${show(value)}.`,
      );
    }
    // 0.07 · 100 is a little more than 7; the subtraction keeps it from being rounded up to 8.
    return isFraction ? Math.ceil(value * length - 1e-9) : value;
  };
  const test = size('test', options.test ?? 0.25);
  const validation = options.validation === undefined ? 0 : size('validation', options.validation);
  const train = length - test - validation;
  if (train < 1) {
    throw new DataError(
      `[${where}] ${test + validation} examples for test and validation leave none of ${length} for training.`,
    );
  }
  return { train, test, validation };
}

function classesOf(data: Splittable, by: StratifiedSplitOptions['by']): ArrayLike<string | number | null> {
  if (typeof by !== 'string') {
    if (by?.length !== data.length) {
      throw new DataError(`[stratifiedSplit] 'by' has ${show(by?.length)} values for ${data.length} examples.`);
    }
    return by;
  }
  if (data instanceof Table) return data.column(by);
  requireDataset('stratifiedSplit', data);
  const field = data instanceof ArrayDataset ? data.field(by) : readFieldAtOnce('stratifiedSplit', data, by);
  if (field === undefined) {
    throw new DataError(`[stratifiedSplit] the dataset is asynchronous, and field '${by}' has to be read first.`, {
      hint: `const { data: by } = await readField(dataset, '${by}'); stratifiedSplit(dataset, { by }).`,
    });
  }
  if (field.data.length === data.length) return field.data;
  throw new DataError(
    `[stratifiedSplit] field '${by}' must be one number per example, its shape is [${field.shape.join(',')}].`,
  );
}

function parts<D extends Splittable>(
  data: D,
  train: ArrayLike<number>,
  validation: ArrayLike<number>,
  test: ArrayLike<number>,
): Split<PartOf<D>> {
  return {
    train: data.subset(train) as PartOf<D>,
    ...(validation.length > 0 && { validation: data.subset(validation) as PartOf<D> }),
    test: data.subset(test) as PartOf<D>,
  };
}
