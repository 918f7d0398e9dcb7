/**
 * A plan as tasks: which functions of the library (library.ts) run in which order over which parts of their grids, and the words in memory that they and other threads read.
 * Nothing of it is code, so that a plan of known kernels is there at once.
 */
import { innerSteps, type Batches, type CopyKernel, type Kernel, type Loop, type Plan, type PlanStep, type Rows } from '../compiler/kernel.ts'; // prettier-ignore
import type { Slot } from './bindings.ts';
import { mostChunks } from './control.ts';
import type { CachedKernel, CodedKernel, KernelCache } from './kernel-cache.ts';
import type { WasmFunction } from './ir.ts';
import { isEmpty } from './kernels.ts';
import type { KernelFunction, LibraryFunction } from './library.ts';
import { sizeIn } from './open.ts';
import { portion, portionWords } from './sharing.ts';

/** What a plan does, in order; addresses are in bytes. */
export type Task =
  | { readonly kind: 'call'; readonly run: KernelFunction; readonly grid: number; readonly frame: number }
  /** What threads share; `wake`: 1 where it is worth waking helpers. */
  | { readonly kind: 'job'; readonly address: number; readonly chunks: number; readonly wake: number }
  | { readonly kind: 'copy'; readonly pieces: CopyKernel['pieces'] }
  /** A step of {@link innerSteps} begins. */
  | { readonly kind: 'mark'; readonly step: number }
  /** What a loop of the plan does in a step. */
  | {
      readonly kind: 'loop';
      readonly loop: Loop;
      readonly parts: readonly MovingPart[];
      readonly tasks: readonly Task[];
    };

/** A part of a buffer that moves on with each step of a loop. */
export interface MovingPart {
  readonly buffer: number;
  readonly whole: number;
  readonly bytes: number;
}

/** How threads share the plan. */
export interface PlanThreads {
  /** Nanoseconds of work that a chunk has at least. */
  readonly leastChunk: number;
}

export interface PlanTasks {
  readonly tasks: readonly Task[];
  /** For each buffer of the plan the words, by their positions in memory, that are its address. */
  readonly places: readonly (readonly number[])[];
  /** Address of the first scalar. */
  readonly scalars: number;
  readonly kernels: readonly CachedKernel[];
  readonly kernelCount: number;
  /** Bytes of memory for what all threads read, at the begin of scratch memory. */
  readonly packedBytes: number;
  /** Bytes of scratch memory that each thread of a run needs, behind that. */
  readonly scratchBytes: number;
  /** Nanoseconds of the work that threads share, roughly. */
  readonly sharedWork: number;
  readonly hasLoops: boolean;
  /** Bytes of code that no plan before had. */
  readonly codeBytes: number;
}

/** Memory for words; valid until the next of it is taken. */
export interface WordMemory {
  take(bytes: number): number;
  words(): Int32Array;
}

/** Work from which on helpers are woken for a step, in least chunks. */
const wakingChunks = 25;
/** Chunks of a step, about: enough for threads that are put aside for a while to leave work to others. */
const usualChunks = 48;

/** A kernel of the plan with its code. */
interface BoundKernel extends CodedKernel {
  /** Words from the begin of the plan's to its frame. */
  readonly frame: number;
}

/** A function over a grid that is bound to the plan. */
interface BoundPart {
  readonly function: LibraryFunction;
  readonly frame: number;
  readonly grid: number;
  readonly nanoseconds: number;
}

/** Parts that may run in any order. */
type BoundStage = readonly BoundPart[];

/** Without `threads` the plan is for one thread alone. With `isTimed` there is a mark before each step, and one of −1 after the last. */
export function planTasks(
  plan: Plan,
  code: KernelCache,
  memory: WordMemory,
  threads?: PlanThreads,
  isTimed = false,
): PlanTasks {
  const kernels = new Map<Kernel | Rows | Batches, BoundKernel>();
  let frameWords = 0;
  for (const kernel of innerSteps(plan.kernels).flatMap(runningKernels)) {
    const coded = code.of(kernel, plan.buffers);
    kernels.set(kernel, { ...coded, frame: frameWords });
    frameWords += coded.cached.code.slots.length;
  }
  const bound = [...kernels.values()];
  const cached = bound.map((kernel) => kernel.cached);
  const codeBytes = code.link(cached);
  const stages = new Map<PlanStep, readonly BoundStage[]>();
  const jobs = new Map<BoundStage, readonly Portion[]>();
  let [portions, sharedWork, packedBytes, scratchBytes] = [0, 0, 0, 0];
  for (const step of innerSteps(plan.kernels)) {
    const own = stagesOf(step, kernels);
    stages.set(step, own);
    for (const stage of threads === undefined ? [] : own) {
      const work = workOf(stage);
      const job = portionsOf(stage, work, threads?.leastChunk ?? 0);
      if (job.length === 0) continue;
      jobs.set(stage, job);
      portions += job.length;
      sharedWork += work;
    }
  }
  for (const { cached, quantities } of bound) {
    packedBytes = Math.max(packedBytes, sizeIn(cached.code.packedBytes, quantities));
    scratchBytes = Math.max(scratchBytes, sizeIn(cached.code.scratchBytes, quantities));
  }

  // The plan's words: frames, portions, scalars.
  let first: number;
  try {
    first = memory.take(4 * Math.max(1, frameWords + portionWords * portions + plan.scalars.length)) / 4;
  } catch (error) {
    code.abandon(cached);
    throw error;
  }
  const words = memory.words();
  const scalars = first + frameWords + portionWords * portions;
  const places: number[][] = plan.buffers.map(() => []);
  for (const kernel of bound) {
    kernel.cached.code.slots.forEach((slot, i) => {
      const at = first + kernel.frame + i;
      if (slot.kind === 'buffer') places[kernel.key.buffers[slot.position] ?? -1]?.push(at);
      else words[at] = constantOf(slot, kernel, 4 * scalars);
    });
  }
  let nextPortion = first + frameWords;
  const addressOf = (frame: number): number => 4 * (first + frame);
  const tasksOf = (stage: BoundStage): Task[] => {
    const job = jobs.get(stage);
    if (job === undefined)
      return stage.map((part) => ({ kind: 'call', run: part.function.run, grid: part.grid, frame: addressOf(part.frame) })); // prettier-ignore
    const address = 4 * nextPortion;
    let chunks = 0;
    for (const { part, size } of job) {
      words[nextPortion + portion.target] = part.function.position;
      words[nextPortion + portion.frame] = addressOf(part.frame);
      words[nextPortion + portion.grid] = part.grid;
      words[nextPortion + portion.size] = size;
      words[nextPortion + portion.chunks] = chunksOf(part, size);
      nextPortion += portionWords;
      chunks += chunksOf(part, size);
    }
    return [{ kind: 'job', address, chunks, wake: Number(workOf(stage) >= wakingChunks * (threads?.leastChunk ?? 0)) }];
  };
  let steps = 0;
  const tasksIn = (kernelSteps: readonly PlanStep[]): Task[] =>
    kernelSteps.flatMap((step): Task[] => {
      if (step.kind === 'loop') {
        const parts = step.parts.map((buffer): MovingPart => {
          const { position: whole = -1, size = 0 } = plan.buffers[buffer] ?? {};
          return { buffer, whole, bytes: 4 * size };
        });
        return [{ kind: 'loop', loop: step, parts, tasks: tasksIn(step.kernels) }];
      }
      const mark: Task[] = isTimed ? [{ kind: 'mark', step: steps++ }] : [];
      if (step.kind === 'copy') return [...mark, { kind: 'copy', pieces: step.pieces }];
      return [...mark, ...(stages.get(step) ?? []).flatMap(tasksOf)];
    });
  const tasks = tasksIn(plan.kernels);
  if (isTimed) tasks.push({ kind: 'mark', step: -1 });
  return {
    tasks,
    places,
    scalars: 4 * scalars,
    kernels: cached,
    kernelCount: innerSteps(plan.kernels).filter((step) => step.kind === 'copy' || runningKernels(step).length > 0)
      .length,
    packedBytes: Math.ceil(packedBytes / 256) * 256,
    scratchBytes: Math.ceil(scratchBytes / 256) * 256,
    sharedWork,
    codeBytes,
    hasLoops: plan.kernels.some(({ kind }) => kind === 'loop'),
  };
}

/** The functions that compute the plan, with their statements, in order. `code` keeps them so. */
export function functionsOf(plan: Plan, code: KernelCache): WasmFunction[] {
  return innerSteps(plan.kernels)
    .flatMap(runningKernels)
    .flatMap((kernel) => code.of(kernel, plan.buffers).cached.code.stages.flat())
    .map(({ target }) => target);
}

/** The kernels of a step that compute anything. */
function runningKernels(step: PlanStep): (Kernel | Rows | Batches)[] {
  if (step.kind === 'copy' || step.kind === 'loop') return [];
  const kernels = step.kind === 'parts' ? step.kernels : [step];
  return kernels.filter((kernel) => !isEmpty(kernel));
}

/** The stages of a step, one after the other. Kernels that do not depend on one another are one stage. */
function stagesOf(step: PlanStep, kernels: ReadonlyMap<Kernel | Rows | Batches, BoundKernel>): BoundStage[] {
  const all = runningKernels(step).map((kernel) => boundStages(kernels.get(kernel)));
  return all.length === 1 ? all.flat() : [all.flat(2)].filter((stage) => stage.length > 0);
}

function boundStages(kernel: BoundKernel | undefined): BoundStage[] {
  const linked = kernel?.cached.linked;
  if (kernel === undefined || linked === undefined) throw new Error('internal: a kernel without code');
  const { cached, quantities, work, frame } = kernel;
  return cached.code.stages.map((stage, i) =>
    stage.map((part, j): BoundPart => {
      const own = linked.stages[i]?.[j];
      if (own === undefined) throw new Error('internal: a part without a function');
      const nanoseconds = work * sizeIn(part.nanoseconds, quantities);
      return { function: own, frame, grid: sizeIn(part.grid, quantities), nanoseconds };
    }),
  );
}

/** What a slot says that is the same in every run. */
function constantOf(slot: Slot, { cached, key, quantities }: BoundKernel, firstScalar: number): number {
  if (slot.kind === 'quantity') return quantities[slot.position] ?? 0;
  if (slot.kind === 'table') return cached.linked?.tables.get(slot) ?? 0;
  return firstScalar + 4 * (key.scalars[slot.position] ?? -1);
}

function workOf(stage: BoundStage): number {
  return stage.reduce((total, { nanoseconds }) => total + nanoseconds, 0);
}

/** A part of a job, of whose grid so many units are a chunk. */
interface Portion {
  readonly part: BoundPart;
  readonly size: number;
}

const chunksOf = ({ grid }: BoundPart, size: number): number => Math.ceil(grid / size);

/** The chunks in which parts with as much work together are shared; none where there would be no second. */
function portionsOf(stage: BoundStage, work: number, leastChunk: number): Portion[] {
  if (work < 2.5 * leastChunk) return [];
  const least = Math.max(leastChunk, work / usualChunks, 1);
  const job = stage.map((part): Portion => {
    const chunks = Math.min(part.grid, Math.max(1, Math.floor(part.nanoseconds / least)));
    return { part, size: Math.ceil(part.grid / chunks) };
  });
  const chunks = job.reduce((total, { part, size }) => total + chunksOf(part, size), 0);
  return chunks > 1 && chunks <= mostChunks ? job : [];
}
