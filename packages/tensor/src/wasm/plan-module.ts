/**
 * A plan as one module: a function per kernel over a range of its grid, and the driver `run` that calls them in order. Where there are threads, it has them
 * share the work of what is large.
 */
import type { Axis } from '../compiler/index-expression.ts';
import type { CopyKernel, Kernel, Loop, Parts, Plan, PlanStep, Rows } from '../compiler/kernel.ts';
import { AxisValues, bufferStart, type KernelContext, type PlanLayout } from './address.ts';
import { product } from './blocks.ts';
import { degenerate, emitContraction, normaliseContraction } from './contraction.ts';
import { emitCumulative } from './cumulative.ts';
import { mostChunks, mostJobs } from './control.ts';
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
import { buildSharing, chunksOf, type Job, type Portion } from './sharing.ts';
import { emitSort, sortedRows } from './sort.ts';
import { nanosecondsOf } from './work.ts';

export interface PlanFunctions {
  /** Takes the address of the scratch memory. */
  readonly run: WasmFunction;
  /** What other threads call; undefined where there is nothing to share. */
  readonly help: WasmFunction | undefined;
  readonly functions: readonly WasmFunction[];
  readonly kernelCount: number;
  /** Bytes of scratch memory that each thread of a run needs. */
  readonly scratchBytes: number;
  /** Nanoseconds of the work that threads share, roughly. */
  readonly sharedWork: number;
}

/** `plan` is the number under which threads know the plan; without one it is for one thread alone. */
export function buildPlan(
  plan: Plan,
  layout: PlanLayout,
  tables: Tables,
  relaxed: boolean,
  number?: number,
): PlanFunctions {
  const building = new PlanBuilding(layout, tables, relaxed);
  building.prepare(plan.kernels);
  return building.drive(plan.kernels, number);
}

/** A function over the grid of a kernel, none of whose units depends on another. */
interface Part {
  /** Takes the begin and end of a part of the grid, and the address of scratch memory. */
  readonly target: WasmFunction;
  readonly grid: number;
  readonly nanoseconds: number;
}

/** The functions of a step: parts that may run in any order, or plain calls in theirs. */
type Prepared = { readonly parts: readonly Part[] } | { readonly calls: readonly WasmFunction[] };

/** Work below which a step stays on one thread, of which a chunk has at least as much, and from which on helpers are woken, in nanoseconds. */
const leastShared = 15_000;
const leastChunk = 6_000;
const leastAwake = 150_000;
/** Chunks of a step, about: enough for threads that are put aside for a while to leave work to others. */
const usualChunks = 48;

class PlanBuilding {
  readonly #driver = new FunctionBuilder('run');
  readonly #functions: WasmFunction[] = [];
  readonly #prepared = new Map<PlanStep, Prepared>();
  readonly #jobs: Job[] = [];
  readonly #scratch: Value;
  readonly #layout: PlanLayout;
  readonly #tables: Tables;
  readonly #relaxed: boolean;
  #kernelCount = 0;
  #scratchBytes = 0;
  #sharedWork = 0;
  #gemm: WasmFunction | undefined;

  constructor(layout: PlanLayout, tables: Tables, relaxed: boolean) {
    this.#layout = layout;
    this.#tables = tables;
    this.#relaxed = relaxed;
    this.#scratch = this.#driver.parameter('scratch');
  }

  /** Makes the functions of all steps. */
  prepare(steps: readonly PlanStep[]): void {
    for (const step of steps) {
      if (step.kind === 'loop') this.prepare(step.kernels);
      else if (step.kind === 'copy') this.#prepared.set(step, { calls: this.#copies(step) });
      else this.#prepared.set(step, { parts: this.#partsOf(step) });
    }
  }

  /** The driver of the steps, after all of them have been prepared. */
  drive(steps: readonly PlanStep[], number: number | undefined): PlanFunctions {
    const shared = new Map<Prepared, { readonly job: number; readonly wake: boolean }>();
    for (const prepared of number === undefined ? [] : this.#prepared.values()) {
      const work = 'parts' in prepared ? prepared.parts.reduce((total, part) => total + part.nanoseconds, 0) : 0;
      const portions = 'parts' in prepared && work >= leastShared ? portionsOf(prepared.parts, work) : [];
      if (portions.length === 0 || this.#jobs.length === mostJobs) continue;
      shared.set(prepared, { job: this.#jobs.push(portions) - 1, wake: work >= leastAwake });
      this.#sharedWork += work;
    }
    const scratchBytes = Math.ceil(this.#scratchBytes / 256) * 256;
    const sharing =
      number === undefined || shared.size === 0 ? undefined : buildSharing(number, this.#jobs, scratchBytes);
    this.#steps(steps, new Map(), (prepared) => {
      const driver = this.#driver;
      const known = shared.get(prepared);
      if (known !== undefined && sharing !== undefined) {
        const chunks = (this.#jobs[known.job] ?? []).reduce((total, portion) => total + chunksOf(portion), 0);
        const numbers = [known.job, chunks, Number(known.wake)].map((value) => driver.i32(value));
        driver.call(sharing.share, ...numbers, this.#scratch);
      } else if ('calls' in prepared) for (const target of prepared.calls) driver.call(target);
      else
        for (const { target, grid } of prepared.parts)
          driver.call(target, driver.i32(0), driver.i32(grid), this.#scratch);
    });
    return {
      run: this.#driver.finish(),
      help: sharing?.help,
      functions: this.#functions,
      kernelCount: this.#kernelCount,
      scratchBytes,
      sharedWork: this.#sharedWork,
    };
  }

  /** `parts` are the addresses of those parts of buffers that the loops around have reached. */
  #steps(steps: readonly PlanStep[], parts: ReadonlyMap<number, Value>, issue: (prepared: Prepared) => void): void {
    for (const step of steps) {
      if (step.kind === 'loop') this.#loop(step, parts, issue);
      else {
        const prepared = this.#prepared.get(step);
        if (prepared !== undefined) issue(prepared);
      }
    }
  }

  #loop(
    { name, length, reverse, until, parts: moving, kernels }: Loop,
    around: ReadonlyMap<number, Value>,
    issue: (prepared: Prepared) => void,
  ): void {
    const driver = this.#driver;
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
        this.#steps(kernels, parts, issue);
      };
      if (until === undefined) once();
      else driver.if(this.#flag(until, around), once);
    });
  }

  /** The first element of a buffer as it is then. */
  #flag(buffer: number, parts: ReadonlyMap<number, Value>): Value {
    const driver = this.#driver;
    const part = parts.get(buffer);
    const { pointer, constant } =
      part === undefined
        ? bufferStart({ fb: driver, layout: this.#layout, relaxed: this.#relaxed }, buffer)
        : { pointer: part, constant: 0 };
    return driver.load(op.i32Load, { base: pointer, offset: constant }, true);
  }

  #finish(fb: FunctionBuilder): WasmFunction {
    const target = fb.finish();
    this.#functions.push(target);
    return target;
  }

  #copies({ name, pieces }: CopyKernel): WasmFunction[] {
    const position = this.#kernelCount++;
    const functions: WasmFunction[] = [];
    for (let first = 0; first < pieces.length; first += piecesPerFunction) {
      const fb = new FunctionBuilder(`${position} ${name}`);
      emitPieces({ fb, relaxed: this.#relaxed, layout: this.#layout }, pieces.slice(first, first + piecesPerFunction));
      functions.push(this.#finish(fb));
    }
    return functions;
  }

  #partsOf(step: Kernel | Parts | Rows): Part[] {
    const kernels = step.kind === 'parts' ? step.kernels : step.kind === 'rows' ? step.phases : [step];
    const running = kernels.filter((kernel) => product(outputAxes(kernel)) > 0);
    if (running.length === 0) return [];
    const position = this.#kernelCount++;
    if (step.kind === 'rows') return this.#rows(step, running as Phase[], `${position} ${step.name}`);
    // A kernel is a call, so that nothing is saved by calling several at once; they count as what they are on other devices.
    return running.flatMap((kernel) => this.#functionsOf(kernel, `${position} ${kernel.name}`));
  }

  /** A few rows at a time, which stay in the cache through all phases. */
  #rows({ row }: Rows, phases: readonly Phase[], name: string): Part[] {
    return blocksOfRows(row, phases).map(({ block, kernels }) => {
      const rows = new FunctionBuilder(name);
      const begin = rows.parameter('begin');
      const end = rows.parameter('end');
      rows.parameter('scratch');
      rows.loop(begin, end, { role: 'grid', name: 'rows' }, (at) => {
        for (const kernel of kernels) {
          for (const part of parts(kernel) as readonly Phase[]) {
            if (product(part.axes) === 0) continue;
            const fb = new FunctionBuilder(name);
            const context = { fb, relaxed: this.#relaxed, layout: this.#layout, tables: this.#tables };
            const start = new AxisValues(context).with(block, fb.parameter('block'));
            if (part.kind === 'map') emitMap(context, part, undefined, start);
            else emitReduce(context, part, undefined, start);
            rows.call(this.#finish(fb), at);
          }
        }
      });
      const nanoseconds = kernels.reduce((total, kernel) => total + nanosecondsOf(kernel), 0);
      return { target: this.#finish(rows), grid: block.extent, nanoseconds: block.extent * nanoseconds };
    });
  }

  #functionsOf(original: Kernel, name: string): Part[] {
    return parts(original).flatMap((kernel): Part[] => {
      if (product(outputAxes(kernel)) === 0) return [];
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
        this.#scratchBytes = Math.max(this.#scratchBytes, sortedRows(kernel).bytes);
      } else if (kernel.kind === 'scatter') {
        const schedule = emitScatter(context, kernel, { begin, end }, scratch);
        grid = schedule.grid;
        this.#scratchBytes = Math.max(this.#scratchBytes, schedule.scratchBytes);
      } else {
        this.#gemm ??= buildGemm(this.#relaxed);
        const schedule = emitContraction(context, this.#gemm, kernel, begin, end, scratch);
        grid = schedule.grid;
        this.#scratchBytes = Math.max(this.#scratchBytes, schedule.scratchBytes);
      }
      return [{ target: this.#finish(fb), grid, nanoseconds: nanosecondsOf(kernel) }];
    });
  }
}

/** The chunks in which parts with as much work together are shared; none where there would be no second. */
function portionsOf(parts: readonly Part[], work: number): Job {
  const least = Math.max(leastChunk, work / usualChunks);
  const job = parts.map(({ target, grid, nanoseconds }): Portion => {
    const chunks = Math.min(grid, Math.max(1, Math.floor(nanoseconds / least)));
    return { target, grid, size: Math.ceil(grid / chunks) };
  });
  const chunks = job.reduce((total, portion) => total + chunksOf(portion), 0);
  return chunks > 1 && chunks <= mostChunks ? job : [];
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
