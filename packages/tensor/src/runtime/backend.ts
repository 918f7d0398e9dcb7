/** What the runtime asks of a backend that runs compiled plans. */
import type { Plan } from '../compiler/kernel.ts';
import type { DType } from '../graph/types.ts';
import type { TimedExecutable } from './observation.ts';

/** Elements on the host: Float32Array of float32, Int32Array of int32 and bool, Uint16Array of the bits of float16, Uint8Array of uint8. */
export type HostArray = Float32Array | Int32Array | Uint16Array | Uint8Array;

/** A region of device memory; opaque to the runtime. */
export interface DeviceBuffer {
  readonly bytes: number;
}

/** A plan made ready for one device. */
export interface Executable {
  /** Number of kernels (dispatches) of one run, those in a loop counted once. */
  readonly kernelCount: number;
  /** About how many bytes it holds, on the host (code) and on the device (tables, copies of host data). May change with a run. */
  readonly bytes: number;
  /** Frees what the executable holds (arena, pipelines). */
  dispose(): void;
}

export interface BackendMemory {
  /** Bytes of live buffers (rounded as allocated), arenas of plans included. */
  readonly usedBytes: number;
  /** Bytes of freed buffers kept for reuse. */
  readonly pooledBytes: number;
  /** Number of live buffers. */
  readonly buffers: number;
}

/**
 * All calls take effect in the order in which they are made, also where a backend works asynchronously inside: a `read` issued
 * after a `run` sees the run's results, and a buffer freed after a `run` was issued may still be used by that run.
 */
export interface Backend {
  readonly name: 'wasm' | 'webgpu';
  /** Human-readable: adapter, features. */
  readonly description: string;
  /** Bytes that an element of each dtype takes. */
  readonly elementBytes: Readonly<Record<DType, number>>;
  allocate(bytes: number): DeviceBuffer;
  free(buffer: DeviceBuffer): void;
  write(buffer: DeviceBuffer, data: HostArray): void;
  /** The first `data.length` elements of the buffer into `data`. Undefined: they are there. */
  read(buffer: DeviceBuffer, data: HostArray): Promise<void> | undefined;
  /** Schedules and renders a plan. May finish its pipelines later; `run` then waits inside. */
  compile(plan: Plan): Executable;
  /**
   * Enqueues one run. `bindings[i]` is parameter i: a device buffer, or a host array that is copied to plan-owned memory for this run
   * only (read-only parameters only). The same device buffer may be bound to several read-only parameters. `scalars[i]` is scalar i.
   */
  run(executable: Executable, bindings: readonly (DeviceBuffer | HostArray)[], scalars: readonly number[]): void;
  /** Resolves when everything issued so far is done; rejects with what went wrong (device loss, out of memory). */
  synchronize(): Promise<void>;
  memory(): BackendMemory;
  /** Has as many threads share the work of large steps from now on, the caller's among them. */
  setThreads?(threads: number): void;
  /** As {@link compile}, with the time of each step: for profiles. */
  compileTimed(plan: Plan): TimedExecutable;
  /** Multiply–adds a second at most, of one thread or of the whole device; undefined where that is not measured. */
  multiplyAddLimit(): Promise<number | undefined>;
  /** The generated code of an executable (WGSL text, or a listing), for people and tests. */
  source(executable: Executable): string;
}
