/** What goes along an axis in order: combined elements. */
import type { Attributes, CumulativeOperator } from '../graph/primitives.ts';
import { sizeOf, type DType, type TensorType } from '../graph/types.ts';
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
  const integer = dtype === 'int32';
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

export const orderRules: { readonly [P in 'cumulative']: Rule<P> } = { cumulative };
