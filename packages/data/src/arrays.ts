/** Plain arrays with a shape: what this package hands around, so that most of it needs no tensors. */
import type { DType, TypedArray } from '@hebb/tensor';
import { DataError, show } from './errors.ts';

export type { DType, TypedArray };

/** Numbers in row-major order with their shape; the first axis counts the examples. */
export interface NumericArray<T extends TypedArray = TypedArray> {
  readonly data: T;
  readonly shape: readonly number[];
  /** Of the tensor that it becomes. Default: int32 for an Int32Array and a Uint32Array, float32 for every other. `'bool'` for masks. */
  readonly dtype?: DType | undefined;
}

const wholes = new WeakSet();

/** Remembers that the first axis of an array counts the examples, so that a dataset can refuse it where the shape of one example is meant. */
export function whole<A extends NumericArray>(array: A): A {
  wholes.add(array);
  return array;
}

/** Whether {@link whole} has seen this array; of a copy nothing is known. */
export function isWhole(array: object): boolean {
  return wholes.has(array);
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** `float32[2,3]`, the way shapes print everywhere in Hebb. */
export function format(array: NumericArray): string {
  return `${array.data.constructor.name.replace(/(Clamped)?Array$/, '').toLowerCase()}[${array.shape.join(',')}]`;
}

/** An array of the same class and `length` zeros. */
export function emptyLike<T extends TypedArray>(data: T, length: number): T {
  return new (data.constructor as new (length: number) => T)(length);
}

/** A typed array of numbers; those of bigints are none. */
export function isTypedArray(data: unknown): data is TypedArray {
  return (
    ArrayBuffer.isView(data) &&
    !(data instanceof DataView || data instanceof BigInt64Array || data instanceof BigUint64Array)
  );
}

/** @throws DataError unless `array` is a typed array with a shape of as many elements. */
export function requireArray(where: string, array: NumericArray): void {
  const data: unknown = array?.data;
  const shape: unknown = array?.shape;
  if (!isTypedArray(data)) {
    throw new DataError(
      `[${where}] expected { data: typed array, shape: number[] }, got ${show(array)} with data ${show(data)}.`,
    );
  }
  if (!Array.isArray(shape) || !shape.every((extent) => Number.isInteger(extent) && (extent as number) >= 0)) {
    throw new DataError(`[${where}] the shape must be an array of non-negative integers, got ${show(shape)}.`);
  }
  if (sizeOf(shape as number[]) !== array.data.length) {
    throw new DataError(
      `[${where}] the shape [${shape.join(',')}] has ${sizeOf(shape as number[])} elements, the data has ${array.data.length}.`,
    );
  }
}
