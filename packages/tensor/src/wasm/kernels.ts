/** Kernels as functions over ranges of their outermost loop. What they are bound to stands in slots, so that kernels with equal keys share their functions. */
import type { Axis } from '../compiler/index-expression.ts';
import type { Kernel, PlanBuffer, Rows } from '../compiler/kernel.ts';
import { AxisValues, type KernelContext } from './address.ts';
import type { Bindings } from './bindings.ts';
import { product } from './blocks.ts';
import { degenerate, emitContraction, normaliseContraction } from './contraction.ts';
import { emitCumulative } from './cumulative.ts';
import { FunctionBuilder } from './function-builder.ts';
import type { WasmFunction } from './ir.ts';
import { emitMap } from './map.ts';
import { splitMap } from './pieces.ts';
import { emitReduce } from './reduce.ts';
import { splitContraction, splitReduction } from './residues.ts';
import { blocksOfRows, type Phase } from './rows.ts';
import { emitScatter } from './scatter.ts';
import { emitSort, sortedRows } from './sort.ts';
import { nanosecondsOf } from './work.ts';

/** A function over the grid of a kernel, none of whose units depends on another. */
export interface KernelPart {
  /** Takes the begin and end of a part of the grid, and the address of scratch memory. */
  readonly target: WasmFunction;
  readonly grid: number;
  /** That it takes on one thread, roughly. */
  readonly nanoseconds: number;
}

/** The code of a kernel. */
export interface KernelCode {
  /** They may run in any order. */
  readonly parts: readonly KernelPart[];
  readonly scratchBytes: number;
}

/** What all kernels share. */
export interface Building {
  /** Those of the plan. */
  readonly buffers: readonly PlanBuffer[];
  readonly bindings: Bindings;
  readonly relaxed: boolean;
  readonly gemm: () => WasmFunction;
}

export function buildKernel(building: Building, kernel: Kernel | Rows): KernelCode {
  if (kernel.kind === 'rows') return { parts: rowsParts(building, kernel), scratchBytes: 0 };
  let scratchBytes = 0;
  const built = parts(kernel).flatMap((part): KernelPart[] => {
    if (product(outputAxes(part)) === 0) return [];
    const fb = new FunctionBuilder(kernel.name);
    const { relaxed, buffers, bindings } = building;
    const context = { fb, relaxed, buffers, bindings };
    const { grid, scratch } = emit(context, building, part);
    scratchBytes = Math.max(scratchBytes, scratch);
    return [{ target: fb.finish(), grid, nanoseconds: nanosecondsOf(part) }];
  });
  return { parts: built, scratchBytes };
}

function emit(context: KernelContext, { gemm }: Building, kernel: Kernel): { grid: number; scratch: number } {
  const { fb } = context;
  const begin = fb.parameter('begin');
  const end = fb.parameter('end');
  const scratch = fb.parameter('scratch');
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
    case 'contraction': {
      const { grid, scratchBytes } = emitContraction(context, gemm(), kernel, begin, end, scratch);
      return { grid, scratch: scratchBytes };
    }
  }
}

/** A few rows at a time, which stay in the cache through all phases. */
function rowsParts({ buffers, relaxed, bindings }: Building, { name, row, phases }: Rows): KernelPart[] {
  const running = phases.filter((phase) => product(phase.axes) > 0);
  return blocksOfRows(row, running).map(({ block, kernels }) => {
    const rows = new FunctionBuilder(name);
    const [begin, end] = [rows.parameter('begin'), rows.parameter('end')];
    rows.parameter('scratch');
    rows.loop(begin, end, { role: 'grid', name: 'rows' }, (at) => {
      for (const kernel of kernels) {
        for (const part of parts(kernel) as readonly Phase[]) {
          if (product(part.axes) === 0) continue;
          const fb = new FunctionBuilder(name);
          const context = { fb, relaxed, buffers, bindings };
          const start = new AxisValues(context).with(block, fb.parameter('block'));
          if (part.kind === 'map') emitMap(context, part, undefined, start);
          else emitReduce(context, part, undefined, start);
          rows.call(fb.finish(), at);
        }
      }
    });
    const nanoseconds = kernels.reduce((total, kernel) => total + nanosecondsOf(kernel), 0);
    return { target: rows.finish(), grid: block.extent, nanoseconds: block.extent * nanoseconds };
  });
}

/** Whether there is nothing to compute. */
export function isEmpty(kernel: Kernel | Rows): boolean {
  return kernel.kind === 'rows' ? kernel.phases.every(isEmpty) : product(outputAxes(kernel)) === 0;
}

/** The kernels that a kernel is run as. */
function parts(kernel: Kernel): readonly Kernel[] {
  if (kernel.kind === 'map') return splitMap(kernel);
  if (kernel.kind === 'reduce') return splitReduction(kernel);
  if (kernel.kind !== 'contraction') return [kernel];
  return splitContraction(kernel).flatMap((part) => {
    const normal = normaliseContraction(part);
    const plain = degenerate(normal);
    return plain === undefined ? [normal] : parts(plain);
  });
}

function outputAxes(kernel: Kernel): readonly Axis[] {
  if (kernel.kind === 'contraction') return [...kernel.batch, ...kernel.m, ...kernel.n];
  if (kernel.kind === 'scatter') return [...kernel.outer, kernel.target, ...kernel.inner, ...kernel.row];
  if (kernel.kind === 'cumulative' || kernel.kind === 'sort') return [...kernel.outer, kernel.axis, ...kernel.inner];
  return kernel.axes;
}
