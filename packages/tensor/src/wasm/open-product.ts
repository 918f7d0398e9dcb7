/**
 * Matrix products whose code leaves all sizes open: how the product is cut is decided for each by its sizes, and what follows from that, numbers of blocks and where they lie in scratch memory, the
 * code reads in its frame. So layers of the same kind share their code, whatever the batch.
 */
import { isLinear, makeAxis, strideAlong, type Axis, type Index } from '../compiler/index-expression.ts';
import { forEachExpression, indicesOf } from '../compiler/expressions.ts';
import type { ContractionKernel } from '../compiler/kernel.ts';
import { openBlocks, product, quantitiesOf, type BlockedAxes } from './blocks.ts';
import { emitSharedPacking, emitTasks, sharedScheduleOf, type SharedProduct } from './contraction-shared.ts';
import { ceil, emitContraction, normaliseContraction, paddedRow, scheduleOf, type Blocks } from './contraction.ts';
import {
  cutContraction,
  kernelFunction,
  packedProduct,
  packingNanoseconds,
  type Building,
  type KernelCode,
} from './kernels.ts';
import type { Open, Size } from './open.ts';
import { nanosecondsOf } from './work.ts';

export interface OpenProduct extends Open {
  readonly cut: SharedProduct | Blocks;
  /** What decides the code beside the expressions. */
  readonly features: readonly number[];
}

/** Positions of the quantities: three for each side (blocks.ts), then sizes of the schedule. */
const places = {
  grid: 9,
  nanoseconds: 10,
  units: 11,
  packingNanoseconds: 12,
  packedBytes: 13,
  scratchBytes: 14,
} as const;

/** Sides and sums below are no blocks (contraction.ts). */
const [leastSide, leastSum] = [3, 5];

/** Undefined for products whose code depends on their sizes. */
export function openProduct(
  building: Pick<Building, 'buffers' | 'tilesFor' | 'without'>,
  given: ContractionKernel,
): OpenProduct | undefined {
  if (given.batch.length > 0 || [given.left, given.right].some(({ guards }) => guards.length > 0)) return undefined;
  if (Math.min(product(given.m), product(given.n)) < leastSide || product(given.k) < leastSum) return undefined;
  const isSimple = [given.m, given.n, given.k].every((axes) => axes.length === 1) && isPlain(given);
  // Parts of an axis, as heads are, become axes of their own.
  const kernel = isSimple ? given : normaliseContraction(given);
  if (kernel.batch.length > 0 || !isPlain(kernel)) return undefined;
  const plain = isSimple && ofMatrices(kernel) ? packedProduct(building, kernel) : cutContraction(building, kernel);
  if (plain.kind !== 'shared' && plain.kind !== 'blocks') return undefined;
  const { tile } = plain;
  const isOpen = [plain.m, plain.n].map((side) => !isContiguous(side, kernel.stores)).concat(true);
  const sides = [plain.m, plain.n, plain.k].map((side, i) => (isOpen[i] === true ? withRoom(side) : side));
  const [m = plain.m, n = plain.n, k = plain.k] = sides;
  const quantities: number[] = sides.flatMap(quantitiesOf);
  const axes = new Map<Axis, number>();
  sides.forEach(({ outer, split }, i) => {
    if (isOpen[i] === true) axes.set(outer[0] ?? split, 3 * i);
  });
  // A few lengths of rows, so that codes are few.
  const rowElements = isOpen[1] === true ? paddedRow(ceil(plain.rowElements, plain.rowElements > 64 ? 64 : 16)) : plain.rowElements; // prettier-ignore
  const cut = { ...plain, m, n, k, rowElements };
  const features: number[] = [tile.rows, tile.columns, rowElements];
  sides.forEach(({ outer, inner, size, capacity }, i) => {
    const isKnown = isOpen[i] !== true || outer.length > 0;
    features.push(outer.length, isKnown ? size : inner.length > 0 ? capacity : 0);
  });
  const nanoseconds = nanosecondsOf(kernel);
  if (cut.kind === 'shared') {
    const { units, unitBytes, tasks, packingBytes, taskBytes } = sharedScheduleOf(cut);
    const bytes = units * unitBytes;
    quantities.push(tasks, nanoseconds, units, packingNanoseconds(bytes), bytes, Math.max(packingBytes, taskBytes));
    features.push(cut.byRows ? 1 : 0);
  } else {
    const { grid, scratchBytes } = scheduleOf(cut);
    quantities.push(grid, nanoseconds, 0, 0, 0, scratchBytes);
    features.push(cut.keep ? 3 : 2);
  }
  return { kind: 'axes', axes, quantities, work: 1, builtWork: 1, cut, features };
}

/** The blocks with room for a power of two of values of the cut axis, of which others are inside, so that codes are few. */
function withRoom(side: BlockedAxes): BlockedAxes {
  const { outer, inner, innerSize, size } = side;
  if (outer.length > 0 || inner.length === 0) return side;
  const room = 2 ** Math.ceil(Math.log2(size));
  return { ...side, local: makeAxis(room), capacity: room * innerSize };
}

/** Whether what is stored lies side by side along the innermost axis: that is no batch, and vectors along it want to know where it ends. */
function isContiguous({ split, inner }: BlockedAxes, stores: ContractionKernel['stores']): boolean {
  return stores.some(({ index }) => Math.abs(strideAlong(index, inner.at(-1) ?? split) ?? 0) === 1);
}

/** Elements that a window reaches over at most (contraction-sliding.ts). */
const widestWindow = 32;

/** Whether both operands are matrices of which every element is one of its own, so that there are no windows to read. */
function ofMatrices({ m, n, k, left, right }: ContractionKernel): boolean {
  return [
    { index: left.index, side: m[0] },
    { index: right.index, side: n[0] },
  ].every(({ index, side }) => {
    const strides = [side, k[0]].map((axis) => (axis === undefined ? 0 : Math.abs(strideAlong(index, axis) ?? 0)));
    const [small, large] = strides.sort((a, b) => a - b);
    const inner = small === Math.abs(strideAlong(index, k[0] as Axis) ?? 0) ? k[0] : side;
    return (small ?? 0) > 0 && (large ?? 0) > widestWindow && (large ?? 0) >= (small ?? 0) * (inner?.extent ?? 1);
  });
}

/** Whether all indices go along in steps, and there are no bounds. */
function isPlain({ left, right, stores }: ContractionKernel): boolean {
  if (![left, right, ...stores].every(({ index }) => isLinear(index))) return false;
  let fits = true;
  forEachExpression(
    stores.map(({ value }) => value),
    (expression) => {
      if (expression.kind === 'inside' || (expression.kind === 'load' && expression.guards.length > 0)) fits = false;
      fits &&= indicesOf(expression).every(isLinearOrFound);
    },
  );
  return fits;
}

/** Whether an index goes along in steps but for positions that are known at run time alone, which have indices of their own. */
function isLinearOrFound({ terms }: Index): boolean {
  return terms.every(({ atom }) => atom.kind === 'axis' || atom.kind === 'value');
}

const at = (place: keyof typeof places): Size => ({ quantity: places[place], times: 1, per: 1, plus: 0 });

/** The code of the product. */
export function buildProduct(building: Building, { cut, axes }: OpenProduct): KernelCode {
  const { relaxed, buffers, bindings } = building;
  const open = (side: BlockedAxes): BlockedAxes => {
    const first = axes.get(side.outer[0] ?? side.split);
    return first === undefined ? side : openBlocks(side, first);
  };
  const sides = { m: open(cut.m), n: open(cut.n), k: open(cut.k) };
  const { name } = cut.kernel;
  const gemm = building.gemm(cut.tile, 'packed');
  const tasks = kernelFunction(name);
  const context = { fb: tasks.fb, relaxed, buffers, bindings };
  const { begin, end, scratch } = tasks.range;
  if (cut.kind === 'blocks') {
    emitContraction(context, gemm, { ...cut, ...sides }, begin, end, scratch);
    const part = { target: tasks.fb.finish(), grid: at('grid'), nanoseconds: at('nanoseconds') };
    return { stages: [[part]], packedBytes: 0, scratchBytes: at('scratchBytes') };
  }
  const packing = kernelFunction(name);
  emitSharedPacking({ ...context, fb: packing.fb }, { ...cut, ...sides }, 0, packing.range);
  emitTasks(context, gemm, { ...cut, ...sides }, 0, tasks.range);
  return {
    stages: [
      [{ target: packing.fb.finish(), grid: at('units'), nanoseconds: at('packingNanoseconds') }],
      [{ target: tasks.fb.finish(), grid: at('grid'), nanoseconds: at('nanoseconds') }],
    ],
    packedBytes: at('packedBytes'),
    scratchBytes: at('scratchBytes'),
  };
}
