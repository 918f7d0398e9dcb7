/**
 * Products that would be few blocks, cut into about sixteen tasks for the threads: by shape alone, so that the bits do not depend on how many there are. Tasks are blocks of the
 * longer side, and all of them need the other operand whole. That is packed once, before, by a step of its own.
 */
import type { KernelContext } from './address.ts';
import { blockAxes, locateBlock, product, type BlockPosition } from './blocks.ts';
import {
  atBatch,
  blocksOf,
  buildEpilogue,
  ceil,
  keepBytes,
  masksBytesOf,
  packingOf,
  rowElementsOf,
  type Blocks,
  type Cut,
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

export interface SharedProduct extends Cut {
  readonly kind: 'shared';
  /** Whether tasks are blocks of m, and the right operand is packed before; else it is the other way round. */
  readonly byRows: boolean;
  /** Bytes of a packed block of the shared operand, and how many there are. */
  readonly unitBytes: number;
  readonly units: number;
  readonly tasks: number;
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
    const [rows, columns] = byRows ? [mine, theirs] : [theirs, mine];
    return {
      kind: 'shared',
      kernel,
      tile,
      m: rows,
      n: columns,
      k,
      byRows,
      unitBytes,
      units,
      tasks: batch * mine.blocks,
    };
  }
  const finer = [256, 128].map((size) => blocksOf(tiled, size));
  return finer.find((blocks) => tasksOf(blocks) >= wanted) ?? finer.at(-1) ?? plain;
}

/** Where the packed blocks begin: before the scratch memory of all threads. */
function packedStart({ fb }: KernelContext, offset: number): Value {
  return fb.add(fb.load(op.i32Load, { base: fb.i32(0), offset: control.scratch }), offset);
}

/** Packs blocks [begin, end) of the shared operand, to `offset` bytes from the begin of all scratch memory on; returns the bytes of scratch memory. */
export function emitSharedPacking(
  context: KernelContext,
  cut: SharedProduct,
  offset: number,
  { begin, end, scratch }: { readonly begin: Value; readonly end: Value; readonly scratch: Value },
): number {
  const { fb } = context;
  const { kernel, byRows, k, unitBytes } = cut;
  const side = byRows ? cut.n : cut.m;
  const packing = packingOf(context, cut, byRows ? 'right' : 'left');
  fb.note(
    `packs ${byRows ? 'B' : 'A'} for all tasks, ${side.capacity} × ${k.capacity} at a time: ${packing.description}`,
  );
  fb.loop(begin, end, { role: 'grid', name: 'block' }, (unit) => {
    const rest = fb.divide(unit, k.blocks);
    const axes = atBatch(context, kernel, fb.divide(rest, side.blocks));
    const block = locateBlock(context, axes, side, fb.remainder(rest, side.blocks));
    const kBlock = locateBlock(context, block.axes, k, fb.remainder(unit, k.blocks));
    const target = fb.add(packedStart(context, offset), fb.mul(unit, unitBytes));
    packing.emit(context, target, scratch, block, kBlock, kBlock.axes);
  });
  return masksBytesOf(cut);
}

/** Emits tasks [begin, end) over what has been packed; returns the bytes of scratch memory. */
export function emitTasks(
  context: KernelContext,
  gemm: WasmFunction,
  cut: SharedProduct,
  offset: number,
  { begin, end, scratch }: { readonly begin: Value; readonly end: Value; readonly scratch: Value },
): number {
  const { fb } = context;
  const { kernel, tile, m, n, k, byRows, unitBytes } = cut;
  const [own, side] = byRows ? [m, n] : [n, m];
  const packing = packingOf(context, cut, byRows ? 'left' : 'right');
  // Scratch: masks, the task's own operand packed for all of k, C.
  const ownBytes = ceil(own.capacity, byRows ? tile.rows : tile.columns) * k.capacity * 4;
  const packed = fb.add(scratch, masksBytesOf(cut));
  const result = fb.add(packed, ownBytes * k.blocks);
  const rowElements = rowElementsOf(cut);
  const epilogue = buildEpilogue(context, kernel, m, n, rowElements);
  fb.note(
    `contraction m ${m.total} · n ${n.total} · k ${k.total}${kernel.batch.length > 0 ? `, batch ${product(kernel.batch)}` : ''}; ` +
      `blocks of ${m.capacity} × ${n.capacity} × ${k.capacity}; ${byRows ? 'A' : 'B'}: ${packing.description}; ${byRows ? 'B' : 'A'} packed before`,
  );
  fb.loop(begin, end, { role: 'grid', name: 'task' }, (task) => {
    const batch = fb.divide(task, own.blocks);
    const block = locateBlock(context, atBatch(context, kernel, batch), own, fb.remainder(task, own.blocks));
    fb.loop(fb.i32(0), fb.i32(k.blocks), { role: 'reduce', name: 'kBlock' }, (number) => {
      const kBlock = locateBlock(context, block.axes, k, number);
      packing.emit(context, fb.add(packed, fb.mul(number, ownBytes)), scratch, block, kBlock, kBlock.axes);
    });
    fb.loop(fb.i32(0), fb.i32(side.blocks), { name: 'block' }, (sideNumber) => {
      const other = locateBlock(context, block.axes, side, sideNumber);
      const [rows, columns]: [BlockPosition, BlockPosition] = byRows ? [block, other] : [other, block];
      const first = fb.mul(fb.add(fb.mul(batch, side.blocks), sideNumber), k.blocks);
      fb.loop(fb.i32(0), fb.i32(k.blocks), { role: 'reduce', name: 'kBlock' }, (number) => {
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
  return masksBytesOf(cut) + ownBytes * k.blocks + ceil(m.capacity, tile.rows) * rowElements * 4;
}
