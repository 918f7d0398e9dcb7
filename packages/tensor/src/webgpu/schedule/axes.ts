/**
 * Flattens lists of axes into as few loop variables as the indices allow: two neighbours merge where every index steps over
 * them as over one longer axis, and what is left is taken apart from a flat position by division.
 */
import type { Axis, Index } from '../../compiler/index-expression.ts';
import { literalValue, type Emitter, type Value } from '../wgsl/emitter.ts';

/** One loop variable. It stands for `axis`; the axes merged into it count as 0, their steps being part of it. */
export interface AxisGroup {
  readonly axis: Axis;
  readonly extent: number;
}

function coefficientOf(index: Index, axis: Axis): number {
  for (const { coefficient, atom } of index.terms) if (atom === axis) return coefficient;
  return 0;
}

/**
 * Whether `outer` steps like `extent` steps of `inner` here and inside every division and remainder. What run-time positions are computed
 * from stands beside the index in the list of all indices.
 */
function stepsAlike(index: Index, outer: Axis, inner: Axis, extent: number): boolean {
  if (coefficientOf(index, outer) !== coefficientOf(index, inner) * extent) return false;
  return index.terms.every(
    ({ atom }) => atom.kind === 'axis' || atom.kind === 'value' || stepsAlike(atom.index, outer, inner, extent),
  );
}

/** Groups, outermost first; axes of extent 1 vanish. */
export function mergeAxes(axes: readonly Axis[], indices: Iterable<Index>): AxisGroup[] {
  const all = [...indices];
  const groups: AxisGroup[] = [];
  for (const axis of [...axes].reverse()) {
    if (axis.extent === 1) continue;
    const inner = groups.at(-1);
    if (inner !== undefined && all.every((index) => stepsAlike(index, axis, inner.axis, inner.extent))) {
      groups[groups.length - 1] = { axis: inner.axis, extent: inner.extent * axis.extent };
    } else groups.push({ axis, extent: axis.extent });
  }
  return groups.reverse();
}

/** Adds the variables of the groups at flat position `flat` to `variables`. */
export function takeApart(
  emitter: Emitter,
  flat: Value,
  groups: readonly AxisGroup[],
  variables: Map<Axis, Value>,
): void {
  let rest = flat;
  for (let i = groups.length - 1; i >= 0; i--) {
    const group = groups[i];
    if (group === undefined) continue;
    if (i === 0) variables.set(group.axis, rest);
    else if (rest.literal) {
      const value = Number(rest.text);
      variables.set(group.axis, literalValue(`${value % group.extent}`));
      rest = literalValue(`${Math.floor(value / group.extent)}`);
    } else {
      variables.set(group.axis, emitter.define(`i32(u32(${rest.text}) % ${group.extent}u)`, rest.depth));
      rest = emitter.define(`i32(u32(${rest.text}) / ${group.extent}u)`, rest.depth);
    }
  }
}
