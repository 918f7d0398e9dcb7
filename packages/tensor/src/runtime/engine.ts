/** What the runtime runs programs on: a compiling backend, or the reference interpreter. */
import type { Program } from '../graph/program.ts';
import type { TensorType } from '../graph/types.ts';
import type { BackendMemory, DeviceBuffer, Executable, HostArray } from './backend.ts';
import type { EngineObserver } from './observation.ts';

/**
 * Like {@link Backend}, for programs. Bindings are the program's parameters in order, then one buffer for each output that does not
 * replace a parameter.
 */
export interface Engine {
  readonly name: 'wasm' | 'webgpu' | 'reference';
  readonly description: string;
  allocate(type: TensorType): DeviceBuffer;
  free(buffer: DeviceBuffer): void;
  write(buffer: DeviceBuffer, data: HostArray): void;
  read(buffer: DeviceBuffer, data: HostArray): Promise<void> | undefined;
  compile(program: Program): Executable;
  run(executable: Executable, bindings: readonly (DeviceBuffer | HostArray)[], scalars: readonly number[]): void;
  synchronize(): Promise<void>;
  memory(): BackendMemory;
  /** Has as many threads share the work from now on, where the engine has threads. */
  setThreads?(threads: number): void;
  /** Loads what compiles plans so that they can be looked into; undefined where there are no kernels. */
  readonly observer?: () => Promise<EngineObserver>;
  source(executable: Executable): string;
}
