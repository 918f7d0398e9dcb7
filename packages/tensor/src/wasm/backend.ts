/** The WebAssembly backend: one memory, one module per plan, everything synchronous. */
import type { Plan } from '../compiler/kernel.ts';
import { ArgumentError, DeviceError } from '../graph/errors.ts';
import type { Backend, BackendMemory, DeviceBuffer, Executable, HostArray } from '../runtime/backend.ts';
import type { PlanLayout } from './address.ts';
import { Allocator, sizeClass } from './allocator.ts';
import { ByteWriter, encodeModule } from './encoder.ts';
import { listFunctions } from './listing.ts';
import { op, SIMD } from './opcodes.ts';
import type { Tables } from './packing-context.ts';
import { buildPlan } from './plan-module.ts';
import { renderModule } from './render.ts';

export interface WasmBackendOptions {
  /** Use fused multiply-add where the engine has it. Default: a feature test. */
  readonly relaxedSimd?: boolean;
  /** Limit of the memory in pages of 64 KiB. Default: 65536 (4 GiB). */
  readonly maximumPages?: number;
}

interface WasmBuffer extends DeviceBuffer {
  readonly address: number;
  freed: boolean;
}

interface WasmExecutable extends Executable {
  readonly plan: Plan;
  readonly layout: PlanLayout;
  readonly relaxed: boolean;
  readonly scratchBytes: number;
  readonly entry: (scratch: number) => void;
  /** Bytes that each parameter must have at least. */
  readonly parameterBytes: readonly number[];
  /** Addresses of the copies of host arrays, made at first use. */
  readonly staging: (number | undefined)[];
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

/** Tables are carved out of chunks of this size. */
const TABLE_CHUNK = 32768;

export function createWasmBackend(options: WasmBackendOptions = {}): Backend {
  const relaxed = options.relaxedSimd ?? hasRelaxedSimd();
  const allocator = new Allocator(options.maximumPages);
  let buffers = 0;
  let scratch = { address: 0, bytes: 0 };

  const own = (buffer: DeviceBuffer): WasmBuffer => {
    const wasm = buffer as WasmBuffer;
    if (wasm.address === undefined)
      throw new DeviceError('The buffer belongs to another device, not to the WebAssembly backend.');
    if (wasm.freed) throw new DeviceError('The buffer was freed.');
    return wasm;
  };

  const copyIn = (address: number, data: HostArray): void => {
    if (data instanceof Float32Array) allocator.floats().set(data, address / 4);
    else allocator.ints().set(data, address / 4);
  };

  const ensureScratch = (bytes: number): number => {
    if (bytes > scratch.bytes) {
      if (scratch.bytes > 0) allocator.free(scratch.address, scratch.bytes);
      scratch = { address: 0, bytes: 0 };
      scratch = { address: allocator.allocate(bytes), bytes };
    }
    return scratch.address;
  };

  const compile = (plan: Plan): WasmExecutable => {
    // Owned by the plan: pointers and scalars, the arena, tables, staging.
    const owned: { address: number; bytes: number }[] = [];
    const take = (bytes: number): number => {
      const address = allocator.allocate(bytes);
      owned.push({ address, bytes });
      return address;
    };
    try {
      const pointers = take(4 * (plan.parameterCount + plan.scalars.length));
      const arena = plan.arenaBytes > 0 ? take(plan.arenaBytes) : 0;
      const layout: PlanLayout = {
        buffers: plan.buffers,
        pointers,
        scalars: pointers + 4 * plan.parameterCount,
        arena,
      };
      const { run, kernelCount, scratchBytes } = buildPlan(plan, layout, makeTables(allocator, take), relaxed);
      const module = new WebAssembly.Module(renderModule(new Map([['run', run]])));
      const instance = new WebAssembly.Instance(module, { env: { memory: allocator.memory } });
      const parameterBytes = Array.from({ length: plan.parameterCount }, () => 0);
      for (const { kind, position, size } of plan.buffers) {
        if (kind === 'parameter') parameterBytes[position] = Math.max(parameterBytes[position] ?? 0, size * 4);
      }
      ensureScratch(scratchBytes);
      const executable: WasmExecutable = {
        plan,
        layout,
        relaxed,
        scratchBytes,
        entry: instance.exports['run'] as (scratch: number) => void,
        parameterBytes,
        staging: [],
        disposed: false,
        kernelCount,
        dispose: () => {
          if (executable.disposed) return;
          executable.disposed = true;
          for (const { address, bytes } of owned) allocator.free(address, bytes);
          executable.staging.forEach((address, i) => {
            if (address !== undefined) allocator.free(address, parameterBytes[i] ?? 0);
          });
        },
      };
      return executable;
    } catch (error) {
      for (const { address, bytes } of owned) allocator.free(address, bytes);
      throw error;
    }
  };

  const bind = (executable: WasmExecutable, binding: DeviceBuffer | HostArray, position: number): number => {
    const bytes = executable.parameterBytes[position] ?? 0;
    const isHost = binding instanceof Float32Array || binding instanceof Int32Array;
    const given = isHost ? binding.byteLength : own(binding).bytes;
    if (given < bytes) throw new ArgumentError(`Parameter ${position} needs ${bytes} bytes, but ${given} were bound.`);
    if (!isHost) return own(binding).address;
    let address = executable.staging[position];
    if (address === undefined) {
      address = allocator.allocate(bytes);
      executable.staging[position] = address;
    }
    copyIn(address, given > bytes ? binding.subarray(0, bytes / 4) : binding);
    return address;
  };

  return {
    name: 'wasm',
    description: `WebAssembly with ${relaxed ? 'relaxed ' : ''}SIMD, one thread`,
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
      const from = address / 4;
      if (data instanceof Float32Array) data.set(allocator.floats().subarray(from, from + data.length));
      else data.set(allocator.ints().subarray(from, from + data.length));
      return Promise.resolve();
    },
    compile,
    run: (executable, bindings, scalars) => {
      const target = executable as WasmExecutable;
      const { plan, layout } = target;
      if (target.disposed) throw new DeviceError('The executable was disposed of.');
      if (bindings.length < plan.parameterCount || scalars.length < plan.scalars.length) {
        throw new ArgumentError(
          `The plan takes ${plan.parameterCount} parameters and ${plan.scalars.length} scalars, not ${bindings.length} and ${scalars.length}.`,
        );
      }
      // Staging may grow the memory: addresses first, then the views.
      const addresses = bindings.map((binding, position) => bind(target, binding, position));
      const area = ensureScratch(target.scratchBytes);
      const ints = allocator.ints();
      const floats = allocator.floats();
      addresses.forEach((address, i) => (ints[layout.pointers / 4 + i] = address));
      plan.scalars.forEach(({ type }, i) => {
        const value = scalars[i] ?? 0;
        if (type === 'f32') floats[layout.scalars / 4 + i] = value;
        else ints[layout.scalars / 4 + i] = value;
      });
      target.entry(area);
    },
    synchronize: () => Promise.resolve(),
    memory: (): BackendMemory => ({ usedBytes: allocator.usedBytes, pooledBytes: allocator.pooledBytes, buffers }),
    source: (executable) => {
      const { plan, layout, relaxed } = executable as WasmExecutable;
      const { run, functions } = buildPlan(plan, layout, { add: () => 0 }, relaxed);
      return listFunctions([run, ...functions]);
    },
  };
}

/** Constant tables, each written once however often it is asked for. */
function makeTables(allocator: Allocator, take: (bytes: number) => number): Tables {
  const known = new Map<string, number>();
  let next = 0;
  let end = 0;
  return {
    add: (data) => {
      const key = data.join();
      let address = known.get(key);
      if (address === undefined) {
        const bytes = Math.ceil(data.byteLength / 16) * 16;
        if (next + bytes > end) {
          const chunk = sizeClass(Math.max(bytes, Math.min(TABLE_CHUNK, 1024 * 2 ** known.size)));
          next = take(chunk);
          end = next + chunk;
        }
        address = next;
        next += bytes;
        allocator.ints().set(data, address / 4);
        known.set(key, address);
      }
      return address;
    },
  };
}
