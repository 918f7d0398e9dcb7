/** Views as index arithmetic: where a view's element stands in its input, and which guards padding and windows bring along. */
import type { Attributes } from '../graph/attributes.ts';
import type { ProgramNode } from '../graph/program.ts';
import { stridesOf } from '../graph/types.ts';
import { addIndex, constantIndex, divideIndex, remainderIndex, scaleIndex, type Index } from './index-expression.ts';
import type { Condition } from './kernel.ts';

/** Row-major position of an index. */
export function flatten(index: readonly Index[], shape: readonly number[]): Index {
  const strides = stridesOf(shape);
  let flat = constantIndex(0);
  index.forEach((part, axis) => (flat = addIndex(flat, scaleIndex(part, strides[axis] ?? 1))));
  return flat;
}

/** The index at a row-major position. */
export function unflatten(flat: Index, shape: readonly number[]): Index[] {
  const index = new Array<Index>(shape.length);
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] ?? 1;
    index[axis] = axis === 0 ? rest : remainderIndex(rest, extent);
    rest = divideIndex(rest, extent);
  }
  return index;
}

/** `conditions` without those that always hold. */
export function restrict(conditions: readonly Condition[]): Condition[] {
  return conditions.filter(({ index, lower, upper }) => index.min < lower || index.max >= upper);
}

/** Where a node is read, and under which guards. */
export interface Position {
  readonly index: readonly Index[];
  readonly guards: readonly Condition[];
}

/** One step down through a view: where its input is read, and which conditions select the input at all. */
export function throughView(
  node: ProgramNode,
  input: ProgramNode,
  { index, guards }: Position,
): Position & { readonly conditions: readonly Condition[] } {
  const moved = (
    next: readonly Index[],
    conditions: readonly Condition[] = [],
  ): Position & { conditions: readonly Condition[] } => ({
    index: next,
    guards: conditions.length === 0 ? guards : [...guards, ...conditions],
    conditions,
  });
  const at = (axis: number): Index => index[axis] ?? constantIndex(0);
  switch (node.op) {
    case 'reshape':
      return moved(unflatten(flatten(index, node.type.shape), input.type.shape));
    case 'transpose': {
      const { permutation } = node.attributes as Attributes['transpose'];
      const next = new Array<Index>(permutation.length);
      permutation.forEach((axis, i) => (next[axis] = at(i)));
      return moved(next);
    }
    case 'broadcast': {
      const shift = node.type.shape.length - input.type.shape.length;
      return moved(input.type.shape.map((extent, axis) => (extent === 1 ? constantIndex(0) : at(axis + shift))));
    }
    case 'slice': {
      const { starts, steps } = node.attributes as Attributes['slice'];
      return moved(
        index.map((part, axis) => addIndex(scaleIndex(part, steps[axis] ?? 1), constantIndex(starts[axis] ?? 0))),
      );
    }
    case 'flip': {
      const { axes } = node.attributes as Attributes['flip'];
      return moved(
        index.map((part, axis) =>
          axes.includes(axis) ? addIndex(constantIndex((node.type.shape[axis] ?? 1) - 1), scaleIndex(part, -1)) : part,
        ),
      );
    }
    case 'pad': {
      const { low, interior } = node.attributes as Attributes['pad'];
      const conditions: Condition[] = [];
      const next = index.map((part, axis) => {
        const shifted = addIndex(part, constantIndex(-(low[axis] ?? 0)));
        const gap = (interior[axis] ?? 0) + 1;
        if (gap > 1) conditions.push({ index: remainderIndex(shifted, gap), lower: 0, upper: 1 });
        const source = divideIndex(shifted, gap);
        conditions.push({ index: source, lower: 0, upper: input.type.shape[axis] ?? 1 });
        return source;
      });
      return moved(next, restrict(conditions));
    }
    case 'unfold': {
      const { kernel, stride, dilation } = node.attributes as Attributes['unfold'];
      const axes = kernel.length;
      const outer = index.length - 2 * axes;
      return moved([
        ...index.slice(0, outer),
        ...kernel.map((_, axis) =>
          addIndex(
            scaleIndex(at(outer + axis), stride[axis] ?? 1),
            scaleIndex(at(outer + axes + axis), dilation[axis] ?? 1),
          ),
        ),
      ]);
    }
    default:
      throw new Error(`internal: ${node.op} is not a view of one input`);
  }
}

/** Which window and whether a window holds the element: the position of a window axis from an input axis and a kernel axis. */
export function windowPosition(
  position: Index,
  kernel: Index,
  stride: number,
  dilation: number,
  low: number,
  count: number,
): { index: Index; conditions: Condition[] } {
  const shifted = addIndex(addIndex(position, constantIndex(low)), scaleIndex(kernel, -dilation));
  const index = divideIndex(shifted, stride);
  const conditions: Condition[] = [{ index, lower: 0, upper: count }];
  if (stride > 1) conditions.unshift({ index: remainderIndex(shifted, stride), lower: 0, upper: 1 });
  return { index, conditions: restrict(conditions) };
}
