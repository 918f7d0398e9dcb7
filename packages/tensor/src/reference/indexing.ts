/** Elements at positions that are data: gather, and scatter in the order of the axis. */
import type { Attributes, Combination } from '../graph/attributes.ts';
import { sizeOf, type DType, type TensorType, isInteger } from '../graph/types.ts';
import { inputAt, type Rule, type Value } from './value.ts';

/** Calls `visit` with each position of the index and the element of `x` that it names (undefined where there is none), in row-major order. */
function forEachPair(
  { data, type }: Value,
  x: TensorType,
  axis: number,
  visit: (position: number, element: number | undefined) => void,
): void {
  const inner = sizeOf(type.shape.slice(axis + 1));
  const rows = type.shape[axis] ?? 1;
  const extent = x.shape[axis] ?? 1;
  data.forEach((index, position) => {
    const outer = Math.floor(position / (inner * rows));
    const isInside = index >= 0 && index < extent;
    visit(position, isInside ? (outer * extent + index) * inner + (position % inner) : undefined);
  });
}

function gather(inputs: readonly Value[], { axis, outside }: Attributes['gather'], type: TensorType): Float64Array {
  const x = inputAt(inputs, 0);
  const result = new Float64Array(type.size);
  forEachPair(inputAt(inputs, 1), x.type, axis, (position, element) => {
    result[position] = element === undefined ? outside : (x.data[element] ?? 0);
  });
  return result;
}

function combinationOf(combine: Combination, dtype: DType): (old: number, update: number) => number {
  const integer = isInteger(dtype);
  switch (combine) {
    case 'set':
      return (_, update) => update;
    case 'add':
      return integer ? (old, update) => (old + update) | 0 : (old, update) => old + update;
    case 'mul':
      return integer ? Math.imul : (old, update) => old * update;
    case 'max':
      return Math.max;
    case 'min':
      return Math.min;
  }
}

function scatter(inputs: readonly Value[], { axis, combine }: Attributes['scatter'], type: TensorType): Float64Array {
  const updates = inputAt(inputs, 2);
  const result = inputAt(inputs, 0).data.slice();
  const join = combinationOf(combine, type.dtype);
  forEachPair(inputAt(inputs, 1), type, axis, (position, element) => {
    if (element !== undefined) result[element] = join(result[element] ?? 0, updates.data[position] ?? 0);
  });
  return result;
}

export const indexingRules: { readonly [P in 'gather' | 'scatter']: Rule<P> } = { gather, scatter };
