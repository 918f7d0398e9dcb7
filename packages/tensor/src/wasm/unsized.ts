/**
 * Kernels of which it is no part of their code how many elements or rows they have, so that tensors of many sizes share it: maps that go through memory in its own
 * order (initial values, updates of parameters, activations that are alone), and steps by rows of which each reads and writes at a fixed distance from the one before.
 */
import { forEachExpression } from '../compiler/expressions.ts';
import { dependsOn, strideAlong, type Axis, type Index } from '../compiler/index-expression.ts';
import type { Batches, Expression, Kernel, MapKernel, Rows } from '../compiler/kernel.ts';
import { product } from './blocks.ts';
import { gridOf } from './map.ts';
import { countedInBytes } from './nest.ts';
import { cutRows } from './rows.ts';

/** How much of it there is of such a kernel: elements of a map, or blocks of rows; `grid` are the units of its grid. */
export type Extent =
  | { readonly kind: 'elements'; readonly count: number; readonly grid: number }
  | {
      readonly kind: 'blocks';
      readonly count: number;
      readonly grid: number;
      readonly row: Axis;
      readonly size: number;
    };

/** Elements below which loops of a known length are worth code of their own. */
const fewElements = 16;

/** Undefined for kernels whose code depends on their size. */
export function extentOf(kernel: Kernel | Rows | Batches): Extent | undefined {
  if (kernel.kind === 'map') return elementsOf(kernel);
  return kernel.kind === 'rows' ? blocksOf(kernel) : undefined;
}

function elementsOf({ axes, stores }: MapKernel): Extent | undefined {
  if (product(axes) < fewElements) return undefined;
  const strides = new Map<Axis, number>();
  let count = 1;
  for (let i = axes.length - 1; i >= 0; i--) {
    const axis = axes[i] as Axis;
    if (axis.extent > 1) strides.set(axis, count);
    count *= axis.extent;
  }
  const isFlat = ({ terms }: Index): boolean =>
    terms.length === strides.size &&
    terms.every(({ coefficient, atom }) => atom.kind === 'axis' && strides.get(atom) === coefficient);
  const roots = stores.map(({ value }) => value);
  if (!stores.every(({ index }) => isFlat(index)) || !read(roots, (index) => index.terms.length === 0 || isFlat(index)))
    return undefined;
  if (count >= countedInBytes) return undefined;
  return { kind: 'elements', count, grid: gridOf(count) };
}

function blocksOf({ row, phases }: Rows): Extent | undefined {
  const { size, count, left } = cutRows(row, phases);
  if (count < 2 || left > 0) return undefined;
  const isEven = (index: Index): boolean => strideAlong(index, row) !== undefined;
  for (const phase of phases) {
    const roots = phase.stores.map(({ value }) => value);
    if (phase.kind === 'reduce') roots.push(...phase.reducers.map(({ value }) => value));
    if (!phase.stores.every(({ index }) => isEven(index)) || !read(roots, isEven, row)) return undefined;
  }
  return { kind: 'blocks', count, grid: count, row, size };
}

/** Whether all indices are as they must be, and nothing depends on where memory ends, or along `row` on where an element is. */
function read(roots: readonly Expression[], isFitting: (index: Index) => boolean, row?: Axis): boolean {
  let fits = true;
  forEachExpression(roots, (expression) => {
    if (!fits) return;
    if (expression.kind === 'load') fits = expression.guards.length === 0 && isFitting(expression.index);
    else if (expression.kind === 'index' || expression.kind === 'random') fits = isFitting(expression.index);
    else if (expression.kind === 'inside')
      fits = row !== undefined && expression.conditions.every(({ index }) => !dependsOn(index, row));
  });
  return fits;
}
