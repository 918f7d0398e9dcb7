/** A plan made ready for the device: pipelines, cached bind groups, and the loop that replays them as one run. */
import { bytesOf, type Plan } from '../compiler/kernel.ts';
import type { Executable } from '../runtime/backend.ts';
import type { DeviceArray } from './narrow.ts';
import type { Commands } from './commands.ts';
import { sizeClass, usage, type Arena, type Block, type BufferPool, type WebgpuBuffer } from './buffers.ts';
import { HostData, type Bound, type HostPlace } from './host-data.ts';
import { jointParameters, placesTogether, type JointParameters } from './joint.ts';
import { OutOfMemoryError, WebgpuError } from '../graph/errors.ts';
import { formatBytes } from '../graph/types.ts';
import type { Pipeline, PipelineCache } from './pipelines.ts';
import {
  everyStep,
  lowerPlan,
  type Copies,
  type Dispatch,
  type Lowered,
  type Place,
  type Repeat,
  type Step,
} from './schedule/lower.ts';
import { placesApart, type Move, type ParameterPlace } from './schedule/bindings.ts';
import { accessesOf } from './schedule/traverse.ts';
import type { StepTimer } from './step-timer.ts';
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

/** The plan's dispatches for parameters that lie so. */
export interface Variant {
  readonly places: readonly ParameterPlace[];
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
/** How often a plan moves parameters side by side, at most: others, that take turns with it, may want some of them elsewhere, and what it only reads may be another in every run. */
const mostMoves = { state: 4, input: 2 };
/** Blocks among the parameters that it wants in one before a plan moves them: other plans have joined them. */
const blocksBorne = 3;
/** Variants that a plan has for the sake of fewer dispatches alone. */
const mostVariants = 8;

export class WebgpuExecutable implements Executable {
  readonly plan: Plan;
  /** Of the variant used last. */
  kernelCount: number;
  disposed = false;
  /** Parameters that the plan writes to. */
  readonly written: ReadonlySet<number>;
  /** Bytes that each parameter must have. */
  readonly parameterBytes: readonly number[];
  readonly #resources: DeviceResources;
  readonly #variants: Variant[] = [];
  /** Parameters that should lie side by side. */
  readonly #joint: readonly JointParameters[];
  readonly #moves = new Map<JointParameters, number>();
  /** Every parameter in a block of its own. */
  readonly #apart: Places;
  /** What a plan that wants parameters side by side is lowered to at first: pipelines are made once it is known where they are. */
  #expected: { readonly places: readonly ParameterPlace[]; readonly lowered: Lowered } | undefined;
  /** Where everything lay in the run before, and what came of it. */
  #last: { readonly keys: readonly (number | undefined)[]; readonly variant: Variant } | undefined;
  readonly #hosts: HostData;
  /** Where copies from a buffer to itself pass through. */
  #bounce: { readonly gpu: GPUBuffer; readonly id: number; readonly capacity: number } | undefined;
  readonly #scalars: Uint32Array<ArrayBuffer>;
  readonly #scalarBuffer: GPUBuffer | undefined;
  readonly #timer: StepTimer | undefined;
  #bytes = 0;
  #scalarsWritten = false;

  /** @param timer - is told the times of all dispatches. */
  constructor(plan: Plan, resources: DeviceResources, timer?: StepTimer) {
    this.plan = plan;
    this.#timer = timer;
    this.#resources = resources;
    this.#hosts = new HostData(resources);
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
    const apart = placesApart(plan.parameterCount);
    this.#apart = { all: apart, needed: apart };
    this.#joint = jointParameters(plan, resources.target.limits);
    const places = placesTogether(plan.parameterCount, this.#joint);
    const lowered = this.#lower(places);
    this.kernelCount = everyStep(lowered.steps).length;
    if (this.#joint.length > 0) this.#expected = { places, lowered };
    else this.#prepare(places, lowered);
    if (words > 0) {
      this.#scalarBuffer = resources.device.createBuffer({ size: words * 4, usage: usage.uniform | usage.copyTarget });
      resources.pool.count(words * 4);
      this.#bytes += words * 4;
    }
  }

  /** Code and pipelines, also where another plan has them too, and copies of host data. The arena is shared and counts for nobody. */
  get bytes(): number {
    return this.#bytes + this.#hosts.bytes;
  }

  get steps(): readonly Step[] {
    return this.#variants[0]?.steps ?? this.#expected?.lowered.steps ?? [];
  }

  /** The dispatches for these bindings, in the run's turn: where buffers lie is known then, and the run has to follow before anything else. */
  variant(bindings: readonly (WebgpuBuffer | DeviceArray)[]): Variant {
    this.#resources.pool.settle();
    const last = this.#last;
    if (last !== undefined && bindings.every((binding, i) => keyOf(binding) === last.keys[i])) return last.variant;
    this.#arrange(bindings);
    const variant = this.#variantOf(this.#placesOf(bindings));
    this.kernelCount = everyStep(variant.steps).length;
    this.#last = { keys: bindings.map(keyOf), variant };
    return variant;
  }

  #variantOf({ all, needed }: Places): Variant {
    const known = this.#variants.find(({ places }) => samePlaces(places, all));
    if (known !== undefined) return known;
    if (all !== needed && this.#variants.length >= mostVariants) return this.#variantOf({ all: needed, needed });
    const expected = this.#expected;
    return this.#prepare(
      all,
      expected !== undefined && samePlaces(expected.places, all) ? expected.lowered : this.#lower(all),
    );
  }

  /** Moves what should lie side by side, and gives new results places side by side. */
  #arrange(bindings: readonly (WebgpuBuffer | DeviceArray)[]): void {
    for (const joint of this.#joint) {
      const members = joint.positions.flatMap((position) => {
        const binding = bindings[position];
        return binding !== undefined && 'memory' in binding ? [binding] : [];
      });
      // One that is there twice, or larger than the plan knows, lies elsewhere than is expected.
      if (new Set(members).size < joint.positions.length) continue;
      const { pool } = this.#resources;
      const placed = members.filter(({ isPlaced }) => isPlaced);
      if (placed.length === 0) {
        pool.join(members);
        continue;
      }
      if (joint.role === 'result') continue;
      const blocks = new Set(placed.map(({ memory }) => memory.block)).size + members.length - placed.length;
      const moves = this.#moves.get(joint) ?? 0;
      if (moves >= mostMoves[joint.role] || blocks <= blocksBorne) continue;
      this.#moves.set(joint, moves + 1);
      pool.join(members);
    }
  }

  /** Those that should lie side by side and are host data in this run. */
  #hostsTogether(bindings: readonly (WebgpuBuffer | DeviceArray)[]): JointParameters[] {
    const isHost = (position: number): boolean => {
      const binding = bindings[position];
      return (
        binding !== undefined &&
        !('memory' in binding) &&
        binding.byteLength <= sizeClass(this.parameterBytes[position] ?? 0)
      );
    };
    return this.#joint.filter(({ positions }) => positions.every(isHost));
  }

  /** Where the parameters lie, as far as it matters: where two share a block that the plan writes to, and, where it wants them side by side, wherever they do. */
  #placesOf(bindings: readonly (WebgpuBuffer | DeviceArray)[]): Places {
    const { pool } = this.#resources;
    const run = pool.identity();
    const shared = new Map<Block | number, number[]>();
    const noteShared = (key: Block | number, first: number, position: number): void => {
      const members = shared.get(key);
      if (members === undefined) shared.set(key, [first, position]);
      else members.push(position);
    };
    bindings.forEach((binding, position) => {
      if (!('memory' in binding)) return;
      const { block } = binding.memory;
      if (block.seenInRun === run) noteShared(block, block.seenAt, position);
      else {
        block.seenInRun = run;
        block.seenAt = position;
      }
    });
    const hosts = this.#hostsTogether(bindings);
    if (shared.size === 0 && hosts.length === 0) return this.#apart;
    const offsetOf = (position: number): number => {
      const binding = bindings[position];
      return binding !== undefined && 'memory' in binding ? binding.memory.offset : 0;
    };
    const [all, needed] = [this.#apart.all.slice(), this.#apart.all.slice()];
    const share = (members: readonly number[], isNeeded: boolean): void => {
      const root = members.reduce((first, next) => (offsetOf(next) < offsetOf(first) ? next : first));
      for (const position of members) {
        const place = { root, offset: offsetOf(position) - offsetOf(root) };
        all[position] = place;
        if (isNeeded) needed[position] = place;
      }
    };
    let more = false;
    for (const members of shared.values()) {
      // Two read-only bindings of one buffer are fine; where the plan writes through one of them they have to be the same binding, or both writable.
      const isNeeded = members.some((position) => this.written.has(position));
      if (!isNeeded && this.#joint.length === 0) continue;
      more ||= !isNeeded;
      share(members, isNeeded);
    }
    for (const { positions, offsets } of hosts) {
      more = true;
      const root = positions[0] ?? 0;
      positions.forEach((position, i) => (all[position] = { root, offset: offsets[i] ?? 0 }));
    }
    return { all, needed: more ? needed : all };
  }

  #lower(places: readonly ParameterPlace[]): Lowered {
    const { target, arena } = this.#resources;
    const lowered = lowerPlan(this.plan, target, places);
    const arenaBytes = Math.ceil(lowered.arenaBytes / 256 + 1) * 256;
    if (arenaBytes > target.limits.bufferBytes) {
      throw new OutOfMemoryError(
        `The WebGPU device cannot allocate ${formatBytes(lowered.arenaBytes)} for intermediate results: it gives one buffer ${formatBytes(target.limits.bufferBytes)} at most.`,
        { hint: "Use a smaller batch, or the WebAssembly device: setDevice('wasm')." },
      );
    }
    if (lowered.arenaBytes > 0) arena.demand(this, arenaBytes);
    return lowered;
  }

  #prepare(places: readonly ParameterPlace[], lowered: Lowered): Variant {
    const { target, pipelines } = this.#resources;
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
    const variant: Variant = { places, steps, pending: undefined, failure: undefined };
    variant.pending = Promise.all(new Set(dispatches.map(({ pipeline }) => pipeline.ready))).then((failures) => {
      variant.failure = failures.find((failure) => failure !== undefined);
      variant.pending = undefined;
    });
    this.#variants.push(variant);
    return variant;
  }

  /** Writes host data and scalars, then encodes every dispatch. */
  run(variant: Variant, bindings: readonly (WebgpuBuffer | DeviceArray)[], scalars: readonly number[]): void {
    const { commands } = this.#resources;
    const hosts = new Map<number, HostPlace>();
    for (const { positions, offsets, bytes } of this.#hostsTogether(bindings)) {
      // A single one is kept under its position.
      const key = -1 - (positions[0] ?? 0);
      positions.forEach((position, i) => hosts.set(position, { key, offset: offsets[i] ?? 0, bytes }));
    }
    const bound = bindings.map((binding, i): Bound => {
      if ('memory' in binding) {
        const { block, offset, id } = binding.memory;
        return { gpu: block.gpu, id, offset };
      }
      return this.#hosts.write(hosts.get(i) ?? { key: i, offset: 0, bytes: binding.byteLength }, binding);
    });
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
      commands.dispatch(pipeline, this.#group(step, bound), shader.workgroups, offsets, this.#timer?.writes(step.step));
    }
    commands.conclude();
  }

  /** `positions` are those of the loops around. */
  #copy({ pieces }: Copies, bound: readonly Bound[], positions: readonly number[]): void {
    const { arena, commands } = this.#resources;
    const at = ({ parameter, offset, moves }: Place): number =>
      (bound[parameter]?.offset ?? 0) + offset + movedBy(moves, positions);
    const gpu = ({ parameter }: Place): GPUBuffer => bound[parameter]?.gpu ?? arena.buffer();
    for (const { from, to, bytes } of pieces) {
      const [source, target] = [gpu(from), gpu(to)];
      if (source !== target) {
        commands.copy(source, at(from), target, at(to), bytes);
        continue;
      }
      // WebGPU copies only between different buffers.
      const between = this.#bounceBuffer(bytes);
      commands.copy(source, at(from), between, 0, bytes);
      commands.copy(between, 0, target, at(to), bytes);
    }
  }

  #bounceBuffer(bytes: number): GPUBuffer {
    const { pool } = this.#resources;
    if (this.#bounce === undefined || this.#bounce.capacity < bytes) {
      this.#releaseBounce();
      const capacity = sizeClass(bytes);
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
    this.#bytes -= this.#bounce.capacity;
    pool.give(this.#bounce.capacity, this.#bounce);
    this.#bounce = undefined;
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
      return {
        binding,
        resource: { buffer: source?.gpu ?? arena.buffer(), offset: (source?.offset ?? 0) + offset, size: bytes },
      };
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
    this.#hosts.release();
    this.#releaseBounce();
    for (const { steps } of this.#variants) {
      for (const { pipeline } of dispatchesOf(steps)) pipelines.release(pipeline);
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

/** Where parameters lie: as far as it makes a difference, and as far as the plan has to know. */
interface Places {
  readonly all: readonly ParameterPlace[];
  readonly needed: readonly ParameterPlace[];
}

/** Another number for every place and every length of host data; nothing for a buffer that lies nowhere yet. */
function keyOf(binding: WebgpuBuffer | DeviceArray): number | undefined {
  if (!('memory' in binding)) return -1 - binding.byteLength;
  return binding.isPlaced ? binding.memory.id : undefined;
}

function samePlaces(some: readonly ParameterPlace[], others: readonly ParameterPlace[]): boolean {
  return some.every(({ root, offset }, i) => root === others[i]?.root && offset === others[i]?.offset);
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
