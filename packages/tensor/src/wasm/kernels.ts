/** Kernels as functions over ranges of their outermost loop. What they are bound to stands in slots (bindings.ts), so that kernels with equal keys share their functions. */
import type { Axis } from '../compiler/index-expression.ts';
import type { Batches, ContractionKernel, Kernel, MapKernel, PlanBuffer, Rows } from '../compiler/kernel.ts';
import type { Without } from '../compiler/optimisations.ts';
import { AxisValues, extentOf, type KernelContext } from './address.ts';
import type { Bindings } from './bindings.ts';
import { product } from './blocks.ts';
import {
  cutProduct,
  emitSharedPacking,
  emitTasks,
  sharedScheduleOf,
  type SharedProduct,
} from './contraction-shared.ts';
import { emitSliding, shareOf, slidingProduct, type SlidingProduct } from './contraction-sliding.ts';
import { emitTaps, readAtTaps, tapProduct, tapsShare, type TapProduct } from './contraction-taps.ts';
import { emitWindows, windowProduct, type WindowProduct } from './contraction-windows.ts';
import { blocksOf, degenerate, emitContraction, normaliseContraction, scheduleOf, type Blocks } from './contraction.ts';
import { emitCumulative } from './cumulative.ts';
import { FunctionBuilder } from './function-builder.ts';
import type { GemmKind, Tile } from './gemm.ts';
import type { Value, WasmFunction } from './ir.ts';
import { emitMap } from './map.ts';
import { splitMap } from './pieces.ts';
import { sizeOf, type Size } from './open.ts';
import { emitReduce } from './reduce.ts';
import { splitContraction, splitReduction } from '../compiler/residues.ts';
import { blockOfRows, inRow, type Phase } from './rows.ts';
import { emitScatter } from './scatter.ts';
import { emitSort, sortedRows } from './sort.ts';
import { chooseTile, packedCost, type TimedTile } from './tiles.ts';
import { nanosecondsOf } from './work.ts';

/** A function over the grid of a kernel, none of whose units depends on another. */
export interface KernelPart {
  /** Takes the begin and end of a part of the grid, the address of scratch memory, and its frame. */
  readonly target: WasmFunction;
  readonly grid: Size;
  /** That it takes on one thread, roughly. */
  readonly nanoseconds: Size;
}

/** Parts that may run in any order. */
export type Stage = readonly KernelPart[];

/** The code of a kernel. */
export interface KernelCode {
  /** One after the other. */
  readonly stages: readonly Stage[];
  /** Bytes of memory for what all threads read, at the begin of scratch memory, and of the scratch memory of a thread. */
  readonly packedBytes: Size;
  readonly scratchBytes: Size;
}

/** What all kernels share. */
export interface Building {
  /** Those of the plan. */
  readonly buffers: readonly PlanBuffer[];
  readonly bindings: Bindings;
  readonly areNear: boolean;
  readonly relaxed: boolean;
  readonly without: Without;
  /** The tiles to choose from for a product. */
  readonly tilesFor: (kernel: ContractionKernel) => readonly TimedTile[];
  /** The product in such tiles, of packed operands or of packed ones and windows. */
  readonly gemm: (tile: Tile, kind: GemmKind) => WasmFunction;
}

export function buildKernel(building: Building, kernel: Kernel | Rows | Batches): KernelCode {
  if (kernel.kind === 'rows') return { stages: [rowsParts(building, kernel)], packedBytes: 0, scratchBytes: 0 };
  if (kernel.kind === 'batches') return batchesCode(building, kernel);
  // Of kernels in parts the sizes are known.
  let scratchBytes: Size = 0;
  let packedBytes = 0;
  const packings: KernelPart[] = [];
  const built: KernelPart[] = [];
  const add = (
    stage: KernelPart[],
    nanoseconds: number,
    emitted: (context: KernelContext, range: Range) => { readonly grid: Size; readonly scratch: Size },
  ): void => {
    const { fb, range } = kernelFunction(kernel.name);
    const { relaxed, buffers, bindings, areNear } = building;
    const { grid, scratch } = emitted({ fb, relaxed, buffers, bindings, areNear }, range);
    scratchBytes = larger(scratchBytes, scratch);
    stage.push({ target: fb.finish(), grid, nanoseconds });
  };
  for (const part of parts(kernel, building.without)) {
    if (product(outputAxes(part)) === 0) continue;
    const cut = part.kind === 'contraction' ? cutContraction(building, part) : part;
    if (cut.kind === 'shared') {
      const offset = packedBytes;
      const { units, unitBytes, tasks, packingBytes, taskBytes } = sharedScheduleOf(cut);
      packedBytes += units * unitBytes;
      add(packings, packingNanoseconds(units * unitBytes), (context, range) => {
        emitSharedPacking(context, cut, offset, range);
        return { grid: units, scratch: packingBytes };
      });
      add(built, nanosecondsOf(part), (context, range) => {
        emitTasks(context, building.gemm(cut.tile, 'packed'), cut, offset, range);
        return { grid: tasks, scratch: taskBytes };
      });
    } else add(built, nanosecondsOf(part), (context, range) => emit(context, building, cut, range));
  }
  return { stages: packings.length > 0 ? [packings, built] : [built], packedBytes, scratchBytes };
}

/** A number takes about half a nanosecond. */
export function packingNanoseconds(bytes: number): number {
  return bytes / 8;
}

function larger(a: Size, b: Size): Size {
  if (typeof a === 'number' && typeof b === 'number') return Math.max(a, b);
  return a === 0 ? b : a;
}

/** The code of a map for any number of elements (open.ts), which it is told in its frame; its part is given for one. */
export function buildFlat(
  { buffers, relaxed, bindings }: Pick<Building, 'buffers' | 'relaxed' | 'bindings'>,
  kernel: MapKernel,
): KernelCode {
  const { fb, range } = kernelFunction(kernel.name);
  const context = { fb, relaxed, buffers, bindings };
  const grid = emitMap(context, kernel, range, new AxisValues(context), bindings.quantity(fb, 0));
  const nanoseconds = nanosecondsOf(kernel) / product(kernel.axes);
  return { stages: [[{ target: fb.finish(), grid, nanoseconds }]], packedBytes: 0, scratchBytes: 0 };
}

interface Range {
  readonly begin: Value;
  readonly end: Value;
  readonly scratch: Value;
}

/** A function that is called as all parts are. */
export function kernelFunction(name: string): { readonly fb: FunctionBuilder; readonly range: Range } {
  const fb = new FunctionBuilder(name);
  const range = { begin: fb.parameter('begin'), end: fb.parameter('end'), scratch: fb.parameter('scratch') };
  fb.frame();
  return { fb, range };
}

function emit(
  context: KernelContext,
  { gemm }: Building,
  kernel: Exclude<Kernel, { kind: 'contraction' }> | Blocks | SlidingProduct | TapProduct | WindowProduct,
  { begin, end, scratch }: Range,
): { readonly grid: Size; readonly scratch: Size } {
  switch (kernel.kind) {
    case 'map':
      return { grid: emitMap(context, kernel, { begin, end }), scratch: 0 };
    case 'reduce':
      return { grid: emitReduce(context, kernel, { begin, end }), scratch: 0 };
    case 'cumulative':
      return { grid: emitCumulative(context, kernel, begin, end), scratch: 0 };
    case 'sort':
      return { grid: emitSort(context, kernel, begin, end, scratch), scratch: sortedRows(kernel).bytes };
    case 'scatter': {
      const { grid, scratchBytes } = emitScatter(context, kernel, { begin, end }, scratch);
      return { grid, scratch: scratchBytes };
    }
    case 'sliding': {
      const { grid, scratchBytes } = emitSliding(context, kernel, begin, end, scratch);
      return { grid, scratch: scratchBytes };
    }
    case 'taps': {
      const { grid, scratchBytes } = emitTaps(context, gemm(kernel.tile, 'windows'), kernel, begin, end, scratch);
      return { grid, scratch: scratchBytes };
    }
    case 'windows': {
      const { grid, scratchBytes } = emitWindows(context, gemm(kernel.tile, 'windows'), kernel, begin, end, scratch);
      return { grid, scratch: scratchBytes };
    }
    case 'blocks': {
      emitContraction(context, gemm(kernel.tile, 'packed'), kernel, begin, end, scratch);
      const { grid, scratchBytes } = scheduleOf(kernel);
      return { grid, scratch: scratchBytes };
    }
  }
}

/** A few rows at a time, which stay in the cache through all phases. */
function rowsParts(building: Building, { name, row, phases }: Rows): KernelPart[] {
  const running = phases.filter((phase) => product(phase.axes) > 0);
  const { size, block, kernels } = blockOfRows(row, running);
  const { fb, range } = kernelFunction(name);
  const targets = kernels.flatMap((kernel) => phaseFunctions(building, name, kernel, block));
  fb.loop(range.begin, range.end, { role: 'grid', name: 'rows' }, (at) => {
    const extent = extentOf({ ...building, fb }, row);
    const rows = fb.minimum(fb.i32(size), fb.sub(extent, fb.mul(at, size)));
    for (const target of targets) fb.call(target, at, rows);
  });
  const nanoseconds = kernels.reduce((total, kernel) => total + nanosecondsOf(kernel), 0);
  return [{ target: fb.finish(), grid: sizeOf(row, { per: size }), nanoseconds: (row.extent / size) * nanoseconds }];
}

/** A phase as functions of the number of a block of rows, the value of the axis `block`, and of how many rows that has. */
function phaseFunctions(
  { buffers, relaxed, without, bindings, areNear }: Building,
  name: string,
  phase: Phase,
  block: Axis,
): WasmFunction[] {
  return (parts(phase, without) as readonly Phase[]).flatMap((part) => {
    if (product(part.axes) === 0) return [];
    const fb = new FunctionBuilder(name);
    const number = fb.parameter('block');
    const context = { fb, relaxed, buffers, bindings, areNear, rows: fb.parameter('rows') };
    const start = new AxisValues(context).with(block, number);
    if (part.kind === 'map') emitMap(context, part, undefined, start);
    else emitReduce(context, part, undefined, start);
    return [fb.finish()];
  });
}

/** A batch at a time, which stays in the cache through all phases. The tasks of a product go batch by batch. */
function batchesCode(building: Building, { name, row, phases }: Batches): KernelCode {
  const { buffers, relaxed, bindings, areNear } = building;
  const { fb: batches, range } = kernelFunction(name);
  let scratchBytes = 0;
  batches.loop(range.begin, range.end, { role: 'grid', name: 'batches' }, (at) => {
    for (const phase of phases) {
      if (phase.kind !== 'contraction') {
        for (const target of phaseFunctions(building, name, inRow(row, phase), row))
          batches.call(target, at, batches.i32(1));
        continue;
      }
      const normal = normaliseContraction(phase);
      const cut = blocksOf(chooseTile(normal, building.tilesFor(normal)), 512);
      const fb = new FunctionBuilder(name);
      const [first, last, own] = ['begin', 'end', 'scratch'].map((each) => fb.parameter(each)) as [Value, Value, Value];
      const gemm = building.gemm(cut.tile, 'packed');
      emitContraction({ fb, relaxed, buffers, bindings, areNear }, gemm, cut, first, last, own);
      const schedule = scheduleOf(cut);
      scratchBytes = Math.max(scratchBytes, schedule.scratchBytes);
      const tasks = schedule.grid / row.extent;
      batches.call(fb.finish(), batches.mul(at, tasks), batches.mul(batches.add(at, 1), tasks), range.scratch);
    }
  });
  const nanoseconds = phases.reduce((total, phase) => total + nanosecondsOf(phase), 0);
  return { stages: [[{ target: batches.finish(), grid: sizeOf(row), nanoseconds }]], packedBytes: 0, scratchBytes };
}

/** Whether there is nothing to compute. */
export function isEmpty(kernel: Kernel | Rows | Batches): boolean {
  if (kernel.kind === 'batches') return false;
  return kernel.kind === 'rows' ? kernel.phases.every(isEmpty) : product(outputAxes(kernel)) === 0;
}

/** The kernels that a kernel is run as. */
function parts(kernel: Kernel, without: Without): readonly Kernel[] {
  if (kernel.kind === 'map') return without.has('pieces') ? [kernel] : splitMap(kernel);
  if (kernel.kind === 'reduce') return without.has('residues') ? [kernel] : splitReduction(kernel);
  if (kernel.kind !== 'contraction') return [kernel];
  return (without.has('residues') ? [kernel] : splitContraction(kernel)).flatMap((part) => {
    const normal = normaliseContraction(part);
    // A sum of nothing is no product, whatever is left out.
    const plain = without.has('small-products') && product(normal.k) > 0 ? undefined : degenerate(normal);
    return plain === undefined ? [normal] : parts(plain, without);
  });
}

/** How a product is computed: without packing, with windows or taps that are read where they lie or from a copy, with one operand that is packed for all, or in blocks of which each packs its own. */
export function cutContraction(
  { buffers, tilesFor, without }: Pick<Building, 'buffers' | 'tilesFor' | 'without'>,
  kernel: ContractionKernel,
): SlidingProduct | TapProduct | WindowProduct | SharedProduct | Blocks {
  const readsWindows = !without.has('window-products');
  const taps = readsWindows ? readAtTaps(kernel, buffers) : undefined;
  const sliding = without.has('sliding-products') ? undefined : slidingProduct(kernel, buffers);
  if (sliding !== undefined && (taps === undefined || tapsShare(taps) <= shareOf(sliding))) return sliding;
  const tiles = tilesFor(kernel);
  const windows = readsWindows ? windowProduct(kernel, tiles, buffers) : undefined;
  if (windows !== undefined) return windows;
  // What would slide otherwise is not packed.
  const packed = sliding === undefined ? packedCost(kernel, tiles) : Infinity;
  const gathered = taps === undefined ? undefined : tapProduct(taps, tiles, packed);
  if (gathered !== undefined) return gathered;
  return packedProduct({ tilesFor, without }, kernel);
}

/** The product of packed operands. */
export function packedProduct(
  { tilesFor, without }: Pick<Building, 'tilesFor' | 'without'>,
  kernel: ContractionKernel,
): SharedProduct | Blocks {
  const tiled = chooseTile(kernel, tilesFor(kernel));
  return without.has('packing-once') ? blocksOf(tiled, 512) : cutProduct(tiled);
}

function outputAxes(kernel: Kernel): readonly Axis[] {
  if (kernel.kind === 'contraction') return [...kernel.batch, ...kernel.m, ...kernel.n];
  if (kernel.kind === 'scatter') return [...kernel.outer, kernel.target, ...kernel.inner, ...kernel.row];
  if (kernel.kind === 'cumulative' || kernel.kind === 'sort') return [...kernel.outer, kernel.axis, ...kernel.inner];
  return kernel.axes;
}
