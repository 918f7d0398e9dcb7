/**
 * Maps that read and write memory in its own order, and numbers beside it: initial values, updates of parameters, what follows a product. How many elements there are
 * is no part of their code but an argument of it, so that tensors of any size share it.
 */
import { forEachExpression, indicesOf } from '../compiler/expressions.ts';
import type { Axis, Index } from '../compiler/index-expression.ts';
import type { Kernel, Rows } from '../compiler/kernel.ts';
import { product } from './blocks.ts';

/** Elements below which loops of a known length are worth code of their own. */
const fewElements = 16;

/** The number of elements of such a map; undefined for every other kernel, and for those of few elements. */
export function flatElements(kernel: Kernel | Rows): number | undefined {
  if (kernel.kind !== 'map' || product(kernel.axes) < fewElements) return undefined;
  const strides = new Map<Axis, number>();
  let elements = 1;
  for (let i = kernel.axes.length - 1; i >= 0; i--) {
    const axis = kernel.axes[i] as Axis;
    if (axis.extent > 1) strides.set(axis, elements);
    elements *= axis.extent;
  }
  const isFlat = ({ terms }: Index): boolean =>
    terms.length === strides.size &&
    terms.every(({ coefficient, atom }) => atom.kind === 'axis' && strides.get(atom) === coefficient);
  let all = kernel.stores.every(({ index }) => isFlat(index));
  if (!all) return undefined;
  forEachExpression(
    kernel.stores.map(({ value }) => value),
    (expression) => {
      all &&=
        expression.kind !== 'inside' &&
        (expression.kind !== 'load' || expression.guards.length === 0) &&
        indicesOf(expression).every((index) => index.terms.length === 0 || isFlat(index));
    },
  );
  return all ? elements : undefined;
}
