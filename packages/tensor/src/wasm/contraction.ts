/**
 * Schedules contractions: normalises their axes, hands degenerate shapes to the map and reduce schedules, and otherwise loops over
 * blocks of batch, m and n (the grid): pack, multiply tiles into scratch for every block of k, and run the epilogue once at the end.
 */
import { dependsOn, sumIndex, scaleIndex, strideAlong, type Axis, type Index } from '../compiler/index-expression.ts';
import type { ContractionKernel, Expression, MapKernel, Operand, ReduceKernel } from '../compiler/kernel.ts';
import { Rewriter, substituteIndex } from '../compiler/rewriter.ts';
import { AxisValues, RESULT_BUFFER, type KernelContext } from './address.ts';
import { collectIndices, simplifyAxes } from './axes.ts';
import {
  blockAxes,
  blockCount,
  capacityOf,
  locateBlock,
  positionInBlock,
  product,
  roundUp,
  splitIndex,
  type BlockedAxes,
  type BlockPosition,
} from './blocks.ts';
import { VectorEvaluator } from './expression.ts';
import { FunctionBuilder } from './function-builder.ts';
import type { Tile } from './gemm.ts';
import type { Value, WasmFunction } from './ir.ts';
import { chooseVectorAxis, emitLoops, emitStores, emitVectorStores, type NestLoop } from './nest.ts';
import { op } from './opcodes.ts';
import { maskBytes, type Packing } from './packing-context.ts';
import { buildPacking } from './packing.ts';

/** Depth of a packed block: a panel of B (8 or 16 × 256 × 4 bytes) stays in the first-level cache. The same for all tiles, since the bits of sums depend on it. */
const K_BLOCK = 256;
/** Packed operands for all of k are kept for the next blocks up to this size. */
export const keepBytes: number = 16 * 2 ** 20;

export const ceil = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** Moves batch axes that only one operand depends on to that operand's side, and merges axes. */
export function normaliseContraction(kernel: ContractionKernel): ContractionKernel {
  const uses = (operand: Operand, axis: Axis): boolean =>
    dependsOn(operand.index, axis) || operand.guards.some(({ index }) => dependsOn(index, axis));
  const live = kernel.batch.filter(({ extent }) => extent !== 1);
  const toM = live.filter((axis) => !uses(kernel.right, axis));
  const toN = live.filter((axis) => uses(kernel.right, axis) && !uses(kernel.left, axis));
  const batch = live.filter((axis) => !toM.includes(axis) && !toN.includes(axis));
  // Masks are reused over the k axes before those that guards depend on.
  const guarded = (axis: Axis): boolean =>
    [kernel.left, kernel.right].some(
      (operand) =>
        operand.guards.some(({ index }) => dependsOn(index, axis)) || strideAlong(operand.index, axis) === undefined,
    );
  const k = [...kernel.k.filter((axis) => !guarded(axis)), ...kernel.k.filter(guarded)];
  const operands = [kernel.left, kernel.right];
  const indices = [
    ...operands.flatMap(({ index, guards }) => [index, ...guards.map((guard) => guard.index)]),
    ...collectIndices(kernel.stores.map(({ value }) => value)),
    ...kernel.stores.map(({ index }) => index),
  ];
  const { groups, replacements } = simplifyAxes([batch, [...toM, ...kernel.m], [...toN, ...kernel.n], k], indices);
  const rewriter = new Rewriter({ axes: replacements });
  const rewrite = ({ buffer, index, guards }: Operand): Operand => ({
    buffer,
    index: rewriter.index(index),
    guards: rewriter.conditions(guards),
  });
  return {
    ...kernel,
    batch: groups[0] ?? [],
    m: groups[1] ?? [],
    n: groups[2] ?? [],
    k: groups[3] ?? [],
    left: rewrite(kernel.left),
    right: rewrite(kernel.right),
    stores: rewriter.stores(kernel.stores),
  };
}

function operandValue({ buffer, index, guards }: Operand): Expression {
  const load: Expression = { kind: 'load', type: 'f32', buffer, index, guards };
  if (guards.length === 0) return load;
  const zero: Expression = { kind: 'constant', type: 'f32', value: 0 };
  return {
    kind: 'select',
    type: 'f32',
    condition: { kind: 'inside', type: 'bool', conditions: guards },
    ifTrue: load,
    ifFalse: zero,
  };
}

/** Terms of a sum up to which it is written out, in any shape and where there is no matrix (a depthwise convolution of 5 × 5). */
const FEW_TERMS = 4;
const WINDOW_TERMS = 25;

/** Shapes for which packing would cost more than the products: as a map (few terms) or a reduction (vectors). */
export function degenerate(kernel: ContractionKernel): MapKernel | ReduceKernel | undefined {
  const [m, n, k] = [product(kernel.m), product(kernel.n), product(kernel.k)];
  const axes = [...kernel.batch, ...kernel.m, ...kernel.n];
  const { name } = kernel;
  if (k <= FEW_TERMS || (k <= WINDOW_TERMS && Math.min(m, n) <= 2)) {
    let sum: Expression = { kind: 'constant', type: 'f32', value: 0 };
    for (let position = 0; position < k; position++) {
      let rest = position;
      const values = new Map<Axis, Index>();
      for (const axis of [...kernel.k].reverse()) {
        values.set(axis, { constant: rest % axis.extent, terms: [], min: rest % axis.extent, max: rest % axis.extent });
        rest = Math.floor(rest / axis.extent);
      }
      const at = ({ buffer, index, guards }: Operand): Expression =>
        operandValue({
          buffer,
          index: substituteIndex(index, values),
          guards: guards.map((guard) => ({ ...guard, index: substituteIndex(guard.index, values) })),
        });
      const term: Expression = {
        kind: 'binary',
        type: 'f32',
        operator: 'mul',
        left: at(kernel.left),
        right: at(kernel.right),
      };
      sum = position === 0 ? term : { kind: 'binary', type: 'f32', operator: 'add', left: sum, right: term };
    }
    const stores = new Rewriter({ results: [sum] }).stores(kernel.stores);
    return { kind: 'map', name, axes, stores };
  }
  if (Math.min(m, n) <= 2) {
    const value: Expression = {
      kind: 'binary',
      type: 'f32',
      operator: 'mul',
      left: operandValue(kernel.left),
      right: operandValue(kernel.right),
    };
    return {
      kind: 'reduce',
      name,
      axes,
      reduceAxes: kernel.k,
      reducers: [{ operator: 'sum', value }],
      stores: kernel.stores,
    };
  }
  return undefined;
}

/** The product with its operands in each other's place. */
export function exchanged(kernel: ContractionKernel): ContractionKernel {
  return { ...kernel, m: kernel.n, n: kernel.m, left: kernel.right, right: kernel.left };
}

/** A product and its blocks. */
export interface Cut {
  /** With the operands where they are best for the tile. */
  readonly kernel: ContractionKernel;
  readonly tile: Tile;
  readonly m: BlockedAxes;
  readonly n: BlockedAxes;
  readonly k: BlockedAxes;
}

/** A product whose operands are where they are best for its tile. */
export type TiledProduct = Pick<Cut, 'kernel' | 'tile'>;

/** A product in blocks of results that lie in scratch memory. */
export interface ResultBlocks extends Cut {
  /** Elements from one row of a block of results to the next. */
  readonly rowElements: number;
}

/** Blocks of which each packs its own operands. */
export interface Blocks extends ResultBlocks {
  readonly kind: 'blocks';
  /** Whether the packed left operand is kept for the next blocks of columns. */
  readonly keep: boolean;
}

/** Blocks of about `size` rows and columns at most. */
export function blocksOf({ kernel, tile }: TiledProduct, size: number): Blocks {
  const m = blockAxes(kernel.m, ceil(size, tile.rows), tile.rows);
  const n = blockAxes(kernel.n, size, tile.columns);
  const k = blockAxes(kernel.k, K_BLOCK, 4);
  const keep = n.blocks > 1 && ceil(m.capacity, tile.rows) * k.capacity * k.blocks * 4 <= keepBytes;
  return { kind: 'blocks', kernel, tile, m, n, k, keep, rowElements: rowElementsOf(n, tile) };
}

/** Elements from one row of a block of results to the next. */
export function rowElementsOf(n: BlockedAxes, tile: Tile): number {
  return paddedRow(ceil(n.capacity, tile.columns));
}

/** Rows so many elements apart would take the same lines of the cache. */
export function paddedRow(elements: number): number {
  return elements % 512 === 0 ? elements + 16 : elements;
}

export interface ContractionSchedule {
  readonly grid: number;
  readonly scratchBytes: number;
}

/** The batch axes at a position among all batches. */
export function atBatch(context: KernelContext, { batch }: ContractionKernel, number: Value): AxisValues {
  const { fb } = context;
  let rest = number;
  let axes = new AxisValues(context);
  for (const axis of [...batch].reverse()) {
    axes = axes.with(axis, axis === batch[0] ? rest : fb.remainder(rest, axis.extent));
    rest = fb.divide(rest, axis.extent);
  }
  return axes;
}

/** The blocks of m and n of a task, those of n next to each other, with the batch. */
export function locateBlocks(
  context: KernelContext,
  kernel: ContractionKernel,
  m: BlockedAxes,
  n: BlockedAxes,
  task: Value,
): { readonly columnBlock: Value; readonly mBlock: BlockPosition; readonly nBlock: BlockPosition } {
  const { fb } = context;
  const [rowBlocks, columnBlocks] = [m, n].map((blocked) => blockCount(context, blocked)) as [Value, Value];
  const columnBlock = fb.remainder(task, columnBlocks);
  const rest = fb.divide(task, columnBlocks);
  const rowBlock = fb.remainder(rest, rowBlocks);
  const axes = atBatch(context, kernel, fb.divide(rest, rowBlocks));
  const mBlock = locateBlock(context, axes, m, rowBlock);
  return { columnBlock, mBlock, nBlock: locateBlock(context, mBlock.axes, n, columnBlock) };
}

/** Emits the task loop into the function at hand. `scratch` is the address of the scratch memory. */
export function emitContraction(
  context: KernelContext,
  gemm: WasmFunction,
  cut: Blocks,
  begin: Value,
  end: Value,
  scratch: Value,
): void {
  const { fb } = context;
  const { kernel, tile, m, n, k } = cut;
  const packLeft = packingOf(context, cut, 'left');
  const packRight = packingOf(context, cut, 'right');

  // Scratch: masks, packed B, packed A, C.
  const { keep, rowElements } = cut;
  const depth = capacityOf(context, k);
  const depths = blockCount(context, k);
  const packed = (points: Value, multiple: number): Value => fb.mul(fb.mul(roundUp(fb, points, multiple), depth), 4);
  const leftBlockBytes = packed(capacityOf(context, m), tile.rows);
  const masks = scratch;
  const right = fb.add(scratch, fb.mul(depth, masksOf(tile)));
  const left = fb.add(right, packed(capacityOf(context, n), tile.columns));
  const result = fb.add(left, keep ? fb.mul(leftBlockBytes, depths) : leftBlockBytes);
  const epilogue = buildEpilogue(context, kernel, m, n, rowElements);

  fb.note(`${describeProduct(cut)}; A: ${packLeft.description}${keep ? ', kept' : ''}; B: ${packRight.description}`);
  fb.loop(begin, end, { role: 'grid', name: 'task' }, (task) => {
    const { columnBlock, mBlock, nBlock } = locateBlocks(context, kernel, m, n, task);
    const forEachK = (body: (number: Value) => void): void =>
      fb.loop(fb.i32(0), depths, { role: 'reduce', name: 'kBlock' }, body);
    const packRows = (number: Value): void => {
      const kBlock = locateBlock(context, nBlock.axes, k, number);
      const target = keep ? fb.add(left, fb.mul(number, leftBlockBytes)) : left;
      packLeft.emit(context, target, masks, mBlock, kBlock, kBlock.axes);
    };
    if (keep) {
      const fresh = fb.op(op.i32Or, fb.op(op.i32Eqz, columnBlock), fb.op(op.i32Eq, task, begin));
      fb.if(fresh, () => forEachK(packRows));
    }
    forEachK((number) => {
      const kBlock = locateBlock(context, nBlock.axes, k, number);
      if (!keep) packRows(number);
      packRight.emit(context, right, masks, nBlock, kBlock, kBlock.axes);
      const packedRows = keep ? fb.add(left, fb.mul(number, leftBlockBytes)) : left;
      fb.call(
        gemm,
        packedRows,
        right,
        result,
        mBlock.points,
        nBlock.points,
        kBlock.points,
        fb.i32(rowElements * 4),
        number,
      );
    });
    epilogue.call(fb, result, nBlock.axes, mBlock.count, nBlock.count);
  });
}

/** Sizes of blocks, as {@link emitContraction} uses memory for them. */
export function scheduleOf({ kernel, tile, m, n, k, keep, rowElements }: Blocks): ContractionSchedule {
  const rows = ceil(m.capacity, tile.rows);
  const left = rows * k.capacity * 4 * (keep ? k.blocks : 1);
  const right = ceil(n.capacity, tile.columns) * k.capacity * 4;
  return {
    grid: product(kernel.batch) * m.blocks * n.blocks,
    scratchBytes: k.capacity * masksOf(tile) + left + right + rows * rowElements * 4,
  };
}

/** What a product is, in a listing. */
export function describeProduct({ kernel, m, n, k }: Cut): string {
  const batch = kernel.batch.length > 0 ? `, batch ${product(kernel.batch)}` : '';
  if (m.open !== undefined) return 'contraction of any size';
  return `contraction m ${m.total} · n ${n.total} · k ${k.total}${batch}; blocks of ${m.capacity} × ${n.capacity} × ${k.capacity}`;
}

/** The routine that packs an operand. */
export function packingOf(context: KernelContext, { kernel, tile, m, n, k }: Cut, operand: 'left' | 'right'): Packing {
  const { name, batch, left, right } = kernel;
  const uniform = [...batch, ...k.outer];
  return operand === 'left'
    ? buildPacking(context, `${name}: pack A`, left, m, k, [...uniform, ...m.outer], tile.rows)
    : buildPacking(context, `${name}: pack B`, right, n, k, [...uniform, ...n.outer], tile.columns);
}

/** Bytes of scratch memory for the masks of a panel, for each k. */
export function masksOf(tile: Tile): number {
  return Math.max(maskBytes(tile.rows), maskBytes(tile.columns));
}

export interface Epilogue {
  call(fb: FunctionBuilder, result: Value, axes: AxisValues, mCount: Value, nCount: Value): void;
}

/** A function that runs the stores over one block of scratch results, whose columns lie at `place` in their row. */
export function buildEpilogue(
  context: KernelContext,
  kernel: ContractionKernel,
  m: BlockedAxes,
  n: BlockedAxes,
  rowElements: number,
  place: Index = positionInBlock(n),
): Epilogue {
  const fb = new FunctionBuilder(`${kernel.name}: epilogue`);
  const result = fb.parameter('result');
  const counts = [fb.parameter('mCount'), fb.parameter('nCount')];
  const inner: KernelContext = { ...context, fb, result };
  const bound = [...kernel.batch, ...m.outer, m.base, ...n.outer, n.base];
  let axes = new AxisValues(inner);
  for (const axis of bound) axes = axes.with(axis, fb.parameter(`a${axis.id}`));

  const position = sumIndex([scaleIndex(positionInBlock(m), rowElements), place]);
  const load: Expression = { kind: 'load', type: 'f32', buffer: RESULT_BUFFER, index: position, guards: [] };
  const cut = new Rewriter({ axes: new Map([splitIndex(m), splitIndex(n)]), results: [load] }).stores(kernel.stores);
  const indices = [...collectIndices(cut.map(({ value }) => value)), ...cut.map(({ index }) => index)];
  const rewrite = simplifyAxes(
    [
      [m.local, ...m.inner],
      [n.local, ...n.inner],
    ],
    indices,
    false,
  );
  const stores = new Rewriter({ axes: rewrite.replacements }).stores(cut);
  const loops = rewrite.groups.flatMap((group, i) => {
    const blocked = i === 0 ? m : n;
    const count = counts[i] ?? fb.i32(0);
    return group.map((axis, j): NestLoop => {
      // The first axis holds the cut one, alone or merged with what it encloses; the last block may be shorter.
      if (blocked.open?.kind === 'sizes') return { axis, begin: fb.i32(0), end: count };
      const room = blocked.local.extent;
      const isOpen = blocked.open?.kind === 'extent';
      const ragged = j === 0 && room > 1 && (isOpen || blocked.split.extent % blocked.size !== 0);
      return ragged ? { axis, begin: fb.i32(0), end: fb.mul(count, axis.extent / room) } : { axis };
    });
  });
  const vector = chooseVectorAxis(
    loops.map(({ axis }) => axis),
    [],
    stores,
  );
  const vectorLoop = loops.find(({ axis }) => axis === vector);
  emitLoops(
    inner,
    axes,
    loops.filter((loop) => loop !== vectorLoop),
    (at) => {
      if (vector === undefined || vectorLoop === undefined) {
        emitStores(
          new VectorEvaluator({ context: inner, axes: at, vector: undefined, count: undefined, results: [] }),
          stores,
        );
        return;
      }
      emitVectorStores(inner, at, vectorLoop, stores);
    },
  );
  const target = fb.finish();
  return {
    call: (caller, at, values, mCount, nCount) =>
      caller.call(target, at, mCount, nCount, ...bound.map((axis) => values.valueOf(axis) ?? caller.i32(0))),
  };
}
