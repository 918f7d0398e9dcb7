/** A plan as one module: a function per kernel over a range of its grid, and the driver `run` that calls them in order. */
import type { Axis } from '../compiler/index-expression.ts';
import type { Kernel, Plan } from '../compiler/kernel.ts';
import type { PlanLayout } from './address.ts';
import { product } from './blocks.ts';
import { degenerate, emitContraction, normaliseContraction } from './contraction.ts';
import { buildGemm } from './gemm.ts';
import { FunctionBuilder, type WasmFunction } from './ir.ts';
import { emitMap } from './map.ts';
import type { Tables } from './packing.ts';
import { emitReduce } from './reduce.ts';

export interface PlanFunctions {
  /** Takes the address of the scratch memory. */
  readonly run: WasmFunction;
  readonly kernels: readonly WasmFunction[];
  /** Bytes of scratch memory that a run needs. */
  readonly scratchBytes: number;
}

export function buildPlan(plan: Plan, layout: PlanLayout, tables: Tables, relaxed: boolean): PlanFunctions {
  const driver = new FunctionBuilder('run');
  const driverScratch = driver.parameter('scratch');
  const kernels: WasmFunction[] = [];
  let scratchBytes = 0;
  let gemm: WasmFunction | undefined;
  plan.kernels.forEach((original, position) => {
    if (product(outputAxes(original)) === 0) return;
    const fb = new FunctionBuilder(`${position} ${original.name}`);
    const context = { fb, relaxed, layout, tables };
    const begin = fb.parameter('begin');
    const end = fb.parameter('end');
    const scratch = fb.parameter('scratch');
    let kernel = original;
    if (kernel.kind === 'contraction') {
      const normal = normaliseContraction(kernel);
      kernel = degenerate(normal) ?? normal;
    }
    let grid: number;
    if (kernel.kind === 'map') grid = emitMap(context, kernel, begin, end);
    else if (kernel.kind === 'reduce') grid = emitReduce(context, kernel, begin, end);
    else {
      gemm ??= buildGemm(relaxed);
      const schedule = emitContraction(context, gemm, kernel, begin, end, scratch);
      grid = schedule.grid;
      scratchBytes = Math.max(scratchBytes, schedule.scratchBytes);
    }
    const target = fb.finish();
    kernels.push(target);
    driver.call(target, driver.i32(0), driver.i32(grid), driverScratch);
  });
  return { run: driver.finish(), kernels, scratchBytes };
}

function outputAxes(kernel: Kernel): readonly Axis[] {
  return kernel.kind === 'contraction' ? [...kernel.batch, ...kernel.m, ...kernel.n] : kernel.axes;
}
