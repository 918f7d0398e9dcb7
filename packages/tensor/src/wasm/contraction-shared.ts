/**
 * Products that would be few blocks, cut into about sixteen tasks for the threads: by shape alone, so that the bits do not depend on how many there are. Tasks are blocks of the
 * longer side, and all of them need the other operand whole. That is packed once, before, by a step of its own.
 */
import type { KernelContext } from './address.ts';
import { blockAxes, blockCount, capacityOf, locateBlock, product, roundUp, type BlockPosition } from './blocks.ts'; // prettier-ignore
import {
  atBatch,
  blocksOf,
  buildEpilogue,
  ceil,
  describeProduct,
  keepBytes,
  masksOf,
  packingOf,
  rowElementsOf,
  type Blocks,
  type ResultBlocks,
  type TiledProduct,
} from './contraction.ts';
import { control } from './control.ts';
import type { Value, WasmFunction } from './ir.ts';
import { op } from './opcodes.ts';

/** Tasks of a product, and products of numbers that a task has at least (some 25 µs). */
export const usualTasks = 16;
export const leastProducts: number = 2 ** 19;
/** Points of a side that a task has at least, and that are packed at a time for all. */
const leastOwn = 16;
const packedPoints = 128;

export interface SharedProduct extends ResultBlocks {
  readonly kind: 'shared';
  /** Whether tasks are blocks of m, and the right operand is packed before; else it is the other way round. */
  readonly byRows: boolean;
}

/** Sizes of a shared product. */
export interface SharedSchedule {
  /** How many blocks of the shared operand are packed, and bytes of one. */
  readonly units: number;
  readonly unitBytes: number;
  readonly tasks: number;
  /** Bytes of scratch memory of packing and of tasks. */
  readonly packingBytes: number;
  readonly taskBytes: number;
}

/** The sizes, as {@link emitSharedPacking} and {@link emitTasks} use memory for them. */
export function sharedScheduleOf({ kernel, tile, m, n, k, byRows, rowElements }: SharedProduct): SharedSchedule {
  const [rows, columns] = [ceil(m.capacity, tile.rows), ceil(n.capacity, tile.columns)];
  const [own, other] = byRows ? [m, n] : [n, m];
  const [ownPoints, otherPoints] = byRows ? [rows, columns] : [columns, rows];
  const batch = product(kernel.batch);
  const packingBytes = k.capacity * masksOf(tile);
  return {
    units: batch * other.blocks * k.blocks,
    unitBytes: otherPoints * k.capacity * 4,
    tasks: batch * own.blocks,
    packingBytes,
    taskBytes: packingBytes + ownPoints * k.capacity * k.blocks * 4 + rows * rowElements * 4,
  };
}

/** How the product is cut: with one operand packed for all, or in blocks of which each packs its own. */
export function cutProduct(tiled: TiledProduct): SharedProduct | Blocks {
  const { kernel, tile } = tiled;
  const plain = blocksOf(tiled, 512);
  const [batch, m, n, terms] = [kernel.batch, kernel.m, kernel.n, kernel.k].map(product) as [number, number, number, number]; // prettier-ignore
  const wanted = Math.min(usualTasks, Math.floor((batch * m * n * terms) / leastProducts));
  const tasksOf = (blocks: Blocks): number => batch * blocks.m.blocks * blocks.n.blocks;
  if (tasksOf(plain) >= wanted) return plain;
  const byRows = m >= n;
  const [own, ownTile] = byRows ? [kernel.m, tile.rows] : [kernel.n, tile.columns];
  const [other, otherTile] = byRows ? [kernel.n, tile.columns] : [kernel.m, tile.rows];
  const limit = Math.max(leastOwn, ceil(Math.ceil(product(own) / Math.ceil(wanted / batch)), ownTile));
  const mine = blockAxes(own, limit, ownTile);
  const theirs = blockAxes(other, ceil(packedPoints, otherTile), otherTile);
  const { k } = plain;
  const unitBytes = ceil(theirs.capacity, otherTile) * k.capacity * 4;
  const units = batch * theirs.blocks * k.blocks;
  const ownBytes = ceil(mine.capacity, ownTile) * k.capacity * k.blocks * 4;
  if (batch * mine.blocks > 1 && units * unitBytes <= keepBytes && ownBytes <= keepBytes) {
    const [m, n] = byRows ? [mine, theirs] : [theirs, mine];
    return { kind: 'shared', kernel, tile, m, n, k, byRows, rowElements: rowElementsOf(n, tile) };
  }
  const finer = [256, 128].map((size) => blocksOf(tiled, size));
  return finer.find((blocks) => tasksOf(blocks) >= wanted) ?? finer.at(-1) ?? plain;
}

/** Where the packed blocks begin: before the scratch memory of all threads. */
function packedStart({ fb }: KernelContext, offset: number): Value {
  return fb.add(fb.load(op.i32Load, { base: fb.i32(0), offset: control.scratch }), offset);
}

/** Packs blocks [begin, end) of the shared operand, to `offset` bytes from the begin of all scratch memory on. */
export function emitSharedPacking(
  context: KernelContext,
  cut: SharedProduct,
  offset: number,
  { begin, end, scratch }: { readonly begin: Value; readonly end: Value; readonly scratch: Value },
): void {
  const { fb } = context;
  const { kernel, byRows, k } = cut;
  const side = byRows ? cut.n : cut.m;
  const packing = packingOf(context, cut, byRows ? 'right' : 'left');
  const size = side.open?.kind !== 'sizes' ? `, ${side.capacity} × ${k.capacity} at a time` : '';
  fb.note(`packs ${byRows ? 'B' : 'A'} for all tasks${size}: ${packing.description}`);
  const [sides, depths, unitBytes] = [blockCount(context, side), blockCount(context, k), unitBytesOf(context, cut)];
  fb.loop(begin, end, { role: 'grid', name: 'block' }, (unit) => {
    const rest = fb.divide(unit, depths);
    const axes = atBatch(context, kernel, fb.divide(rest, sides));
    const block = locateBlock(context, axes, side, fb.remainder(rest, sides));
    const kBlock = locateBlock(context, block.axes, k, fb.remainder(unit, depths));
    const target = fb.add(packedStart(context, offset), fb.mul(unit, unitBytes));
    packing.emit(context, target, scratch, block, kBlock, kBlock.axes);
  });
}

/** Bytes of a packed block of the shared operand. */
function unitBytesOf(context: KernelContext, { byRows, m, n, k, tile }: SharedProduct): Value {
  const { fb } = context;
  const [side, multiple] = byRows ? [n, tile.columns] : [m, tile.rows];
  return fb.mul(fb.mul(roundUp(fb, capacityOf(context, side), multiple), capacityOf(context, k)), 4);
}

/** Emits tasks [begin, end) over what has been packed. */
export function emitTasks(
  context: KernelContext,
  gemm: WasmFunction,
  cut: SharedProduct,
  offset: number,
  { begin, end, scratch }: { readonly begin: Value; readonly end: Value; readonly scratch: Value },
): void {
  const { fb } = context;
  const { kernel, tile, m, n, k, byRows, rowElements } = cut;
  const [own, side] = byRows ? [m, n] : [n, m];
  const packing = packingOf(context, cut, byRows ? 'left' : 'right');
  // Scratch: masks, the task's own operand packed for all of k, C.
  const [depth, depths] = [capacityOf(context, k), blockCount(context, k)];
  const [owns, sides, unitBytes] = [blockCount(context, own), blockCount(context, side), unitBytesOf(context, cut)];
  const ownPoints = roundUp(fb, capacityOf(context, own), byRows ? tile.rows : tile.columns);
  const ownBytes = fb.mul(fb.mul(ownPoints, depth), 4);
  const packed = fb.add(scratch, fb.mul(depth, masksOf(tile)));
  const result = fb.add(packed, fb.mul(ownBytes, depths));
  const epilogue = buildEpilogue(context, kernel, m, n, rowElements);
  fb.note(
    `${describeProduct(cut)}; ${byRows ? 'A' : 'B'}: ${packing.description}; ${byRows ? 'B' : 'A'} packed before`,
  );
  fb.loop(begin, end, { role: 'grid', name: 'task' }, (task) => {
    const batch = fb.divide(task, owns);
    const block = locateBlock(context, atBatch(context, kernel, batch), own, fb.remainder(task, owns));
    fb.loop(fb.i32(0), depths, { role: 'reduce', name: 'kBlock' }, (number) => {
      const kBlock = locateBlock(context, block.axes, k, number);
      packing.emit(context, fb.add(packed, fb.mul(number, ownBytes)), scratch, block, kBlock, kBlock.axes);
    });
    fb.loop(fb.i32(0), sides, { name: 'block' }, (sideNumber) => {
      const other = locateBlock(context, block.axes, side, sideNumber);
      const [rows, columns]: [BlockPosition, BlockPosition] = byRows ? [block, other] : [other, block];
      const first = fb.mul(fb.add(fb.mul(batch, sides), sideNumber), depths);
      fb.loop(fb.i32(0), depths, { role: 'reduce', name: 'kBlock' }, (number) => {
        const kBlock = locateBlock(context, other.axes, k, number);
        const mine = fb.add(packed, fb.mul(number, ownBytes));
        const theirs = fb.add(packedStart(context, offset), fb.mul(fb.add(first, number), unitBytes));
        const [a, b] = byRows ? [mine, theirs] : [theirs, mine];
        const stride = fb.i32(rowElements * 4);
        fb.call(gemm, a, b, result, rows.points, columns.points, kBlock.points, stride, number);
      });
      epilogue.call(fb, result, other.axes, rows.count, columns.count);
    });
  });
}
