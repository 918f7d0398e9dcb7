/**
 * Rewrites a kernel's axes before scheduling: neighbours that every index treats as one axis are merged, and an axis that is only
 * ever divided by one number is split by it, so that most indices end as plain strides over few long loops.
 */
import { forEachExpression, indicesOf } from '../compiler/expressions.ts';
import {
  addIndex,
  axisIndex,
  dependsOn,
  divideIndex,
  greatestCommonDivisor,
  makeAxis,
  openAxis,
  remainderIndex,
  scaleIndex,
  strideAlong,
  type Axis,
  type Index,
} from '../compiler/index-expression.ts';
import type { Expression } from '../compiler/kernel.ts';
import { Rewriter, type Replacements } from '../compiler/rewriter.ts';

/** Every index in the expressions, those of run-time positions included. */
export function collectIndices(roots: readonly Expression[]): Index[] {
  const indices: Index[] = [];
  forEachExpression(roots, (expression) => indices.push(...indicesOf(expression)));
  return indices;
}

/**
 * Whether the index depends on the pair of axes only through outer · inner.extent + inner, its run-time positions aside, whose indices
 * stand beside it in {@link collectIndices}.
 */
function isMergeable(index: Index, outer: Axis, inner: Axis): boolean {
  let outerStride = 0;
  let innerStride = 0;
  for (const { coefficient, atom } of index.terms) {
    if (atom === outer) outerStride = coefficient;
    else if (atom === inner) innerStride = coefficient;
    else if ((atom.kind === 'div' || atom.kind === 'mod') && !isMergeable(atom.index, outer, inner)) return false;
  }
  return outerStride === innerStride * inner.extent;
}

export interface AxisRewrite {
  /** The groups given, rewritten; each keeps its row-major order. */
  readonly groups: readonly (readonly Axis[])[];
  readonly replacements: Replacements;
}

/**
 * Simplifies groups of axes (merging only within a group) with respect to all indices that use them. Without `split` axes are only
 * merged.
 */
export function simplifyAxes(
  groups: readonly (readonly Axis[])[],
  indices: readonly Index[],
  split = true,
): AxisRewrite {
  let current = groups.map((group) => group.filter(({ extent }) => extent !== 1));
  let replacements = new Map<Axis, Index>();
  let rewritten = indices;
  const apply = (step: Map<Axis, Index>): void => {
    const rewriter = new Rewriter({ axes: step });
    replacements = new Map([...replacements].map(([axis, index]) => [axis, rewriter.index(index)]));
    for (const [axis, index] of step) if (!replacements.has(axis)) replacements.set(axis, index);
    rewritten = rewritten.map(rewriter.index);
  };
  const merge = (): void => {
    current = current.map((group) => {
      const merged: Axis[] = [];
      for (const axis of group) {
        const outer = merged.at(-1);
        if (
          outer !== undefined &&
          axis.open === undefined &&
          rewritten.every((index) => isMergeable(index, outer, axis))
        ) {
          const both = openAxis(
            outer.extent * axis.extent,
            outer.open && { ...outer.open, times: outer.open.times * axis.extent },
          );
          const index = axisIndex(both);
          apply(
            new Map([
              [outer, divideIndex(index, axis.extent)],
              [axis, remainderIndex(index, axis.extent)],
            ]),
          );
          merged[merged.length - 1] = both;
        } else merged.push(axis);
      }
      return merged;
    });
  };
  merge();
  let changed = split;
  for (let round = 0; changed && round < 6; round++) {
    changed = false;
    current = current.map((group) =>
      group.flatMap((axis) => {
        for (const size of splitSizes(axis, rewritten)) {
          const outer = openAxis(axis.extent / size, axis.open && { ...axis.open, times: axis.open.times / size });
          const inner = makeAxis(size);
          const step = new Map([[axis, addIndex(scaleIndex(axisIndex(outer), size), axisIndex(inner))]]);
          const after = rewritten.map(new Rewriter({ axes: step }).index);
          const before = rewritten.filter((index) => strideAlong(index, axis) === undefined).length;
          const left = after.filter(
            (index) => strideAlong(index, inner) === undefined || strideAlong(index, outer) === undefined,
          );
          if (left.length >= before) continue;
          apply(step);
          changed = true;
          return [outer, inner];
        }
        return [axis];
      }),
    );
  }
  if (split && replacements.size > 0) merge();
  return { groups: current, replacements };
}

/** Sizes of the inner part that could make a division or remainder of the axis linear. */
function splitSizes(axis: Axis, indices: readonly Index[]): number[] {
  const sizes = new Set<number>();
  const visit = (index: Index): void => {
    for (const { atom } of index.terms) {
      if (atom.kind === 'axis' || atom.kind === 'value' || !dependsOn(atom.index, axis)) continue;
      const stride = atom.index.terms.find((term) => term.atom === axis)?.coefficient ?? 0;
      if (stride !== 0) {
        const size = atom.divisor / greatestCommonDivisor(atom.divisor, stride);
        if (size > 1 && size < axis.extent && (axis.open?.times ?? axis.extent) % size === 0) sizes.add(size);
      }
      visit(atom.index);
    }
  };
  for (const index of indices) visit(index);
  return [...sizes].sort((a, b) => b - a);
}
