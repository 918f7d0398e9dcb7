/** Schedules map kernels: the outermost loop is the grid, the vector axis is innermost. */
import type { MapKernel } from '../compiler/kernel.ts';
import { AxisValues, type KernelContext } from './address.ts';
import { collectIndices, ExpressionRewriter, simplifyAxes } from './axes.ts';
import { VectorEvaluator } from './expression.ts';
import type { Value } from './ir.ts';
import { chooseVectorAxis, emitLoops, emitStores, emitVectorLoop, type NestLoop } from './nest.ts';

/** Vectors per unit of the grid where the vector axis is the only one. */
export const GRID_VECTORS = 64;

/** Emits the kernel into the function at hand for the part [begin, end) of its grid; returns the size of the grid. */
export function emitMap(context: KernelContext, kernel: MapKernel, begin: Value, end: Value): number {
  const { fb } = context;
  const values = kernel.stores.map(({ value }) => value);
  const rewrite = simplifyAxes([kernel.axes], [...collectIndices(values), ...kernel.stores.map(({ index }) => index)]);
  const stores = new ExpressionRewriter(rewrite.replacements).stores(kernel.stores);
  const axes = rewrite.groups[0] ?? [];
  const vector = chooseVectorAxis(axes, [], stores);
  const outer = axes.filter((axis) => axis !== vector);
  const loops: NestLoop[] = outer.map((axis, position) =>
    position === 0 ? { axis, role: 'grid', begin, end } : { axis },
  );
  fb.note(
    `map over [${axes.map(({ extent }) => extent).join(', ')}]${vector === undefined ? '' : `, vector axis of ${vector.extent}`}`,
  );
  emitLoops(context, new AxisValues(context), loops, (inside) => {
    if (vector === undefined) {
      emitStores(
        new VectorEvaluator({ context, axes: inside, vector: undefined, count: undefined, results: [] }),
        stores,
      );
      return;
    }
    const loop: NestLoop =
      outer.length > 0 ? { axis: vector } : { axis: vector, ...gridRange(context, vector.extent, begin, end) };
    emitVectorLoop(context, inside, loop, 1, ({ axes: at, start, count }) => {
      emitStores(
        new VectorEvaluator({ context, axes: at, vector: { axis: vector, start }, count, results: [] }),
        stores,
      );
    });
  });
  return outer[0]?.extent ?? (vector === undefined ? 1 : Math.ceil(vector.extent / (4 * GRID_VECTORS)));
}

/** The elements of a vector axis that belong to units [begin, end) of the grid. */
export function gridRange(
  { fb }: KernelContext,
  extent: number,
  begin: Value,
  end: Value,
): { begin: Value; end: Value } {
  if (extent <= 4 * GRID_VECTORS) return { begin: fb.i32(0), end: fb.i32(extent) };
  return { begin: fb.mul(begin, 4 * GRID_VECTORS), end: fb.minimum(fb.mul(end, 4 * GRID_VECTORS), extent) };
}
