/** Elements on the host: how each dtype lies there, and what users see of it. */
import { halfBits, halfValue } from '../graph/half.ts';
import type { DType } from '../graph/types.ts';
import type { HostArray } from './backend.ts';

/** The elements of a tensor, as users read them. */
export type TensorData = Float32Array | Int32Array | Uint8Array;

/** Room for `size` elements. */
export function makeHostArray(dtype: DType, size: number): HostArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(size);
    case 'float16':
      return new Uint16Array(size);
    case 'uint8':
      return new Uint8Array(size);
    case 'int32':
    case 'bool':
      return new Int32Array(size);
  }
}

/** The elements of numbers that the dtype can hold; floating ones round to the nearest, bool is whether they are not 0. */
export function hostArrayOf(dtype: DType, numbers: ArrayLike<number>): HostArray {
  const host = makeHostArray(dtype, numbers.length);
  if (dtype === 'float16') for (let i = 0; i < host.length; i++) host[i] = halfBits(Number(numbers[i]));
  else if (dtype === 'bool') for (let i = 0; i < host.length; i++) host[i] = Number(numbers[i]) !== 0 ? 1 : 0;
  else host.set(numbers);
  return host;
}

/** What users see of elements: float16 as float32, bool as bytes. May be the array itself. */
export function dataOf(dtype: DType, host: HostArray): TensorData {
  if (dtype === 'bool') return Uint8Array.from(host);
  return host instanceof Uint16Array ? Float32Array.from(host, halfValue) : host;
}
