/** Steps by rows: their phases for a block of rows, few enough that what one phase reads and leaves is still in the first-level cache for the next. */
import { addIndex, axisIndex, constantIndex, makeAxis, scaleIndex, type Axis } from '../compiler/index-expression.ts';
import type { Rows } from '../compiler/kernel.ts';
import { Rewriter } from '../compiler/rewriter.ts';
import { product } from './blocks.ts';

export type Phase = Rows['phases'][number];

/** Elements of a block of rows. */
const blockElements = 4096;

/** The phases over the rows of one block, whose number is the value of the axis `block`. */
interface BlockOfRows {
  readonly block: Axis;
  readonly kernels: readonly Phase[];
}

/** A phase over one row, whose number is the value of `row`. */
export function inRow(row: Axis, phase: Phase): Phase {
  return { ...phase, axes: phase.axes.filter((axis) => axis !== row) };
}

/** How many rows are a block, how many such blocks there are, and how many rows are left. */
export function cutRows(
  row: Axis,
  phases: readonly Phase[],
): { readonly size: number; readonly count: number; readonly left: number } {
  const length = Math.max(...phases.map((phase) => product(innerAxes(row, phase))));
  const size = Math.min(row.extent, Math.max(1, Math.floor(blockElements / Math.max(length, 1))));
  const count = Math.floor(row.extent / size);
  return { size, count, left: row.extent - count * size };
}

/** All blocks of as many rows, and one of those that are left. */
export function blocksOfRows(row: Axis, phases: readonly Phase[]): readonly BlockOfRows[] {
  const { size, count, left } = cutRows(row, phases);
  const blocks = [blockOf(row, phases, { size, count, first: 0 })];
  if (left > 0) blocks.push(blockOf(row, phases, { size: left, count: 1, first: count * size }));
  return blocks;
}

/** The axes within a row. */
function innerAxes(row: Axis, phase: Phase): readonly Axis[] {
  const inner = phase.axes.filter((axis) => axis !== row);
  return phase.kind === 'reduce' ? [...inner, ...phase.reduceAxes] : inner;
}

function blockOf(
  row: Axis,
  phases: readonly Phase[],
  { size, count, first }: { readonly size: number; readonly count: number; readonly first: number },
): BlockOfRows {
  const [block, within] = [makeAxis(count), makeAxis(size)];
  const begin = addIndex(scaleIndex(axisIndex(block), size), constantIndex(first));
  const kernels = phases.map((phase): Phase => {
    const rewriter = new Rewriter({ axes: new Map([[row, addIndex(begin, axisIndex(within))]]) });
    const common = {
      axes: phase.axes.map((axis) => (axis === row ? within : axis)),
      stores: rewriter.stores(phase.stores),
    };
    if (phase.kind === 'map') return { ...phase, ...common };
    const reducers = phase.reducers.map((one) => ({ ...one, value: rewriter.expression(one.value) }));
    return { ...phase, ...common, reducers };
  });
  return { block, kernels };
}
