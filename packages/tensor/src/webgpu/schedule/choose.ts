/** Picks the shape of a schedule from a kernel's extents, its strides and the device's table. */
import type { ContractionKernel, ReduceKernel } from '../../compiler/kernel.ts';
import { strideAlong, type Axis, type Index } from '../../compiler/index-expression.ts';
import type { Tile } from '../profile.ts';
import { threadsOf } from './contraction-tile.ts';
import { sharedBytesOf } from './contraction-shared.ts';
import type { Target } from './map.ts';
import type { ReduceShape } from './reduce.ts';
import { addExpressions, emptyUses, pointCount } from './traverse.ts';

function innermost(axes: readonly Axis[]): Axis | undefined {
  return [...axes].reverse().find(({ extent }) => extent > 1);
}

/** Whether most of what a reduction reads lies contiguous along the reduced axes. */
function readsAlongReduction(kernel: ReduceKernel): boolean {
  const uses = emptyUses();
  addExpressions(
    kernel.reducers.map(({ value }) => value),
    uses,
  );
  const unit = (index: Index, axis: Axis | undefined): boolean => axis !== undefined && strideAlong(index, axis) === 1;
  let along = 0;
  for (const { index } of uses.loads) {
    if (unit(index, innermost(kernel.reduceAxes))) along += index.max + 1;
    else if (unit(index, innermost(kernel.axes))) along -= index.max + 1;
  }
  return along > 0;
}

function powerOfTwo(value: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(value, 1)));
}

export function chooseReduceShape(kernel: ReduceKernel, { profile, limits }: Target): ReduceShape {
  const threads = powerOfTwo(Math.min(profile.reduceThreads, limits.workgroupInvocations));
  const points = pointCount(kernel.axes);
  const length = pointCount(kernel.reduceAxes);
  const shape = (lanes: number): ReduceShape => ({ outputs: threads / lanes, lanes });
  if (length <= 32) return shape(1);
  // On the processor lanes cost barriers and gain nothing; idle threads get parts of the reduction instead.
  if (profile.software) return shape(1);
  if (readsAlongReduction(kernel)) {
    let lanes = Math.min(threads, powerOfTwo(length / 4));
    while (lanes > 32 && points * lanes > 4 * profile.wantedThreads) lanes /= 2;
    return shape(lanes);
  }
  let lanes = 1;
  while (lanes < threads / 32 && points * lanes < profile.wantedThreads && length / lanes > 32) lanes *= 2;
  return shape(lanes);
}

/** Into how many parts to cut a reduction whose outputs alone leave the device idle; 1 for none. */
export function chooseReduceParts(kernel: ReduceKernel, shape: ReduceShape, { profile }: Target): number {
  if (kernel.reducers.some(({ operator }) => operator === 'argmax')) return 1;
  const points = pointCount(kernel.axes);
  const length = pointCount(kernel.reduceAxes);
  if (profile.software) {
    return points * 4 > profile.wantedThreads
      ? 1
      : Math.min(Math.ceil(profile.wantedThreads / points), Math.floor(length / 128));
  }
  const groups = Math.ceil(points / shape.outputs);
  if (groups * 2 > profile.reduceGroups) return 1;
  return Math.max(1, Math.min(Math.ceil(profile.reduceGroups / groups), Math.floor(length / (shape.lanes * 32))));
}

/** A tile for a contraction that is large enough for one. */
export function chooseTile(kernel: ContractionKernel, { profile, limits }: Target): Tile | undefined {
  const m = pointCount(kernel.m);
  const n = pointCount(kernel.n);
  const k = pointCount(kernel.k);
  if (Math.min(m, n) < 12 || k < profile.tileTerms || m * n * k < profile.tileFrom) return undefined;
  const possible = profile.tiles.filter(
    (tile) => threadsOf(tile) <= limits.workgroupInvocations && sharedBytesOf(tile) <= limits.workgroupBytes,
  );
  const batch = pointCount(kernel.batch);
  // Time in units of products: padding included, shorter the more often a register is used and the fewer threads stand idle.
  const cost = (tile: Tile): number => {
    const [rows, columns] = [Math.ceil(m / tile.m), Math.ceil(n / tile.n)];
    const reuse = (tile.threadM * tile.threadN) / (tile.threadM + tile.threadN);
    const busy = Math.min(1, (rows * columns * batch * partsOf(k, tile)) / profile.wantedGroups);
    return (rows * tile.m * columns * tile.n) / (reuse * busy);
  };
  return possible.reduce<Tile | undefined>(
    (best, tile) => (best === undefined || cost(tile) < cost(best) ? tile : best),
    undefined,
  );
}

/** The most parts that a contraction can be split into along k. */
function partsOf(k: number, tile: Tile): number {
  return Math.max(1, Math.floor(k / Math.max(256, 4 * tile.k)));
}

/** Elements of k in each part of a split contraction; undefined where the results alone keep the device busy. */
export function chooseSplit(kernel: ContractionKernel, tile: Tile, { profile }: Target): number | undefined {
  const k = pointCount(kernel.k);
  const groups =
    Math.ceil(pointCount(kernel.m) / tile.m) * Math.ceil(pointCount(kernel.n) / tile.n) * pointCount(kernel.batch);
  if (groups * 2 > profile.wantedGroups) return undefined;
  const parts = Math.min(Math.ceil(profile.wantedGroups / groups), partsOf(k, tile));
  if (parts < 2) return undefined;
  const slice = Math.max(tile.k, 1);
  const length = Math.ceil(Math.ceil(k / parts) / slice) * slice;
  return length < k ? length : undefined;
}
