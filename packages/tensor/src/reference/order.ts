/** What goes along an axis in order: combined elements, and sorting. */
import type { Attributes, CumulativeOperator } from '../graph/attributes.ts';
import { sizeOf, type DType, type TensorType, isInteger } from '../graph/types.ts';
import { inputAt, type Rule, type Value } from './value.ts';

/** Calls `visit` with the first position of each row along the axis, and the distance between its elements. */
export function forEachRow(
  { shape, size }: TensorType,
  axis: number,
  visit: (start: number, step: number) => void,
): void {
  const step = sizeOf(shape.slice(axis + 1));
  const extent = shape[axis] ?? 1;
  if (size === 0) return;
  for (let outer = 0; outer < size; outer += step * extent)
    for (let inner = 0; inner < step; inner++) visit(outer + inner, step);
}

function combinationOf(operator: CumulativeOperator, dtype: DType): (all: number, next: number) => number {
  const integer = isInteger(dtype);
  switch (operator) {
    case 'sum':
      return integer ? (all, next) => (all + next) | 0 : (all, next) => all + next;
    case 'prod':
      return integer ? Math.imul : (all, next) => all * next;
    case 'max':
      return Math.max;
    case 'min':
      return Math.min;
    case 'logSumExp':
      return (all, next) =>
        all === next ? all + Math.LN2 : Math.max(all, next) + Math.log1p(Math.exp(-Math.abs(all - next)));
  }
}

function cumulative(
  inputs: readonly Value[],
  { axis, operator, reverse }: Attributes['cumulative'],
  type: TensorType,
): Float64Array {
  const result = inputAt(inputs, 0).data.slice();
  const combine = combinationOf(operator, type.dtype);
  const extent = type.shape[axis] ?? 1;
  forEachRow(type, axis, (start, step) => {
    for (let i = 1; i < extent; i++) {
      const position = start + step * (reverse ? extent - 1 - i : i);
      const before = position + (reverse ? step : -step);
      result[position] = combine(result[before] ?? 0, result[position] ?? 0);
    }
  });
  return result;
}

/** Below 0 where a comes before b: NaN is larger than all numbers. */
function compare(a: number, b: number): number {
  const [first, second] = [Number(Number.isNaN(a)), Number(Number.isNaN(b))];
  return first + second > 0 ? first - second : a < b ? -1 : Number(a > b);
}

function argSort(
  inputs: readonly Value[],
  { axis, descending }: Attributes['argSort'],
  type: TensorType,
): Float64Array {
  const { data } = inputAt(inputs, 0);
  const result = new Float64Array(type.size);
  const extent = type.shape[axis] ?? 1;
  forEachRow(type, axis, (start, step) => {
    const at = (i: number): number => data[start + step * i] ?? 0;
    const order = Array.from({ length: extent }, (_, i) => i);
    order.sort((i, j) => (descending ? compare(at(j), at(i)) : compare(at(i), at(j))));
    order.forEach((i, place) => (result[start + step * place] = i));
  });
  return result;
}

export const orderRules: { readonly [P in 'cumulative' | 'argSort']: Rule<P> } = { cumulative, argSort };
