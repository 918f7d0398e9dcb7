/** What metrics take: plain numbers in several spellings, or tensors, whose values come through a promise. */
import { ArgumentError, ShapeError } from '@hebb/tensor';

/** A typed array with its shape, e.g. a batch of `@hebb/data`. */
export interface ShapedValues {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** Numbers in memory: a flat array, an array of rows, or a flat array with a shape. */
export type Values = ArrayLike<number> | readonly ArrayLike<number>[] | ShapedValues;

/** A `Tensor` of `@hebb/tensor`, or anything with its `shape` and `data()`. */
export interface TensorLike {
  readonly shape: readonly number[];
  data(): Promise<ArrayLike<number>>;
}

/** Flat numbers; `shape` is `undefined` where the caller gave a flat array, whose shape the other arguments decide. */
export interface Flat {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[] | undefined;
}

export function isTensor(value: unknown): value is TensorLike {
  return typeof value === 'object' && value !== null && 'data' in value && typeof value.data === 'function';
}

/**
 * Calls `compute` with the numbers of `a` and `b`: at once if both are in memory, else when the tensors have arrived.
 */
export function withValues<R>(
  where: string,
  a: Values | TensorLike,
  b: Values | TensorLike,
  compute: (a: Flat, b: Flat) => R,
): R | Promise<R> {
  if (!isTensor(a) && !isTensor(b)) return compute(flatten(where, a), flatten(where, b));
  const read = async (value: Values | TensorLike): Promise<Flat> =>
    isTensor(value) ? { data: await value.data(), shape: value.shape } : flatten(where, value);
  return Promise.all([read(a), read(b)]).then(([first, second]) => compute(first, second));
}

export function flatten(where: string, values: Values): Flat {
  if (isShaped(values)) {
    if (!Array.isArray(values.shape) || !isList(values.data))
      throw new ArgumentError(`[${where}] expected a list as the shape and one as the data.`);
    const size = values.shape.reduce((product, extent) => product * extent, 1);
    if (size !== values.data.length) {
      throw new ShapeError(
        `[${where}] the shape [${values.shape.join(',')}] has ${size} elements, the data ${values.data.length}.`,
      );
    }
    return { data: numbersOf(where, values.data), shape: values.shape };
  }
  if (!isList(values)) {
    throw new ArgumentError(
      `[${where}] expected an array of numbers, rows of numbers or a tensor, got ${kindOf(values)}.`,
    );
  }
  const first: unknown = values[0];
  if (typeof first !== 'object') return { data: numbersOf(where, values), shape: undefined };
  if (!isList(first))
    throw new ArgumentError(`[${where}] expected numbers or rows of numbers, got ${kindOf(first)} at 0.`);
  const width = first.length;
  const rows = values as readonly ArrayLike<number>[];
  const data = new Float64Array(rows.length * width);
  rows.forEach((row: ArrayLike<number> | null | undefined, i) => {
    if (row?.length !== width)
      throw new ShapeError(
        `[${where}] rows are ragged: row 0 has ${width} numbers, row ${i} ${row?.length ?? 'none'}.`,
      );
    data.set(numbersOf(where, row), i * width);
  });
  return { data, shape: [rows.length, width] };
}

/**
 * The shapes that flat arrays have beside the other argument: targets are one number per example, or as many as the predictions; predictions
 * likewise, or rows of equally many.
 */
export function withShapes(predictions: Flat, targets: Flat): [predictions: ShapedValues, targets: ShapedValues] {
  const [n, m] = [predictions.data.length, targets.data.length];
  const targetShape = targets.shape ?? (predictions.shape !== undefined && n === m ? predictions.shape : [m]);
  const [count = 0] = targetShape;
  const rows = count > 0 && n > m && n % count === 0 ? [count, n / count] : [n];
  const shape = predictions.shape ?? (n === m ? targetShape : rows);
  return [
    { data: predictions.data, shape },
    { data: targets.data, shape: targetShape },
  ];
}

/** The list, or the numbers that its bigints are. Throws {@link ArgumentError} for anything else: arithmetic would take null for 0, and text for its number. */
function numbersOf(where: string, list: ArrayLike<unknown>): ArrayLike<number> {
  if (list instanceof BigInt64Array || list instanceof BigUint64Array) return Float64Array.from(list, Number);
  if (ArrayBuffer.isView(list)) return list as unknown as ArrayLike<number>;
  let someBig = false;
  for (let i = 0; i < list.length; i++) {
    const type = kindOf(list[i]);
    someBig ||= type === 'bigint';
    if (!['number', 'boolean', 'bigint'].includes(type))
      throw new ArgumentError(`[${where}] expected numbers, got ${type} at ${i}.`);
  }
  return someBig ? Float64Array.from(list as ArrayLike<number>, Number) : (list as ArrayLike<number>);
}

const kindOf = (value: unknown): string => (value === null ? 'null' : typeof value);

function isList(value: unknown): value is ArrayLike<unknown> {
  return (
    typeof value === 'object' && value !== null && 'length' in value && Number(value.length) >>> 0 === value.length
  );
}

function isShaped(values: Values): values is ShapedValues {
  return typeof values === 'object' && values !== null && 'shape' in values && 'data' in values;
}

/** The flat integers of labels or predicted classes: shape [n], or [n, 1]. */
export function classes(where: string, name: string, { data, shape }: Flat, classCount?: number): Int32Array {
  if (shape !== undefined && shape.slice(1).some((extent) => extent !== 1)) {
    throw new ShapeError(`[${where}] ${name} must be one class per example, got the shape [${shape.join(',')}].`, {
      hint: 'argmax(scores) turns rows of scores into predicted classes.',
    });
  }
  if (data.length === 0) throw new ArgumentError(`[${where}] ${name} is empty.`);
  const result = new Int32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (!Number.isInteger(value) || value < 0 || value >= (classCount ?? 2 ** 31)) {
      const range = classCount === undefined ? 'a class: an integer from 0' : `a class from 0 to ${classCount - 1}`;
      throw new ArgumentError(`[${where}] ${name}[${i}] is ${String(data[i])}, not ${range}.`);
    }
    result[i] = value;
  }
  return result;
}

/** Rows of scores, one per label; the number of classes of a flat array follows from the number of labels. */
export function scoreRows(
  where: string,
  { data, shape }: Flat,
  rows: number,
): { data: ArrayLike<number>; width: number } {
  const width = shape === undefined || shape.length < 2 ? data.length / rows : (shape[1] ?? 0);
  const fits = shape === undefined || (shape[0] === rows && shape.slice(2).every((extent) => extent === 1));
  if (!Number.isInteger(width) || width < 1 || width * rows !== data.length || !fits) {
    const given = shape === undefined ? `${data.length} numbers` : `the shape [${shape.join(',')}]`;
    throw new ShapeError(
      `[${where}] the scores must have the shape [${rows}, classes] for ${rows} labels, got ${given}.`,
    );
  }
  return { data, width };
}

/** The index of the largest number of each row, the first of equals. */
export function argmaxRows(where: string, data: ArrayLike<number>, width: number): Int32Array {
  const best = new Int32Array(data.length / width);
  for (let row = 0; row < best.length; row++) {
    let index = 0;
    let largest = -Infinity;
    for (let column = 0; column < width; column++) {
      const value = data[row * width + column] ?? NaN;
      if (value > largest) {
        largest = value;
        index = column;
      } else if (Number.isNaN(value)) {
        throw scoresHoldNaN(where, row);
      }
    }
    best[row] = index;
  }
  return best;
}

export function scoresHoldNaN(where: string, example: number): ArgumentError {
  return new ArgumentError(`[${where}] the scores of example ${example} hold NaN.`, {
    hint: 'The model has diverged: lower the learning rate, or look for NaN in its inputs.',
  });
}

export function sameLength(where: string, aName: string, a: number, bName: string, b: number): void {
  if (a !== b) throw new ShapeError(`[${where}] there are ${a} ${aName} and ${b} ${bName}.`);
}
