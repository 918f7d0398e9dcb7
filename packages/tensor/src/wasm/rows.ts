/** Steps by rows: their phases for a block of rows, few enough that what one phase reads and leaves is still in the first-level cache for the next. */
import { addIndex, axisIndex, makeAxis, openAxis, scaleIndex, type Axis } from '../compiler/index-expression.ts';
import type { Rows } from '../compiler/kernel.ts';
import { Rewriter } from '../compiler/rewriter.ts';
import { rowsOfBlock } from './address.ts';
import { product } from './blocks.ts';

export type Phase = Rows['phases'][number];

/** Elements of a block of rows. */
const blockElements = 4096;

/** A phase over one row, whose number is the value of `row`. */
export function inRow(row: Axis, phase: Phase): Phase {
  return { ...phase, axes: phase.axes.filter((axis) => axis !== row) };
}

/** The axes within a row. */
function innerAxes(row: Axis, phase: Phase): readonly Axis[] {
  const inner = phase.axes.filter((axis) => axis !== row);
  return phase.kind === 'reduce' ? [...inner, ...phase.reduceAxes] : inner;
}

/** The phases over the rows of one block, whose number is the value of the axis `block`: `size` rows, or {@link rowsOfBlock} where the last block may have fewer. */
export interface BlockOfRows {
  readonly size: number;
  readonly block: Axis;
  readonly kernels: readonly Phase[];
}

/** What a block of rows is. Where it is open how many rows there are, that does not depend on it. */
export function blockOfRows(row: Axis, phases: readonly Phase[]): BlockOfRows {
  const length = Math.max(...phases.map((phase) => product(innerAxes(row, phase))));
  const size = Math.min(row.extent, Math.max(1, Math.floor(blockElements / Math.max(length, 1))));
  const block = makeAxis(Math.ceil(row.extent / size));
  const areWhole = row.open === undefined && row.extent % size === 0;
  const within = openAxis(size, areWhole ? undefined : { quantity: rowsOfBlock, times: 1 });
  const place = addIndex(scaleIndex(axisIndex(block), size), axisIndex(within));
  const rewriter = new Rewriter({ axes: new Map([[row, place]]) });
  const kernels = phases.map((phase): Phase => {
    const common = {
      axes: phase.axes.map((axis) => (axis === row ? within : axis)),
      stores: rewriter.stores(phase.stores),
    };
    if (phase.kind === 'map') return { ...phase, ...common };
    const reducers = phase.reducers.map((one) => ({ ...one, value: rewriter.expression(one.value) }));
    return { ...phase, ...common, reducers };
  });
  return { size, block, kernels };
}
