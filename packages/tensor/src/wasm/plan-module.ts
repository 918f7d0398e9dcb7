/**
 * A plan as one module: a function per kernel over a range of its grid, and the driver `run` that calls them in order. Where there are threads, it has them
 * share the work of what is large.
 */
import type { Batches, CopyKernel, Kernel, Loop, Parts, Plan, PlanStep, Rows } from '../compiler/kernel.ts';
import { bufferAddress, type PlanLayout } from './address.ts';
import type { Bindings, Slot } from './bindings.ts';
import { mostChunks, mostJobs } from './control.ts';
import { FunctionBuilder } from './function-builder.ts';
import type { Value, WasmFunction } from './ir.ts';
import type { KernelCache } from './kernel-cache.ts';
import { kernelKey, type KernelKey } from './kernel-key.ts';
import { isEmpty, type Stage } from './kernels.ts';
import { op } from './opcodes.ts';
import { buildSharing, chunksOf, type Job, type Portion } from './sharing.ts';

/** Constant tables of a plan. */
export interface Tables {
  /** The address at which the table lies from now on. */
  add(data: Int32Array<ArrayBuffer>): number;
}

export interface PlanFunctions {
  /** Takes the address of the scratch memory of its thread. */
  readonly run: WasmFunction;
  /** What other threads call; undefined where there is nothing to share. */
  readonly help: WasmFunction | undefined;
  readonly functions: readonly WasmFunction[];
  readonly kernelCount: number;
  /** Bytes of memory for what all threads read, at the begin of scratch memory. */
  readonly packedBytes: number;
  /** Bytes of scratch memory that each thread of a run needs, behind that. */
  readonly scratchBytes: number;
  /** Nanoseconds of the work that threads share, roughly. */
  readonly sharedWork: number;
}

/** How threads share the plan. */
export interface PlanThreads {
  /** The number under which they know it. */
  readonly number: number;
  /** Nanoseconds of work that a chunk has at least. */
  readonly leastChunk: number;
}

/** Without `threads` the plan is for one thread alone. With `isTimed` the driver calls the imported `mark(step)` before each step, numbered as {@link innerSteps} lists them, and mark(−1) after the last. */
export function buildPlan(
  plan: Plan,
  layout: PlanLayout,
  tables: Tables,
  code: KernelCache,
  threads?: PlanThreads,
  isTimed = false,
): PlanFunctions {
  const building = new PlanBuilding(layout, tables, code, isTimed);
  building.prepare(plan.kernels);
  return building.drive(plan.kernels, threads);
}

/** Work from which on helpers are woken for a step, in least chunks. */
const wakingChunks = 25;
/** Chunks of a step, about: enough for threads that are put aside for a while to leave work to others. */
const usualChunks = 48;

class PlanBuilding {
  readonly #driver = new FunctionBuilder('run');
  readonly #functions: WasmFunction[] = [];
  /** The stages of each step, one after the other. */
  readonly #prepared = new Map<PlanStep, readonly Stage[]>();
  readonly #jobs: Job[] = [];
  readonly #scratch: Value;
  readonly #mark: WasmFunction | undefined;
  readonly #layout: PlanLayout;
  readonly #code: KernelCache;
  /** Of this plan alone. */
  readonly #bindings: Bindings;
  #kernelCount = 0;
  #scratchBytes = 0;
  #packedBytes = 0;
  #sharedWork = 0;

  constructor(layout: PlanLayout, tables: Tables, code: KernelCache, isTimed: boolean) {
    this.#layout = layout;
    if (isTimed) this.#mark = importedMark();
    this.#code = code;
    this.#bindings = {
      buffer: (fb, buffer) => bufferAddress(fb, layout, buffer),
      scalar: (fb, scalar) => fb.i32(layout.scalars + 4 * scalar),
      table: (fb, data) => fb.i32(tables.add(data)),
    };
    this.#scratch = this.#driver.parameter('scratch');
  }

  /** Makes the functions of all steps. */
  prepare(steps: readonly PlanStep[]): void {
    for (const step of steps) {
      if (step.kind === 'loop') this.prepare(step.kernels);
      else this.#prepared.set(step, step.kind === 'copy' ? this.#copies(step) : this.#stagesOf(step));
    }
  }

  /** The driver of the steps, after all of them have been prepared. */
  drive(steps: readonly PlanStep[], threads: PlanThreads | undefined): PlanFunctions {
    const shared = new Map<Stage, { readonly job: number; readonly wake: boolean }>();
    for (const stage of [...this.#prepared.values()].flat()) {
      const work = stage.reduce((total, part) => total + part.nanoseconds, 0);
      const portions = threads === undefined ? [] : portionsOf(stage, work, threads.leastChunk);
      if (portions.length === 0 || this.#jobs.length === mostJobs) continue;
      shared.set(stage, {
        job: this.#jobs.push(portions) - 1,
        wake: work >= wakingChunks * (threads?.leastChunk ?? 0),
      });
      this.#sharedWork += work;
    }
    const packedBytes = Math.ceil(this.#packedBytes / 256) * 256;
    const scratchBytes = Math.ceil(this.#scratchBytes / 256) * 256;
    const memory = { begin: packedBytes, stride: scratchBytes };
    const sharing =
      threads === undefined || shared.size === 0 ? undefined : buildSharing(threads.number, this.#jobs, memory);
    const driver = this.#driver;
    this.#steps(steps, new Map(), (stage) => {
      const known = shared.get(stage);
      if (known !== undefined && sharing !== undefined) {
        const chunks = (this.#jobs[known.job] ?? []).reduce((total, portion) => total + chunksOf(portion), 0);
        const numbers = [known.job, chunks, Number(known.wake)].map((value) => driver.i32(value));
        driver.call(sharing.share, ...numbers, this.#scratch);
      } else for (const { target, grid } of stage) driver.call(target, driver.i32(0), driver.i32(grid), this.#scratch);
    });
    this.#markStep(-1);
    return {
      run: this.#driver.finish(),
      help: sharing?.help,
      functions: this.#functions,
      kernelCount: this.#kernelCount,
      packedBytes,
      scratchBytes,
      sharedWork: this.#sharedWork,
    };
  }

  /** `parts` are the addresses of those parts of buffers that the loops around have reached. */
  #steps(steps: readonly PlanStep[], parts: ReadonlyMap<number, Value>, issue: (stage: Stage) => void): void {
    for (const step of steps) {
      if (step.kind === 'loop') this.#loop(step, parts, issue);
      else {
        if (this.#mark !== undefined) this.#markStep([...this.#prepared.keys()].indexOf(step));
        for (const stage of this.#prepared.get(step) ?? []) issue(stage);
      }
    }
  }

  #markStep(step: number): void {
    if (this.#mark !== undefined) this.#driver.call(this.#mark, this.#driver.i32(step));
  }

  #loop(
    { name, length, reverse, until, parts: moving, kernels }: Loop,
    around: ReadonlyMap<number, Value>,
    issue: (stage: Stage) => void,
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
          const start = parts.get(whole) ?? bufferAddress(driver, layout, whole);
          const address = driver.add(start, driver.mul(position, 4 * size));
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
    const base = parts.get(buffer) ?? bufferAddress(driver, this.#layout, buffer);
    return driver.load(op.i32Load, { base, offset: 0 }, true);
  }

  #finish(fb: FunctionBuilder): WasmFunction {
    const target = fb.finish();
    this.#functions.push(target);
    return target;
  }

  #copies({ name, pieces }: CopyKernel): Stage[] {
    const position = this.#kernelCount++;
    const stages: Stage[] = [];
    for (let first = 0; first < pieces.length; first += piecesPerFunction) {
      const { fb } = kernelFunction(`${position} ${name}`);
      emitPieces(fb, this.#layout, pieces.slice(first, first + piecesPerFunction));
      stages.push([{ target: this.#finish(fb), grid: 1, nanoseconds: 0 }]);
    }
    return stages;
  }

  /** A kernel is a call, so that nothing is saved by calling several at once; they count as what they are on other devices. */
  #stagesOf(step: Kernel | Parts | Rows | Batches): readonly Stage[] {
    const kernels = step.kind === 'parts' ? step.kernels : [step];
    const running = kernels.filter((kernel) => !isEmpty(kernel));
    if (running.length === 0) return [];
    const position = this.#kernelCount++;
    const all = running.map((kernel) => this.#functionsOf(kernel, `${position} ${kernel.name}`));
    // Kernels that do not depend on one another are one stage.
    return all.length === 1 ? all.flat() : [all.flat(2)];
  }

  /** For each part of the kernel a function that binds its code to this plan. */
  #functionsOf(kernel: Kernel | Rows | Batches, name: string): Stage[] {
    const key = kernelKey(kernel, this.#layout.buffers);
    const code = this.#code.of(kernel, key, this.#layout.buffers, this.#bindings);
    this.#scratchBytes = Math.max(this.#scratchBytes, code.scratchBytes);
    this.#packedBytes = Math.max(this.#packedBytes, code.packedBytes);
    return code.stages.map((stage) =>
      stage.map((part) => {
        const { fb, range } = kernelFunction(name);
        fb.bind(part.target, range, (slot) => this.#addressOf(fb, code.slots[slot], key));
        const target = this.#finish(fb);
        const { extent } = key;
        return code.isUnsized && extent !== undefined
          ? { target, grid: extent.grid, nanoseconds: extent.count * part.nanoseconds }
          : { ...part, target };
      }),
    );
  }

  /** The address, or number, that a slot stands for. */
  #addressOf(fb: FunctionBuilder, slot: Slot | undefined, { buffers, scalars, extent }: KernelKey): Value {
    if (slot === undefined) throw new Error('internal: a kernel reads what it has no slot for');
    if (slot.kind === 'elements') return fb.i32(extent?.count ?? 0);
    if (slot.kind === 'table') return this.#bindings.table(fb, slot.data);
    if (slot.kind === 'buffer') return this.#bindings.buffer(fb, buffers[slot.position] ?? -1);
    return this.#bindings.scalar(fb, scalars[slot.position] ?? -1);
  }
}

function importedMark(): WasmFunction {
  const fb = new FunctionBuilder('mark');
  fb.parameter('step');
  return { ...fb.finish(), isImported: true };
}

/** A function over a part of a grid. */
function kernelFunction(name: string): { readonly fb: FunctionBuilder; readonly range: Value[] } {
  const fb = new FunctionBuilder(name);
  return { fb, range: ['begin', 'end', 'scratch'].map((parameter) => fb.parameter(parameter)) };
}

/** The chunks in which parts with as much work together are shared; none where there would be no second. */
function portionsOf(parts: Stage, work: number, leastChunk: number): Job {
  if (work < 2.5 * leastChunk) return [];
  const least = Math.max(leastChunk, work / usualChunks, 1);
  const job = parts.map(({ target, grid, nanoseconds }): Portion => {
    const chunks = Math.min(grid, Math.max(1, Math.floor(nanoseconds / least)));
    return { target, grid, size: Math.ceil(grid / chunks) };
  });
  const chunks = job.reduce((total, portion) => total + chunksOf(portion), 0);
  return chunks > 1 && chunks <= mostChunks ? job : [];
}

/** Copies in one function: large ones take longer to compile. */
const piecesPerFunction = 256;

function emitPieces(fb: FunctionBuilder, layout: PlanLayout, pieces: CopyKernel['pieces']): void {
  const address = (buffer: number, index: number): Value => fb.add(bufferAddress(fb, layout, buffer), 4 * index);
  for (const { from, fromIndex, to, toIndex, size } of pieces)
    fb.copy(address(to, toIndex), address(from, fromIndex), fb.i32(4 * size));
}
