/** Arrays of numbers that a transform makes of others. */
import { whole, type NumericArray } from '../arrays.ts';

/** Float32Array stays one, all else becomes Float64Array. */
export type Floats<T extends NumericArray> = NumericArray<T['data'] extends Float32Array ? Float32Array : Float64Array>;

/** f of each element and its place, in the shape of the array. */
export function mapped<T extends NumericArray>(
  { data, shape }: T,
  f: (value: number, index: number) => number,
): Floats<T> {
  const elements = data instanceof Float32Array ? new Float32Array(data.length) : new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) elements[i] = f(data[i] ?? NaN, i);
  return whole({ data: elements, shape: [...shape] }) as unknown as Floats<T>;
}
