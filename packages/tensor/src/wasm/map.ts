/** Schedules map kernels: the outermost loop is the grid, the vector axis is innermost. */
import { axesOf } from '../compiler/expressions.ts';
import { strideAlong, type Axis } from '../compiler/index-expression.ts';
import { keepingStore } from '../compiler/kept.ts';
import type { Expression, MapKernel, Store } from '../compiler/kernel.ts';
import { Rewriter } from '../compiler/rewriter.ts';
import { AxisValues, extentOf, type KernelContext } from './address.ts';
import { collectIndices, simplifyAxes } from './axes.ts';
import { VectorEvaluator } from './expression.ts';
import type { Value } from './ir.ts';
import { chooseVectorAxis, emitLoops, emitStores, emitVectorStores, type NestLoop } from './nest.ts';
import { sizeOf, type Size } from './open.ts';
import { op } from './opcodes.ts';

/** Elements per unit of the grid where the vector axis is the only one. */
const gridUnit = 256;

/** A part of a kernel's grid. */
export interface GridPart {
  readonly begin: Value;
  readonly end: Value;
}

/**
 * Emits the kernel into the function at hand, all of it or a part of its grid; returns the size of the grid. `start` has the values of axes
 * around it. The code of a flat map (open.ts) is for as many `elements` as it is told when it runs.
 */
export function emitMap(
  context: KernelContext,
  kernel: MapKernel,
  part: GridPart | undefined,
  start: AxisValues = new AxisValues(context),
  elements?: Value,
): Size {
  const { fb } = context;
  const values = kernel.stores.map(({ value }) => value);
  const rewrite = simplifyAxes([kernel.axes], [...collectIndices(values), ...kernel.stores.map(({ index }) => index)]);
  const stores = new Rewriter({ axes: rewrite.replacements }).stores(kernel.stores);
  const axes = rewrite.groups[0] ?? [];
  const vector = chooseVectorAxis(axes, [], stores);
  const outer = axes.filter((axis) => axis !== vector);
  const loops: NestLoop[] = outer.map((axis, position) =>
    position === 0 && part !== undefined ? { axis, role: 'grid', ...part } : { axis },
  );
  const tiled = vector === undefined ? undefined : tiledAxis(vector, outer, stores);
  fb.note(
    (elements === undefined
      ? `map over [${axes.map(({ extent }) => extent).join(', ')}]`
      : 'map over any number of elements') +
      (vector === undefined || elements !== undefined ? '' : `, vector axis of ${vector.extent}`) +
      (tiled === undefined ? '' : `, in tiles with the axis of ${tiled.extent}`),
  );
  const changes = vector === undefined ? undefined : changesOf(stores, vector);
  if (changes !== undefined) fb.note('where nothing changes, nothing is read or written');
  const body = (inside: AxisValues, range: Pick<NestLoop, 'begin' | 'end'>): void => {
    if (vector === undefined) {
      const evaluator = new VectorEvaluator({ context, axes: inside, vector, count: undefined, results: [] });
      emitStores(evaluator, stores);
      return;
    }
    const write = (): void => emitVectorStores(context, inside, { axis: vector, ...range }, stores);
    if (changes === undefined) write();
    else {
      const here = new VectorEvaluator({ context, axes: inside, vector: undefined, count: undefined, results: [] });
      const [first, ...others] = changes.map((each) => fb.lane(op.i32x4ExtractLane, 0, here.evaluate(each)));
      if (first !== undefined) fb.if(others.reduce((a, b) => fb.op(op.i32Or, a, b), first), write); // prettier-ignore
    }
  };
  if (tiled === undefined || vector === undefined) {
    const range =
      outer.length > 0 || vector === undefined || part === undefined
        ? {}
        : gridRange(context, elements ?? extentOf(context, vector), part.begin, part.end);
    emitLoops(context, start, loops, (inside) => body(inside, range));
  } else {
    const across = loops.find(({ axis }) => axis === tiled);
    const rest = loops.filter((loop) => loop !== across);
    emitLoops(context, start, rest, (inside) => {
      forEachTile(
        context,
        across?.begin ?? fb.i32(0),
        across?.end ?? extentOf(context, tiled),
        (tileBegin, tileEnd) => {
          forEachTile(context, fb.i32(0), extentOf(context, vector), (vectorBegin, vectorEnd) => {
            emitLoops(context, inside, [{ axis: tiled, begin: tileBegin, end: tileEnd }], (at) =>
              body(at, { begin: vectorBegin, end: vectorEnd }),
            );
          });
        },
      );
    });
  }
  if (elements !== undefined) return { quantity: 0, times: 1, per: gridUnit, plus: 0 };
  return gridOf(outer[0], vector);
}

/** Elements along the vector axis from which on a question is cheaper than to read and write them. */
const leastKept = 16;

/**
 * The conditions of which one must hold for the stores to change anything along the vector axis, where that is known: each store keeps what is there unless its own holds, which is the same for the
 * whole axis. So are a few positions of a cache written: of the others nothing is read.
 */
function changesOf(stores: readonly Store[], vector: Axis): readonly Expression[] | undefined {
  if (vector.extent < leastKept) return undefined;
  const conditions = new Set<Expression>();
  for (const store of stores) {
    const condition = keepingStore(store)?.condition;
    if (condition === undefined || axesOf(condition).has(vector)) return undefined;
    conditions.add(condition);
  }
  return [...conditions];
}

/** The size of the grid of a kernel: points of its outermost axis, or units of a vector axis that is the only one. */
export function gridOf(outermost: Axis | undefined, vector: Axis | undefined): Size {
  if (outermost !== undefined) return sizeOf(outermost);
  return vector === undefined ? 1 : sizeOf(vector, { per: gridUnit });
}

/** The elements of a vector axis that belong to units [begin, end) of the grid. */
export function gridRange(
  { fb }: KernelContext,
  extent: Value,
  begin: Value,
  end: Value,
): { begin: Value; end: Value } {
  if (extent.kind === 'i32' && extent.value <= gridUnit) return { begin: fb.i32(0), end: extent };
  return { begin: fb.mul(begin, gridUnit), end: fb.minimum(fb.mul(end, gridUnit), extent) };
}

/** Edge of a tile: its rows and columns are whole cache lines, and all of them stay in the first-level cache. */
const TILE = 16;

/** The axis that a load runs along contiguously while it strides far along the vector axis: a transposition. */
function tiledAxis(vector: Axis, others: readonly Axis[], stores: readonly Store[]): Axis | undefined {
  if (vector.extent < 2 * TILE) return undefined;
  const indices = [...collectIndices(stores.map(({ value }) => value)), ...stores.map(({ index }) => index)];
  const strided = indices.filter((index) => Math.abs(strideAlong(index, vector) ?? 0) >= TILE);
  return others.find((axis) => axis.extent >= 2 * TILE && strided.some((index) => strideAlong(index, axis) === 1));
}

function forEachTile({ fb }: KernelContext, begin: Value, end: Value, body: (begin: Value, end: Value) => void): void {
  fb.loop(begin, end, { name: 'tile', step: TILE }, (from) => body(from, fb.minimum(fb.add(from, TILE), end)));
}
