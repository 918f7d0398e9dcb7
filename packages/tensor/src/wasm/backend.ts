/** The WebAssembly backend: one memory, one library of compiled kernels, everything synchronous, on one thread or several. */
import { bytesOf, type Plan } from '../compiler/kernel.ts';
import { withoutNone, type Without } from '../compiler/optimisations.ts';
import { ArgumentError, DeviceError } from '../graph/errors.ts';
import { elementBytes } from '../graph/types.ts';
import type { Backend, BackendMemory, DeviceBuffer, Executable, HostArray } from '../runtime/backend.ts';
import { Allocator, sizeClass } from './allocator.ts';
import { control } from './control.ts';
import type { Tile } from './gemm.ts';
import { ByteWriter, encodeModule } from './encoder.ts';
import { KernelCache } from './kernel-cache.ts';
import { KernelLibrary, type LibraryModule } from './library.ts';
import { listFunctions } from './listing.ts';
import { op, SIMD } from './opcodes.ts';
import { makeCopy, PlanRun, type RunContext } from './plan-run.ts';
import { functionsOf, planTasks, type PlanTasks } from './plan-tasks.ts';
import { HelperPool, withoutThreads } from './pool.ts';
import { SharedBlock } from './shared-block.ts';
import { StepClock } from './step-clock.ts';

export interface WasmBackendOptions {
  /** Use fused multiply-add where the engine has it. Default: a feature test. */
  readonly relaxedSimd?: boolean;
  /** Limit of the memory in pages of 64 KiB. Default: 65536 (4 GiB). */
  readonly maximumPages?: number;
  /** Threads that share the work of large steps, the caller's among them. Default: 1. */
  readonly threads?: number;
  /** Nanoseconds of work that a chunk has at least which threads share; below two and a half times as much nothing is shared. Default: 6000. */
  readonly leastChunk?: number;
  /** The tile of all matrix products. Default: for each the fastest, by a trial when the first large one comes. Results are the same bytes for any. */
  readonly tile?: Tile;
  /** What is left out. Default: nothing. */
  readonly without?: Without;
  /** V8's flags that have been set for it, which its description names. */
  readonly flags?: readonly string[];
  /** Measures {@link Backend.multiplyAddLimit}. */
  readonly multiplyAddLimit?: () => Promise<number>;
}

interface WasmBuffer extends DeviceBuffer {
  readonly address: number;
  freed: boolean;
}

interface WasmExecutable extends Executable {
  readonly plan: Plan;
  readonly tasks: PlanTasks;
  readonly runs: PlanRun;
  /** Whether there is work to share, and whether a run is worth waking helpers before it comes to its first job. */
  readonly isShared: boolean;
  readonly wakes: boolean;
  /** Bytes that each parameter must have at least. */
  readonly parameterBytes: readonly number[];
  disposed: boolean;
}

/** Whether the engine has relaxed SIMD. */
export function hasRelaxedSimd(): boolean {
  const body = new ByteWriter();
  for (let i = 0; i < 3; i++) {
    body.byte(0xfd);
    body.unsigned(op.v128Const - SIMD);
    body.bytes(new Uint8Array(16));
  }
  body.byte(0xfd);
  body.unsigned(op.f32x4RelaxedMadd - SIMD);
  body.byte(op.drop);
  return WebAssembly.validate(
    encodeModule([{ parameters: [], result: undefined, locals: [], body: body.result() }], new Map([['test', 0]])),
  );
}

/** Bytes of host memory per byte of code that a plan brings along: the module and its machine code, of which there is a second one for what runs often. */
const codeBytes = 8;

/** Bytes of host memory per kernel of a plan beside its code: what it was made from, and its tasks. 9 to 10 thousand were measured (`benchmarks/many-shapes.ts`). */
const stepBytes = 12_000;

/** Kernels whose code is kept for plans to come. */
const KEPT_KERNELS = 1024;

export function createWasmBackend(options: WasmBackendOptions = {}): Backend {
  const relaxed = options.relaxedSimd ?? hasRelaxedSimd();
  const leastChunk = options.leastChunk ?? 6000;
  const { allocator, pool, alone } = startMemory(options);
  const { without = withoutNone, tile } = options;
  const library = new KernelLibrary(allocator, pool?.table);
  const kernels = new KernelCache(relaxed, KEPT_KERNELS, { tile, without, library });
  const running: RunContext = {
    allocator,
    share: pool?.share,
    copy: (to, from, bytes) => {
      copyBytes ??= makeCopy(allocator, pool !== undefined);
      copyBytes(to, from, bytes);
    },
  };
  let copyBytes: RunContext['copy'] | undefined;
  let buffers = 0;
  // Packed operands, temporaries, and copies of host arrays.
  const scratch = new SharedBlock(allocator);
  const arena = new SharedBlock(allocator);
  const staging = new SharedBlock(allocator);

  const own = (buffer: DeviceBuffer): WasmBuffer => {
    const wasm = buffer as WasmBuffer;
    if (wasm.address === undefined)
      throw new DeviceError('The buffer belongs to another device, not to the WebAssembly backend.');
    if (wasm.freed) throw new DeviceError('The buffer was freed.');
    return wasm;
  };

  /** The whole memory as elements of the kind that an array has, to copy between them: a view of the bytes of a small array would move them out of that object first. */
  const elementsLike = (data: HostArray): Float32Array | Int32Array | undefined => {
    if (data instanceof Float32Array) return allocator.floats();
    return data instanceof Int32Array ? allocator.ints() : undefined;
  };

  const copyIn = (address: number, data: HostArray): void => {
    const elements = elementsLike(data);
    if (elements === undefined) allocator.bytes().set(bytesIn(data), address);
    else elements.set(data, address / 4);
  };

  const copyOut = (address: number, data: HostArray): void => {
    const elements = elementsLike(data);
    if (elements === undefined) bytesIn(data).set(allocator.bytes().subarray(address, address + data.byteLength));
    else data.set(elements.subarray(address / 4, address / 4 + data.length));
  };

  /** What is packed, and a share for each thread. */
  const demandScratch = (executable: WasmExecutable): void => {
    const { packedBytes, scratchBytes } = executable.tasks;
    scratch.demand(executable, packedBytes + (executable.isShared ? (pool?.shares ?? 1) : 1) * scratchBytes);
  };

  const compile = (plan: Plan, clock?: StepClock): WasmExecutable => {
    const owned: { address: number; bytes: number }[] = [];
    const words = {
      take: (bytes: number): number => {
        const address = allocator.allocate(bytes);
        owned.push({ address, bytes });
        return address;
      },
      words: () => allocator.ints(),
    };
    const modules = new Set<LibraryModule>();
    const release = (): void => {
      for (const { address, bytes } of owned) allocator.free(address, bytes);
      for (const module of modules) library.release(module);
    };
    try {
      const tasks = planTasks(plan, kernels, words, pool && { leastChunk }, clock !== undefined);
      for (const { linked } of tasks.kernels) if (linked !== undefined) modules.add(linked.module);
      for (const module of modules) module.users++;
      kernels.trim();
      const parameterBytes = Array.from({ length: plan.parameterCount }, () => 0);
      for (const { kind, position, size, type } of plan.buffers) {
        if (kind === 'parameter')
          parameterBytes[position] = Math.max(parameterBytes[position] ?? 0, size * bytesOf[type]);
      }
      const executable: WasmExecutable = {
        plan,
        tasks,
        runs: new PlanRun(plan, tasks, running, clock && ((step) => clock.mark(step))),
        isShared: tasks.sharedWork > 0,
        wakes: tasks.sharedWork >= wakingChunks * leastChunk,
        parameterBytes,
        bytes:
          codeBytes * tasks.codeBytes +
          stepBytes * tasks.kernels.length +
          owned.reduce((sum, { bytes }) => sum + sizeClass(bytes), 0),
        disposed: false,
        kernelCount: tasks.kernelCount,
        dispose: () => {
          if (executable.disposed) return;
          executable.disposed = true;
          release();
          for (const block of [scratch, arena, staging]) block.withdraw(executable);
        },
      };
      try {
        demandScratch(executable);
        arena.demand(executable, plan.arenaBytes);
      } catch (error) {
        for (const block of [scratch, arena]) block.withdraw(executable);
        throw error;
      }
      return executable;
    } catch (error) {
      release();
      throw error;
    }
  };

  /** Checks what is bound and says where it lies, host arrays copied in. Views of the memory from before may be outdated afterwards. */
  const bind = (executable: WasmExecutable, bindings: readonly (DeviceBuffer | HostArray)[]): void => {
    const { parameterBytes, runs } = executable;
    let staged = 0;
    for (let position = 0; position < bindings.length; position++) {
      const binding = bindings[position] as DeviceBuffer | HostArray;
      const wanted = parameterBytes[position] ?? 0;
      const isHost = isHostArray(binding);
      const given = isHost ? binding.byteLength : own(binding).bytes;
      if (given < wanted) {
        throw new ArgumentError(`Parameter ${position} needs ${wanted} bytes, but ${given} were bound.`);
      }
      if (isHost) staged += sizeClass(wanted);
    }
    if (staged > 0) staging.demand(executable, staged);
    let address = staging.address;
    for (let position = 0; position < bindings.length; position++) {
      const binding = bindings[position] as DeviceBuffer | HostArray;
      if (isHostArray(binding)) {
        const wanted = parameterBytes[position] ?? 0;
        const length = wanted / binding.BYTES_PER_ELEMENT;
        copyIn(address, binding.length > length ? binding.subarray(0, length) : binding);
        runs.bind(position, address);
        address += sizeClass(wanted);
      } else runs.bind(position, (binding as WasmBuffer).address);
    }
  };

  return {
    name: 'wasm',
    get description() {
      const threads = pool === undefined || pool.threads === 1 ? 'one thread' : `${pool.threads} threads`;
      const flags = (options.flags ?? []).map((flag) => ` and V8's ${flag}`).join('');
      return `WebAssembly with ${relaxed ? 'relaxed ' : ''}SIMD${flags}, ${threads}${alone === undefined ? '' : ` (${alone})`}`;
    },
    elementBytes,
    allocate: (bytes) => {
      const buffer: WasmBuffer = { bytes, address: allocator.allocate(bytes), freed: false };
      buffers++;
      return buffer;
    },
    free: (buffer) => {
      const wasm = own(buffer);
      wasm.freed = true;
      buffers--;
      allocator.free(wasm.address, wasm.bytes);
    },
    write: (buffer, data) => {
      const { address, bytes } = own(buffer);
      if (data.byteLength > bytes)
        throw new ArgumentError(`${data.byteLength} bytes do not fit into a buffer of ${bytes}.`);
      copyIn(address, data);
    },
    read: (buffer, data) => {
      const { address, bytes } = own(buffer);
      if (data.byteLength > bytes)
        throw new ArgumentError(`A buffer of ${bytes} bytes does not hold ${data.byteLength}.`);
      copyOut(address, data);
      return undefined;
    },
    compile: (plan) => compile(plan),
    compileTimed: (plan) => {
      const clock = new StepClock(
        () => allocator.ints(),
        () => pool?.threads ?? 1,
      );
      return Object.assign(compile(plan, clock), { takeTimes: () => Promise.resolve(clock.take()) });
    },
    multiplyAddLimit: options.multiplyAddLimit ?? (() => Promise.resolve(undefined)),
    run: (executable, bindings, scalars) => {
      const target = executable as WasmExecutable;
      const { plan, tasks } = target;
      if (target.disposed) throw new DeviceError('The executable was disposed of.');
      if (bindings.length < plan.parameterCount || scalars.length < plan.scalars.length) {
        throw new ArgumentError(
          `The plan takes ${plan.parameterCount} parameters and ${plan.scalars.length} scalars, not ${bindings.length} and ${scalars.length}.`,
        );
      }
      if (target.isShared) {
        pool?.check();
        demandScratch(target);
      }
      bind(target, bindings);
      const ints = allocator.ints();
      for (let i = 0; i < plan.scalars.length; i++) {
        const value = scalars[i] ?? 0;
        const elements = plan.scalars[i]?.type === 'f32' ? allocator.floats() : ints;
        elements[tasks.scalars / 4 + i] = value;
      }
      ints[control.scratch / 4] = scratch.address;
      const own = scratch.address + tasks.packedBytes;
      if (!target.isShared || pool === undefined) {
        target.runs.run(arena.address, own);
        return;
      }
      ints[control.shares / 4] = own;
      ints[control.shareBytes / 4] = tasks.scratchBytes;
      pool.begin(target.wakes);
      try {
        target.runs.run(arena.address, own);
      } catch (error) {
        pool.broken(error);
      }
    },
    setThreads: (threads) => {
      if (pool !== undefined) pool.resize(threads);
      else if (threads > 1 && alone === undefined) {
        throw new DeviceError(
          '[setDevice] the WebAssembly device has started with one thread, and can have no more now.',
          {
            hint: `Choose { threads: ${threads} } before the first computation, or set HEBB_THREADS=${threads}.`,
          },
        );
      }
    },
    synchronize: () => Promise.resolve(),
    memory: (): BackendMemory => ({ usedBytes: allocator.usedBytes, pooledBytes: allocator.pooledBytes, buffers }),
    source: (executable) =>
      listFunctions(functionsOf((executable as WasmExecutable).plan, new KernelCache(relaxed, 0, { tile, without }))),
  };
}

function isHostArray(binding: DeviceBuffer | HostArray): binding is HostArray {
  return ArrayBuffer.isView(binding);
}

function bytesIn({ buffer, byteOffset, byteLength }: HostArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Shared work of a plan from which on helpers are woken before it begins, in least chunks. */
const wakingChunks = 50;

/** The memory and who shares it; why there is one thread where more were wanted. */
function startMemory({ maximumPages, threads = 1 }: WasmBackendOptions): {
  readonly allocator: Allocator;
  readonly pool: HelperPool | undefined;
  readonly alone: string | undefined;
} {
  let alone = threads > 1 ? withoutThreads() : undefined;
  if (threads > 1 && alone === undefined) {
    try {
      const allocator = new Allocator(maximumPages, true);
      return { allocator, pool: new HelperPool(allocator, threads), alone };
    } catch (error) {
      alone = `threads cannot start: ${String(error)}`;
    }
  }
  return { allocator: new Allocator(maximumPages), pool: undefined, alone };
}
