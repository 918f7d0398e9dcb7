/**
 * Cuts a list of axes (the m, n or k of a contraction) into rectangular blocks of bounded size: some outer axes stand still within a
 * block, one axis is cut, the inner ones are whole. Offsets inside a block are the same for all blocks, so that a table of them stays
 * small however long the axes are.
 */
import {
  addIndex,
  axisIndex,
  constantIndex,
  collectAxes,
  evaluateIndex,
  makeAxis,
  scaleIndex,
  strideAlong,
  sumIndex,
  type Axis,
  type Index,
  type Term,
} from '../compiler/index-expression.ts';
import type { AxisValues, KernelContext } from './address.ts';
import type { FunctionBuilder } from './function-builder.ts';
import type { Value } from './ir.ts';

export interface BlockedAxes {
  readonly outer: readonly Axis[];
  /** The axis that is cut, and the pieces of its value: split = base + local. */
  readonly split: Axis;
  readonly base: Axis;
  readonly local: Axis;
  /** Values of the cut axis per block; the last block may have fewer. */
  readonly size: number;
  readonly inner: readonly Axis[];
  /** Product of the inner extents. */
  readonly innerSize: number;
  /** Points of a full block. */
  readonly capacity: number;
  /** Number of blocks. */
  readonly blocks: number;
  readonly total: number;
  readonly open?: OpenBlocks;
}

/**
 * What code leaves open: all of {@link BlockSizes}, the three quantities from `first` on, of the only axis (`sizes`; its numbers are NaN) or of the outermost of several, in blocks of a known capacity
 * (`extent`); or how long an axis around the one that is cut is (`outer`), the first quantity.
 */
export interface OpenBlocks {
  readonly kind: 'sizes' | 'extent' | 'outer';
  readonly first: number;
}

/** What is known of blocks when the code runs: how long the cut axis is, its values per block, and how many pieces it has. */
export interface BlockSizes {
  readonly extent: Value;
  readonly size: Value;
  readonly pieces: Value;
}

/** The numbers of {@link BlockSizes}. */
function sizesOf({ split, size }: BlockedAxes): [number, number, number] {
  return [split.extent, size, Math.ceil(Math.max(split.extent, 1) / size)];
}

/** The three quantities that code leaves open. */
export function quantitiesOf(blocked: BlockedAxes): [number, number, number] {
  return blocked.outer.length > 0 ? [blocked.outer[0]?.extent ?? 1, 0, 0] : sizesOf(blocked);
}

/** The blocks for code that leaves open how long their outermost axis is. */
export function openBlocks(blocked: BlockedAxes, first: number): BlockedAxes {
  const unknown = { blocks: Number.NaN, total: Number.NaN };
  if (blocked.outer.length > 0) return { ...blocked, ...unknown, open: { kind: 'outer', first } };
  const base = makeAxis(longestAxis);
  if (blocked.inner.length > 0) return { ...blocked, ...unknown, base, open: { kind: 'extent', first } };
  const local = makeAxis(longestAxis);
  return {
    ...blocked,
    ...unknown,
    size: Number.NaN,
    capacity: Number.NaN,
    base,
    local,
    open: { kind: 'sizes', first },
  };
}

/** What schedules take open axes for. */
export const longestAxis: number = 2 ** 24;

export function blockSizes({ fb, bindings }: KernelContext, blocked: BlockedAxes): BlockSizes {
  const { open } = blocked;
  const [extent, size, pieces] = sizesOf(blocked);
  const openOr = (i: number, known: number, kinds: readonly OpenBlocks['kind'][]): Value =>
    open !== undefined && kinds.includes(open.kind) ? bindings.quantity(fb, open.first + i) : fb.i32(known);
  return {
    extent: openOr(0, extent, ['sizes', 'extent']),
    size: openOr(1, size, ['sizes', 'extent']),
    pieces: openOr(2, pieces, ['sizes', 'extent']),
  };
}

/** Points of a full block. */
export function capacityOf(context: KernelContext, blocked: BlockedAxes): Value {
  return blocked.open?.kind === 'sizes' ? blockSizes(context, blocked).size : context.fb.i32(blocked.capacity);
}

/** How many blocks there are. */
export function blockCount(context: KernelContext, blocked: BlockedAxes): Value {
  const { fb, bindings } = context;
  const { outer, open } = blocked;
  const { pieces } = blockSizes(context, blocked);
  if (open?.kind !== 'outer') return fb.mul(pieces, product(outer));
  return fb.mul(fb.mul(bindings.quantity(fb, open.first), product(outer.slice(1))), pieces);
}

/** The least multiple that is not below. */
export function roundUp(fb: FunctionBuilder, value: Value, multiple: number): Value {
  if (value.kind === 'i32') return fb.i32(Math.ceil(value.value / multiple) * multiple);
  return fb.mul(fb.divide(fb.add(value, multiple - 1), multiple), multiple);
}

export function product(axes: readonly Axis[]): number {
  return axes.reduce((total, { extent }) => total * extent, 1);
}

/** Blocks of at most `limit` points where the axes allow; a cut axis alone in its block is cut at multiples of `multiple`. */
export function blockAxes(axes: readonly Axis[], limit: number, multiple: number): BlockedAxes {
  let first = axes.length;
  let innerSize = 1;
  while (first > 0 && innerSize * (axes[first - 1]?.extent ?? 1) <= limit) innerSize *= axes[--first]?.extent ?? 1;
  // The axis before the ones that fit is cut; if all fit, the outermost is, into one block.
  const cut = Math.max(first - 1, 0);
  const split = axes[cut] ?? makeAxis(1);
  const inner = axes.slice(cut + 1);
  innerSize = product(inner);
  const extent = Math.max(split.extent, 1);
  const most = Math.max(1, Math.floor(limit / Math.max(innerSize, 1)));
  const pieces = Math.ceil(extent / most);
  let size = Math.ceil(extent / pieces);
  if (pieces > 1) {
    let step = 1;
    while ((step * innerSize) % multiple !== 0) step++;
    size = Math.min(most, Math.ceil(size / step) * step);
  }
  const outer = axes.slice(0, cut);
  return {
    outer,
    split,
    base: makeAxis(extent),
    local: makeAxis(size),
    size,
    inner,
    innerSize,
    capacity: size * innerSize,
    blocks: product(outer) * Math.ceil(extent / size),
    total: product(axes),
  };
}

/** What the cut axis is replaced by. */
export function splitIndex({ split, base, local, size, open }: BlockedAxes): [Axis, Index] {
  const isCut = open === undefined || open.kind === 'outer' ? split.extent > size : true;
  return [split, isCut ? addIndex(axisIndex(base), axisIndex(local)) : axisIndex(local)];
}

/** Row-major position of a point within its block. */
export function positionInBlock({ local, inner }: BlockedAxes): Index {
  return inner.reduce((total, axis) => addIndex(scaleIndex(total, axis.extent), axisIndex(axis)), axisIndex(local));
}

/** A block at run time. */
export interface BlockPosition {
  readonly axes: AxisValues;
  /** First value of the cut axis. */
  readonly base: Value;
  /** Values of the cut axis in this block. */
  readonly count: Value;
  /** Points in this block. */
  readonly points: Value;
}

/** Binds the axes of block number `number` (0 … blocks − 1). */
export function locateBlock(
  context: KernelContext,
  axes: AxisValues,
  blocked: BlockedAxes,
  number: Value,
): BlockPosition {
  const { fb } = context;
  const { outer, innerSize, base } = blocked;
  const { extent, size, pieces } = blockSizes(context, blocked);
  let rest = fb.divide(number, pieces);
  const first = fb.mul(fb.remainder(number, pieces), size);
  let at = axes.with(base, first);
  for (const axis of [...outer].reverse()) {
    const only = axis === outer[0];
    at = at.with(axis, only ? rest : fb.remainder(rest, axis.extent));
    rest = fb.divide(rest, axis.extent);
  }
  const isWhole = extent.kind === 'i32' && size.kind === 'i32' && extent.value % size.value === 0;
  const count = isWhole ? size : fb.minimum(size, fb.sub(extent, first));
  return { axes: at, base: first, count, points: fb.mul(count, innerSize) };
}

/** An index as a sum of parts that depend on disjoint sets of axes. */
export interface SplitIndex {
  /** Constant, batch axes, outer axes, begins of blocks. */
  readonly uniform: Index;
  readonly side: Index;
  readonly k: Index;
}

function termIndex({ coefficient, atom }: Term): Index {
  const one: Index = { constant: 0, terms: [{ coefficient: 1, atom }], min: atom.min, max: atom.max };
  return scaleIndex(one, coefficient);
}

/** Splits an index; `undefined` if a division or remainder mixes the parts. */
export function separate(index: Index, side: ReadonlySet<Axis>, k: ReadonlySet<Axis>): SplitIndex | undefined {
  const parts: { uniform: Index[]; side: Index[]; k: Index[] } = {
    uniform: [constantIndex(index.constant)],
    side: [],
    k: [],
  };
  for (const term of index.terms) {
    const axes = new Set<Axis>();
    const alone = termIndex(term);
    collectAxes(alone, axes);
    const inSide = [...axes].filter((axis) => side.has(axis)).length;
    const inK = [...axes].filter((axis) => k.has(axis)).length;
    if (inSide === axes.size) parts.side.push(alone);
    else if (inK === axes.size) parts.k.push(alone);
    else if (inSide === 0 && inK === 0) parts.uniform.push(alone);
    else return undefined;
  }
  return { uniform: sumIndex(parts.uniform), side: sumIndex(parts.side), k: sumIndex(parts.k) };
}

/** The offsets of a block's points by an index, times `scale`: a line through 0 of so large steps, or a table. */
export type Offsets =
  { readonly stride: number } | { readonly stride: undefined; readonly table: Int32Array<ArrayBuffer> };

export function offsetsOf(index: Index, blocked: BlockedAxes, scale: number): Offsets {
  if (blocked.open?.kind === 'sizes') {
    const stride = strideAlong(index, blocked.local);
    if (stride === undefined || index.constant !== 0) throw new Error('internal: an open axis is no line');
    return { stride: stride * scale };
  }
  const table = tabulate(index, blocked, scale);
  const stride = table[1] ?? 0;
  return table.every((value, i) => value === i * stride) ? { stride } : { stride: undefined, table };
}

/** The values of an index over a block's points, times `scale`. */
export function tabulate(
  index: Index,
  { local, inner, capacity }: BlockedAxes,
  scale: number,
): Int32Array<ArrayBuffer> {
  const table = new Int32Array(capacity);
  const axes = [local, ...inner];
  const strides = axes.map((axis) => strideAlong(index, axis));
  if (!strides.includes(undefined)) {
    // Each axis repeats what those inside of it make, a stride further on each time.
    table[0] = evaluateIndex(index, new Map()) * scale;
    let filled = 1;
    for (let i = axes.length - 1; i >= 0; i--) {
      const end = filled * (axes[i]?.extent ?? 1);
      const stride = (strides[i] ?? 0) * scale;
      for (let at = filled; at < end; at++) table[at] = (table[at - filled] ?? 0) + stride;
      filled = end;
    }
    return table;
  }
  const values = new Map<Axis, number>();
  for (let position = 0; position < capacity; position++) {
    let rest = position;
    for (let i = axes.length - 1; i >= 0; i--) {
      const axis = axes[i] as Axis;
      values.set(axis, rest % axis.extent);
      rest = Math.floor(rest / axis.extent);
    }
    table[position] = evaluateIndex(index, values) * scale;
  }
  return table;
}
