/** A plan made ready for the device: pipelines, cached bind groups, and the loop that replays them as one run. */
import { bytesOf, type Plan } from '../compiler/kernel.ts';
import type { Executable } from '../runtime/backend.ts';
import { wholeWords, type DeviceArray } from './narrow.ts';
import type { Commands } from './commands.ts';
import { sizeClass, usage, type Arena, type BufferPool, type WebgpuBuffer } from './buffers.ts';
import { OutOfMemoryError, WebgpuError } from '../graph/errors.ts';
import { formatBytes } from '../graph/types.ts';
import type { Pipeline, PipelineCache } from './pipelines.ts';
import {
  everyStep,
  lowerPlan,
  type Copies,
  type Dispatch,
  type Place,
  type Repeat,
  type Step,
} from './schedule/lower.ts';
import type { Move } from './schedule/bindings.ts';
import { accessesOf } from './schedule/traverse.ts';
import type { Target } from './schedule/map.ts';

/** What executables share on one device. */
export interface DeviceResources {
  readonly device: GPUDevice;
  readonly pool: BufferPool;
  readonly arena: Arena;
  readonly commands: Commands;
  readonly pipelines: PipelineCache;
  readonly target: Target;
}

/** A device buffer as a bind group sees it. */
interface Bound {
  readonly gpu: GPUBuffer;
  readonly id: number;
}

interface CachedGroup {
  readonly ids: readonly number[];
  readonly group: GPUBindGroup;
}

interface ReadyDispatch extends Dispatch {
  readonly pipeline: Pipeline;
  /** Bind groups of the most recent bindings. */
  readonly groups: CachedGroup[];
  /** How those bindings move that do, in their order. */
  readonly moving: readonly (readonly Move[])[];
}

type ReadyStep = ReadyDispatch | Copies | Repeat<ReadyDispatch | Copies>;

/** The plan's dispatches under one pattern of parameters that share a device buffer. */
export interface Variant {
  readonly steps: readonly ReadyStep[];
  /** undefined once every pipeline is there. */
  pending: Promise<unknown> | undefined;
  failure: WebgpuError | undefined;
}

/**
 * Host memory of a pipeline: on software adapters as measured on llvmpipe, whose machine code it is (`benchmarks/many-shapes.ts`); on
 * graphics processors a guess. Its shader's text comes on top, as text and in the plan.
 */
const pipelineBytes = { software: 320 * 1024, hardware: 32 * 1024 };
const bytesPerCharacter = 8;
/** Bind groups kept per dispatch: enough for inputs that alternate between a few buffers. */
const groupsPerStep = 6;

export class WebgpuExecutable implements Executable {
  readonly plan: Plan;
  readonly kernelCount: number;
  disposed = false;
  /** Parameters that the plan writes to. */
  readonly written: ReadonlySet<number>;
  /** Bytes that each parameter must have. */
  readonly parameterBytes: readonly number[];
  readonly #resources: DeviceResources;
  readonly #plain: Variant;
  readonly #aliased = new Map<string, Variant>();
  readonly #hosts = new Map<number, Bound & { readonly capacity: number }>();
  /** Where copies from a buffer to itself pass through. */
  #bounce: (Bound & { readonly capacity: number }) | undefined;
  readonly #scalars: Uint32Array<ArrayBuffer>;
  readonly #scalarBuffer: GPUBuffer | undefined;
  #bytes = 0;
  #scalarsWritten = false;

  constructor(plan: Plan, resources: DeviceResources) {
    this.plan = plan;
    this.#resources = resources;
    this.written = new Set(
      [...accessesOf(plan.kernels, plan.buffers).written].flatMap((buffer) => {
        const target = plan.buffers[buffer];
        return target?.kind === 'parameter' ? [target.position] : [];
      }),
    );
    const bytes = new Array<number>(plan.parameterCount).fill(0);
    for (const { kind, position, size, type } of plan.buffers) {
      if (kind === 'parameter') bytes[position] = Math.max(bytes[position] ?? 0, size * bytesOf[type]);
    }
    this.parameterBytes = bytes;
    const words = Math.ceil(plan.scalars.length / 4) * 4;
    this.#scalars = new Uint32Array(words);
    if (words * 4 > resources.target.limits.uniformBytes) {
      throw new WebgpuError(
        `a plan of ${plan.scalars.length} scalars exceeds the device's limit of ${resources.target.limits.uniformBytes / 4}`,
      );
    }
    const identity = Array.from({ length: plan.parameterCount }, (_, i) => i);
    this.#plain = this.#prepare(identity);
    this.kernelCount = everyStep(this.#plain.steps).length;
    if (words > 0) {
      this.#scalarBuffer = resources.device.createBuffer({ size: words * 4, usage: usage.uniform | usage.copyTarget });
      resources.pool.count(words * 4);
      this.#bytes += words * 4;
    }
  }

  /** Code and pipelines, also where another plan has them too, and copies of host data. The arena is shared and counts for nobody. */
  get bytes(): number {
    return this.#bytes;
  }

  get steps(): readonly Step[] {
    return this.#plain.steps;
  }

  /** The dispatches for these bindings. `canonical` is undefined where no device buffer is bound twice. */
  variant(canonical: readonly number[] | undefined): Variant {
    if (canonical === undefined || !canonical.some((first, i) => first !== i && this.#conflicts(first, canonical))) {
      return this.#plain;
    }
    const key = canonical.join();
    let variant = this.#aliased.get(key);
    if (variant === undefined) {
      variant = this.#prepare(canonical);
      this.#aliased.set(key, variant);
    }
    return variant;
  }

  /** Two read-only bindings of one buffer are fine; where the plan writes through one of them they have to be the same binding. */
  #conflicts(first: number, canonical: readonly number[]): boolean {
    return canonical.some((other, i) => other === first && this.written.has(i));
  }

  #prepare(canonical: readonly number[]): Variant {
    const { target, arena, pipelines } = this.#resources;
    const lowered = lowerPlan(this.plan, target, canonical);
    const arenaBytes = Math.ceil(lowered.arenaBytes / 256 + 1) * 256;
    if (arenaBytes > target.limits.bufferBytes) {
      throw new OutOfMemoryError(
        `The WebGPU device cannot allocate ${formatBytes(lowered.arenaBytes)} for intermediate results: it gives one buffer ${formatBytes(target.limits.bufferBytes)} at most.`,
        { hint: "Use a smaller batch, or the WebAssembly device: setDevice('wasm')." },
      );
    }
    if (lowered.arenaBytes > 0) arena.demand(this, arenaBytes);
    const prepare = (step: Step): ReadyStep => {
      if (step.kind === 'copies') return step;
      if (step.kind === 'repeat') return { ...step, steps: step.steps.map(prepare) };
      const moving = step.bindings.map(({ moves }) => moves).filter((moves) => moves.length > 0);
      return { ...step, pipeline: pipelines.acquire(step), groups: [], moving };
    };
    const steps = lowered.steps.map(prepare);
    const dispatches = dispatchesOf(steps);
    for (const { code } of new Set(dispatches.map(({ pipeline }) => pipeline))) {
      this.#bytes += pipelineBytes[target.profile.software ? 'software' : 'hardware'] + bytesPerCharacter * code.length;
    }
    const variant: Variant = { steps, pending: undefined, failure: undefined };
    variant.pending = Promise.all(new Set(dispatches.map(({ pipeline }) => pipeline.ready))).then((failures) => {
      variant.failure = failures.find((failure) => failure !== undefined);
      variant.pending = undefined;
    });
    return variant;
  }

  /** Writes host data and scalars, then encodes every dispatch. */
  run(variant: Variant, bindings: readonly (WebgpuBuffer | DeviceArray)[], scalars: readonly number[]): void {
    const { commands } = this.#resources;
    const bound = bindings.map((binding, i) => ('gpu' in binding ? binding : this.#upload(i, binding)));
    this.#writeScalars(scalars);
    const positions: number[] = [];
    for (const step of inOrder(variant.steps, positions)) {
      if (step.kind === 'copies') {
        this.#copy(step, bound, positions);
        continue;
      }
      const pipeline = step.pipeline.gpu;
      if (pipeline === undefined) continue;
      const { moving, shader } = step;
      const offsets = moving.length === 0 ? undefined : moving.map((moves) => movedBy(moves, positions));
      commands.dispatch(pipeline, this.#group(step, bound), shader.workgroups, offsets);
    }
    commands.conclude();
  }

  /** `positions` are those of the loops around. */
  #copy({ pieces }: Copies, bound: readonly Bound[], positions: readonly number[]): void {
    const { arena, commands } = this.#resources;
    const at = ({ offset, moves }: Place): number => offset + movedBy(moves, positions);
    const gpu = ({ parameter }: Place): GPUBuffer => bound[parameter]?.gpu ?? arena.buffer();
    for (const { from, to, bytes } of pieces) {
      const [source, target] = [gpu(from), gpu(to)];
      if (source !== target) {
        commands.copy(source, at(from), target, at(to), bytes);
        continue;
      }
      // WebGPU copies only between different buffers.
      const between = this.#bounceBuffer();
      commands.copy(source, at(from), between, 0, bytes);
      commands.copy(between, 0, target, at(to), bytes);
    }
  }

  #bounceBuffer(): GPUBuffer {
    const { pool } = this.#resources;
    if (this.#bounce === undefined) {
      const pieces = everyStep(this.#plain.steps).flatMap((step) => (step.kind === 'copies' ? step.pieces : []));
      const capacity = sizeClass(pieces.reduce((largest, { bytes }) => Math.max(largest, bytes), 0));
      this.#bounce = { ...pool.take(capacity), capacity };
      pool.count(capacity);
      this.#bytes += capacity;
    }
    return this.#bounce.gpu;
  }

  #releaseBounce(): void {
    const { pool } = this.#resources;
    if (this.#bounce === undefined) return;
    pool.count(-this.#bounce.capacity);
    pool.give(this.#bounce.capacity, this.#bounce);
    this.#bounce = undefined;
  }

  #upload(position: number, data: DeviceArray): Bound {
    const { commands, pool, device } = this.#resources;
    const capacity = sizeClass(data.byteLength);
    let host = this.#hosts.get(position);
    if (host === undefined || host.capacity < capacity) {
      this.#releaseHost(position);
      host = { ...pool.take(capacity), capacity };
      pool.count(capacity);
      this.#bytes += capacity;
      this.#hosts.set(position, host);
    }
    commands.submit();
    if (data.length > 0) device.queue.writeBuffer(host.gpu, 0, wholeWords(data));
    return host;
  }

  #releaseHost(position: number): void {
    const { pool } = this.#resources;
    const host = this.#hosts.get(position);
    if (host === undefined) return;
    this.#hosts.delete(position);
    pool.count(-host.capacity);
    this.#bytes -= host.capacity;
    pool.give(host.capacity, host);
  }

  #writeScalars(scalars: readonly number[]): void {
    if (this.#scalarBuffer === undefined) return;
    let changed = !this.#scalarsWritten;
    this.plan.scalars.forEach(({ type }, i) => {
      const word = type === 'i32' ? (scalars[i] ?? 0) >>> 0 : floatBits(scalars[i] ?? 0);
      if (this.#scalars[i] !== word) {
        this.#scalars[i] = word;
        changed = true;
      }
    });
    if (!changed) return;
    this.#resources.commands.submit();
    this.#resources.device.queue.writeBuffer(this.#scalarBuffer, 0, this.#scalars);
    this.#scalarsWritten = true;
  }

  #group(step: ReadyDispatch, bound: readonly Bound[]): GPUBindGroup {
    const { arena } = this.#resources;
    for (const { ids, group } of step.groups) {
      let same = true;
      for (let i = 0; i < ids.length; i++) {
        const parameter = step.bindings[i]?.parameter ?? -1;
        if (ids[i] !== (parameter < 0 ? arena.id : bound[parameter]?.id)) {
          same = false;
          break;
        }
      }
      if (same) return group;
    }
    return this.#createGroup(step, bound);
  }

  #createGroup(step: ReadyDispatch, bound: readonly Bound[]): GPUBindGroup {
    const { arena, device } = this.#resources;
    const ids: number[] = [];
    const entries: GPUBindGroupEntry[] = step.bindings.map(({ parameter, offset, bytes }, binding) => {
      const source = bound[parameter];
      ids.push(source?.id ?? arena.id);
      return { binding, resource: { buffer: source?.gpu ?? arena.buffer(), offset, size: bytes } };
    });
    if (step.shader.usesScalars && this.#scalarBuffer !== undefined) {
      entries.push({ binding: step.bindings.length, resource: { buffer: this.#scalarBuffer } });
    }
    const group = device.createBindGroup({ layout: step.pipeline.layout, entries });
    step.groups.push({ ids, group });
    if (step.groups.length > groupsPerStep) step.groups.shift();
    return group;
  }

  /** Frees what the executable holds; called when its last run has been submitted. */
  releaseResources(): void {
    const { arena, commands, pipelines, pool } = this.#resources;
    for (const position of [...this.#hosts.keys()]) this.#releaseHost(position);
    this.#releaseBounce();
    for (const variant of [this.#plain, ...this.#aliased.values()]) {
      for (const { pipeline } of dispatchesOf(variant.steps)) pipelines.release(pipeline);
    }
    arena.withdraw(this);
    if (this.#scalarBuffer !== undefined) {
      commands.submit();
      this.#scalarBuffer.destroy();
      pool.count(-this.#scalars.byteLength);
    }
  }

  /** Replaced by the backend, which frees the executable in the order of calls. */
  dispose: () => void = () => undefined;
}

/** What is to be done, one after the other; `positions` are those that the loops around have reached then. */
function* inOrder(
  steps: readonly ReadyStep[],
  positions: number[],
  depth = 0,
): Generator<ReadyDispatch | Copies, void> {
  for (const step of steps) {
    if (step.kind !== 'repeat') {
      yield step;
      continue;
    }
    for (let i = 0; i < step.length; i++) {
      positions[depth] = step.reverse ? step.length - 1 - i : i;
      yield* inOrder(step.steps, positions, depth + 1);
    }
  }
}

/** Bytes by which a place has moved. */
function movedBy(moves: readonly Move[], positions: readonly number[]): number {
  let bytes = 0;
  for (const { depth, stride } of moves) bytes += stride * (positions[depth] ?? 0);
  return bytes;
}

/** Every dispatch once. */
function dispatchesOf(steps: readonly ReadyStep[]): ReadyDispatch[] {
  return everyStep(steps).flatMap((step) => (step.kind === 'dispatch' ? [step] : []));
}

const floatWord = new Float32Array(1);
const floatWordBits = new Uint32Array(floatWord.buffer);

function floatBits(value: number): number {
  floatWord[0] = value;
  return floatWordBits[0] ?? 0;
}
