/** A plan as one module: a function per kernel over a range of its grid, and the driver `run` that calls them in order. */
import type { Axis } from '../compiler/index-expression.ts';
import type { CopyKernel, Kernel, Plan } from '../compiler/kernel.ts';
import { bufferStart, type KernelContext, type PlanLayout } from './address.ts';
import { product } from './blocks.ts';
import { degenerate, emitContraction, normaliseContraction } from './contraction.ts';
import { FunctionBuilder } from './function-builder.ts';
import { buildGemm } from './gemm.ts';
import type { Value, WasmFunction } from './ir.ts';
import { emitMap } from './map.ts';
import type { Tables } from './packing-context.ts';
import { emitReduce } from './reduce.ts';
import { emitScatter, emitScatterLists, listsOf } from './scatter.ts';
import { splitContraction, splitReduction } from './residues.ts';

export interface PlanFunctions {
  /** Takes the address of the scratch memory. */
  readonly run: WasmFunction;
  readonly functions: readonly WasmFunction[];
  readonly kernelCount: number;
  /** Bytes of scratch memory that a run needs. */
  readonly scratchBytes: number;
}

export function buildPlan(plan: Plan, layout: PlanLayout, tables: Tables, relaxed: boolean): PlanFunctions {
  const driver = new FunctionBuilder('run');
  const driverScratch = driver.parameter('scratch');
  const functions: WasmFunction[] = [];
  let scratchBytes = 0;
  let gemm: WasmFunction | undefined;
  let kernelCount = 0;
  plan.kernels.forEach((original, position) => {
    if (original.kind === 'copy') {
      kernelCount++;
      for (let first = 0; first < original.pieces.length; first += piecesPerFunction) {
        const fb = new FunctionBuilder(`${position} ${original.name}`);
        emitPieces({ fb, relaxed, layout }, original.pieces.slice(first, first + piecesPerFunction));
        const target = fb.finish();
        functions.push(target);
        driver.call(target);
      }
      return;
    }
    if (product(outputAxes(original)) === 0) return;
    kernelCount++;
    for (const kernel of parts(original)) {
      if (product(outputAxes(kernel)) === 0) continue;
      const fb = new FunctionBuilder(`${position} ${original.name}`);
      const context = { fb, relaxed, layout, tables };
      const begin = fb.parameter('begin');
      const end = fb.parameter('end');
      const scratch = fb.parameter('scratch');
      let grid: number;
      if (kernel.kind === 'map') grid = emitMap(context, kernel, begin, end);
      else if (kernel.kind === 'reduce') grid = emitReduce(context, kernel, begin, end);
      else if (kernel.kind === 'scatter') {
        const lists = new FunctionBuilder(`${position} ${original.name}: lists`);
        emitScatterLists({ ...context, fb: lists }, kernel, lists.parameter('scratch'));
        const makeLists = lists.finish();
        functions.push(makeLists);
        driver.call(makeLists, driverScratch);
        grid = emitScatter(context, kernel, begin, end, scratch);
        scratchBytes = Math.max(scratchBytes, listsOf(kernel).bytes);
      } else {
        gemm ??= buildGemm(relaxed);
        const schedule = emitContraction(context, gemm, kernel, begin, end, scratch);
        grid = schedule.grid;
        scratchBytes = Math.max(scratchBytes, schedule.scratchBytes);
      }
      const target = fb.finish();
      functions.push(target);
      driver.call(target, driver.i32(0), driver.i32(grid), driverScratch);
    }
  });
  return { run: driver.finish(), functions, kernelCount, scratchBytes };
}

/** Copies in one function: large ones take longer to compile. */
const piecesPerFunction = 256;

function emitPieces(context: KernelContext, pieces: CopyKernel['pieces']): void {
  const { fb } = context;
  const address = (buffer: number, index: number): Value => {
    const { pointer, constant } = bufferStart(context, buffer);
    return fb.add(pointer, constant + 4 * index);
  };
  for (const { from, fromIndex, to, toIndex, size } of pieces)
    fb.copy(address(to, toIndex), address(from, fromIndex), fb.i32(4 * size));
}

/** The kernels that a kernel is run as. */
function parts(kernel: Kernel): readonly Kernel[] {
  if (kernel.kind === 'map' || kernel.kind === 'scatter') return [kernel];
  if (kernel.kind === 'reduce') return splitReduction(kernel);
  return splitContraction(kernel).map((part) => {
    const normal = normaliseContraction(part);
    return degenerate(normal) ?? normal;
  });
}

function outputAxes(kernel: Kernel): readonly Axis[] {
  if (kernel.kind === 'contraction') return [...kernel.batch, ...kernel.m, ...kernel.n];
  if (kernel.kind === 'scatter') return [...kernel.outer, kernel.target, ...kernel.inner, ...kernel.row];
  return kernel.axes;
}
