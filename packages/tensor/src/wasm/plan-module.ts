/** A plan as one module: a function per kernel over a range of its grid, and the driver `run` that calls them in order. */
import type { Axis } from '../compiler/index-expression.ts';
import type { CopyKernel, Kernel, Loop, Parts, Plan, PlanStep, Rows } from '../compiler/kernel.ts';
import { AxisValues, bufferStart, type KernelContext, type PlanLayout } from './address.ts';
import { product } from './blocks.ts';
import { degenerate, emitContraction, normaliseContraction } from './contraction.ts';
import { emitCumulative } from './cumulative.ts';
import { FunctionBuilder } from './function-builder.ts';
import { buildGemm } from './gemm.ts';
import type { Value, WasmFunction } from './ir.ts';
import { emitMap } from './map.ts';
import { op } from './opcodes.ts';
import type { Tables } from './packing-context.ts';
import { emitReduce } from './reduce.ts';
import { splitMap } from './pieces.ts';
import { blocksOfRows, type Phase } from './rows.ts';
import { emitScatter } from './scatter.ts';
import { splitContraction, splitReduction } from './residues.ts';
import { emitSort, sortedRows } from './sort.ts';

export interface PlanFunctions {
  /** Takes the address of the scratch memory. */
  readonly run: WasmFunction;
  readonly functions: readonly WasmFunction[];
  readonly kernelCount: number;
  /** Bytes of scratch memory that a run needs. */
  readonly scratchBytes: number;
}

export function buildPlan(plan: Plan, layout: PlanLayout, tables: Tables, relaxed: boolean): PlanFunctions {
  const building = new PlanBuilding(layout, tables, relaxed);
  building.steps(plan.kernels, new Map());
  const { driver, functions, kernelCount, scratchBytes } = building;
  return { run: driver.finish(), functions, kernelCount, scratchBytes };
}

class PlanBuilding {
  readonly driver = new FunctionBuilder('run');
  readonly functions: WasmFunction[] = [];
  kernelCount = 0;
  scratchBytes = 0;
  readonly #scratch: Value;
  readonly #layout: PlanLayout;
  readonly #tables: Tables;
  readonly #relaxed: boolean;
  #gemm: WasmFunction | undefined;

  constructor(layout: PlanLayout, tables: Tables, relaxed: boolean) {
    this.#layout = layout;
    this.#tables = tables;
    this.#relaxed = relaxed;
    this.#scratch = this.driver.parameter('scratch');
  }

  /** `parts` are the addresses of those parts of buffers that the loops around have reached. */
  steps(steps: readonly PlanStep[], parts: ReadonlyMap<number, Value>): void {
    for (const step of steps) {
      if (step.kind === 'loop') this.#loop(step, parts);
      else if (step.kind === 'copy') this.#copy(step);
      else if (step.kind === 'parts') this.#parts(step);
      else if (step.kind === 'rows') this.#rows(step);
      else this.#kernel(step);
    }
  }

  #loop({ name, length, reverse, until, parts: moving, kernels }: Loop, around: ReadonlyMap<number, Value>): void {
    const { driver } = this;
    const layout = this.#layout;
    driver.note(name);
    driver.loop(driver.i32(0), driver.i32(length), { name: 'step' }, (step) => {
      const once = (): void => {
        const position = reverse ? driver.sub(driver.i32(length - 1), step) : step;
        const parts = new Map(around);
        for (const part of moving) {
          const { position: whole = -1, size = 0 } = layout.buffers[part] ?? {};
          const known = parts.get(whole);
          const { pointer, constant } =
            known === undefined
              ? bufferStart({ fb: driver, layout, relaxed: this.#relaxed }, whole)
              : { pointer: known, constant: 0 };
          const address = driver.add(driver.add(pointer, constant), driver.mul(position, 4 * size));
          parts.set(part, address);
          driver.store(op.i32Store, { base: driver.i32(0), offset: layout.parts + 4 * part }, address);
        }
        this.steps(kernels, parts);
      };
      if (until === undefined) once();
      else driver.if(this.#flag(until, around), once);
    });
  }

  /** The first element of a buffer as it is then. */
  #flag(buffer: number, parts: ReadonlyMap<number, Value>): Value {
    const { driver } = this;
    const part = parts.get(buffer);
    const { pointer, constant } =
      part === undefined
        ? bufferStart({ fb: driver, layout: this.#layout, relaxed: this.#relaxed }, buffer)
        : { pointer: part, constant: 0 };
    return driver.load(op.i32Load, { base: pointer, offset: constant }, true);
  }

  #call(target: WasmFunction, ...args: Value[]): void {
    this.functions.push(target);
    this.driver.call(target, ...args);
  }

  #copy({ name, pieces }: CopyKernel): void {
    const position = this.kernelCount++;
    for (let first = 0; first < pieces.length; first += piecesPerFunction) {
      const fb = new FunctionBuilder(`${position} ${name}`);
      emitPieces({ fb, relaxed: this.#relaxed, layout: this.#layout }, pieces.slice(first, first + piecesPerFunction));
      this.#call(fb.finish());
    }
  }

  /** A kernel is a call, so that nothing is saved by calling several at once; they count as what they are on other devices. */
  #parts({ kernels }: Parts): void {
    const running = kernels.filter((kernel) => product(outputAxes(kernel)) > 0);
    if (running.length === 0) return;
    const position = this.kernelCount++;
    for (const kernel of running) this.#functionsOf(kernel, `${position} ${kernel.name}`);
  }

  /** A few rows at a time, which stay in the cache through all phases. */
  #rows({ name, row, phases }: Rows): void {
    const running = phases.filter((phase) => product(phase.axes) > 0);
    if (running.length === 0) return;
    const { driver } = this;
    const position = this.kernelCount++;
    for (const { block, kernels } of blocksOfRows(row, running)) {
      driver.loop(driver.i32(0), driver.i32(block.extent), { name: 'rows' }, (at) => {
        for (const kernel of kernels) {
          for (const part of parts(kernel) as readonly Phase[]) {
            if (product(part.axes) === 0) continue;
            const fb = new FunctionBuilder(`${position} ${name}`);
            const context = { fb, relaxed: this.#relaxed, layout: this.#layout, tables: this.#tables };
            const start = new AxisValues(context).with(block, fb.parameter('block'));
            if (part.kind === 'map') emitMap(context, part, undefined, start);
            else emitReduce(context, part, undefined, start);
            this.#call(fb.finish(), at);
          }
        }
      });
    }
  }

  #kernel(kernel: Kernel): void {
    if (product(outputAxes(kernel)) > 0) this.#functionsOf(kernel, `${this.kernelCount++} ${kernel.name}`);
  }

  #functionsOf(original: Kernel, name: string): void {
    const { driver } = this;
    for (const kernel of parts(original)) {
      if (product(outputAxes(kernel)) === 0) continue;
      const fb = new FunctionBuilder(name);
      const context = { fb, relaxed: this.#relaxed, layout: this.#layout, tables: this.#tables };
      const begin = fb.parameter('begin');
      const end = fb.parameter('end');
      const scratch = fb.parameter('scratch');
      let grid: number;
      if (kernel.kind === 'map') grid = emitMap(context, kernel, { begin, end });
      else if (kernel.kind === 'reduce') grid = emitReduce(context, kernel, { begin, end });
      else if (kernel.kind === 'cumulative') grid = emitCumulative(context, kernel, begin, end);
      else if (kernel.kind === 'sort') {
        grid = emitSort(context, kernel, begin, end, scratch);
        this.scratchBytes = Math.max(this.scratchBytes, sortedRows(kernel).bytes);
      } else if (kernel.kind === 'scatter') {
        const schedule = emitScatter(context, kernel, { begin, end }, scratch);
        grid = schedule.grid;
        this.scratchBytes = Math.max(this.scratchBytes, schedule.scratchBytes);
      } else {
        this.#gemm ??= buildGemm(this.#relaxed);
        const schedule = emitContraction(context, this.#gemm, kernel, begin, end, scratch);
        grid = schedule.grid;
        this.scratchBytes = Math.max(this.scratchBytes, schedule.scratchBytes);
      }
      this.#call(fb.finish(), driver.i32(0), driver.i32(grid), this.#scratch);
    }
  }
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
