/** The {@link Backend} on a WebGPU device: checks what it is given and puts every call in line. */
import { ArgumentError, OutOfMemoryError, StaleValueError } from '../graph/errors.ts';
import { formatBytes, type DType } from '../graph/types.ts';
import type { Plan } from '../compiler/kernel.ts';
import type { Backend, BackendMemory, DeviceBuffer, Executable, HostArray } from '../runtime/backend.ts';
import type { StepTime, TimedExecutable } from '../runtime/observation.ts';
import { Commands } from './commands.ts';
import { Arena, BufferPool, readStaging, WebgpuBuffer } from './buffers.ts';
import { deviceFormat, isHostArray, wholeWords, type DeviceArray, type DeviceFormat } from './narrow.ts';
import { acquireDevice, type Acquired } from './device.ts';
import { WebgpuExecutable, type DeviceResources, type Variant } from './executable.ts';
import { Health } from './health.ts';
import { PipelineCache } from './pipelines.ts';
import { Flight, OperationQueue } from './queue.ts';
import { countSteps, everyStep } from './schedule/lower.ts';
import { StepTimer } from './step-timer.ts';

/** Bytes of freed buffers kept for reuse. */
const poolBudget = 256 * 2 ** 20;

/**
 * A backend on the best WebGPU device here, or one line on why there is none. Adapters that compute on the processor count
 * only with `allowSoftware`: the WebAssembly backend is faster.
 */
export async function createWebgpuBackend(options: {
  allowSoftware: boolean;
}): Promise<Backend | { unavailable: string }> {
  const acquired = await acquireDevice(options);
  return 'unavailable' in acquired ? acquired : new WebgpuBackend(acquired);
}

export class WebgpuBackend implements Backend {
  readonly name = 'webgpu';
  readonly description: string;
  readonly #device: GPUDevice;
  readonly #health: Health;
  readonly #queue: OperationQueue;
  readonly #flight: Flight;
  readonly #resources: DeviceResources;
  readonly #format: DeviceFormat;
  readonly #timestamps: boolean;

  constructor({ device, description, limits, profile, halves, timestamps }: Acquired) {
    this.#timestamps = timestamps;
    this.#format = deviceFormat(halves);
    this.description = `WebGPU, ${description}`;
    this.#device = device;
    this.#health = new Health(device);
    this.#queue = new OperationQueue((error) => this.#health.report(error));
    this.#flight = new Flight(device.queue);
    const commands = new Commands(device, this.#flight);
    const pool = new BufferPool(device, commands, poolBudget);
    this.#resources = {
      device,
      commands,
      pool,
      arena: new Arena(device, commands, pool),
      pipelines: new PipelineCache(device),
      target: { limits, profile },
    };
  }

  get elementBytes(): Readonly<Record<DType, number>> {
    return this.#format.elementBytes;
  }

  allocate(bytes: number): WebgpuBuffer {
    const { bufferBytes } = this.#resources.target.limits;
    if (!(bytes >= 0) || bytes > bufferBytes) {
      throw new OutOfMemoryError(
        `The WebGPU device cannot allocate ${formatBytes(bytes)}: it gives one tensor ${formatBytes(bufferBytes)} at most.`,
        { hint: "Use a smaller batch, or the WebAssembly device: setDevice('wasm')." },
      );
    }
    return this.#resources.pool.allocate(bytes);
  }

  free(buffer: DeviceBuffer): void {
    const mine = this.#own(buffer);
    mine.freed = true;
    const { pool } = this.#resources;
    pool.release(mine);
    this.#enqueue(() => pool.recycle(mine));
  }

  write(buffer: DeviceBuffer, elements: HostArray): void {
    const mine = this.#own(buffer);
    const data = this.#format.onDevice(elements);
    if (data.byteLength > mine.bytes) {
      throw new ArgumentError(`cannot write ${data.byteLength} bytes to a buffer of ${mine.bytes}`);
    }
    if (data.length === 0) return;
    const kept = this.#queue.idle || data !== elements ? data : data.slice();
    this.#enqueue(() => {
      this.#resources.commands.submit();
      this.#device.queue.writeBuffer(mine.memory.block.gpu, mine.memory.offset, wholeWords(kept));
    });
  }

  async read(buffer: DeviceBuffer, elements: HostArray): Promise<void> {
    const mine = this.#own(buffer);
    const data = this.#format.roomFor(elements);
    if (data.byteLength > mine.bytes) {
      throw new ArgumentError(`cannot read ${data.byteLength} bytes from a buffer of ${mine.bytes}`);
    }
    await this.#completion(async () => {
      if (data.length === 0) {
        await this.#device.queue.onSubmittedWorkDone();
        return;
      }
      const { pool } = this.#resources;
      const { block, offset } = mine.memory;
      const bytes = Math.ceil(data.byteLength / 4) * 4;
      const staging = pool.takeStaging(bytes);
      const encoder = this.#device.createCommandEncoder();
      encoder.copyBufferToBuffer(block.gpu, offset, staging, 0, bytes);
      this.#device.queue.submit([encoder.finish()]);
      await readStaging(staging, data);
      pool.giveStaging(staging);
    });
    this.#format.intoHost(data, elements);
  }

  compile(plan: Plan): Executable {
    return this.#compile(plan);
  }

  compileTimed(plan: Plan): TimedExecutable {
    const timer = this.#timestamps ? new StepTimer(this.#device) : undefined;
    const executable = this.#compile(plan, timer);
    const takeTimes = async (): Promise<readonly StepTime[] | undefined> => timer?.take();
    return Object.assign(executable, { takeTimes });
  }

  /** Not measured: adapters differ in what a kernel would have to look like. */
  multiplyAddLimit(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  #compile(plan: Plan, timer?: StepTimer): WebgpuExecutable {
    const executable = new WebgpuExecutable(this.#format.plan(plan), this.#resources, timer);
    executable.dispose = () => {
      if (executable.disposed) return;
      executable.disposed = true;
      this.#enqueue(() => executable.releaseResources());
    };
    return executable;
  }

  run(executable: Executable, bindings: readonly (DeviceBuffer | HostArray)[], scalars: readonly number[]): void {
    const mine = this.#ownExecutable(executable);
    const { plan } = mine;
    if (mine.disposed) throw new StaleValueError('the compiled plan has been disposed');
    if (bindings.length !== plan.parameterCount || scalars.length !== plan.scalars.length) {
      throw new ArgumentError(
        `a run of this plan takes ${plan.parameterCount} bindings and ${plan.scalars.length} scalars, not ${bindings.length} and ${scalars.length}`,
      );
    }
    const checked = this.#check(mine, bindings);
    const perform = (
      variant: Variant,
      kept: readonly (WebgpuBuffer | DeviceArray)[],
      numbers: readonly number[],
    ): void => {
      if (variant.failure !== undefined) throw variant.failure;
      if (variant.steps.length > 0) mine.run(variant, kept, numbers);
    };
    const blocked = (variant: Variant): Promise<unknown> | undefined =>
      variant.pending ?? this.#flight.full(countSteps(variant.steps));
    let variant: Variant | undefined;
    if (this.#queue.idle) {
      variant = mine.variant(checked);
      if (blocked(variant) === undefined) {
        try {
          perform(variant, checked, scalars);
        } catch (error) {
          this.#health.report(error);
        }
        return;
      }
    }
    // The caller may change its arrays before the run's turn comes.
    const kept = checked.map((binding) => ('memory' in binding ? binding : binding.slice()));
    const numbers = scalars.slice();
    let failure: { readonly error: unknown } | undefined;
    this.#queue.push({
      blocked: () => {
        try {
          variant ??= mine.variant(kept);
          return blocked(variant);
        } catch (error) {
          failure = { error };
          return undefined;
        }
      },
      perform: () => {
        if (failure !== undefined) throw failure.error;
        if (variant !== undefined) perform(variant, kept, numbers);
      },
    });
  }

  synchronize(): Promise<void> {
    return this.#completion(async () => {
      await this.#device.queue.onSubmittedWorkDone();
    });
  }

  memory(): BackendMemory {
    return this.#resources.pool.memory();
  }

  source(executable: Executable): string {
    return everyStep(this.#ownExecutable(executable).steps)
      .map((step) =>
        step.kind === 'copies'
          ? `// ${step.name}: ${step.pieces.length} copies between buffers\n`
          : `// ${step.name}: ${step.shader.workgroups.join(' × ')} workgroups\n${step.shader.code}`,
      )
      .join('\n');
  }

  /** Number of distinct shaders held. */
  get pipelineCount(): number {
    return this.#resources.pipelines.size;
  }

  /** Gives the device back. Everything that is waiting rejects. */
  destroy(): void {
    this.#device.destroy();
  }

  #enqueue(perform: () => void): void {
    this.#queue.push({ blocked: () => undefined, perform });
  }

  /** Starts `action` in its turn; settles with it, or rejects with whatever has gone wrong up to then. */
  #completion(action: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = async (): Promise<void> => {
        try {
          this.#resources.pool.settle();
          this.#resources.commands.submit();
          if (!this.#health.lost) await action();
        } catch (cause) {
          throw await this.#health.explain(cause);
        }
        const error = this.#health.take();
        if (error !== undefined) throw error;
      };
      this.#enqueue(() => {
        finish().then(resolve, reject);
      });
    });
  }

  #check(
    executable: WebgpuExecutable,
    bindings: readonly (DeviceBuffer | HostArray)[],
  ): readonly (WebgpuBuffer | DeviceArray)[] {
    const sizes = executable.parameterBytes;
    return bindings.map((given, i) => {
      const wanted = sizes[i] ?? 0;
      const binding = isHostArray(given) ? this.#format.onDevice(given) : given;
      const bytes = isHostArray(binding) ? binding.byteLength : binding.bytes;
      if (bytes < wanted) throw new ArgumentError(`parameter ${i} of the plan takes ${wanted} bytes, not ${bytes}`);
      if (isHostArray(binding)) {
        if (executable.written.has(i)) {
          throw new ArgumentError(`parameter ${i} of the plan is written to and cannot be a host array`);
        }
        return binding;
      }
      return this.#own(binding);
    });
  }

  #own(buffer: DeviceBuffer): WebgpuBuffer {
    if (!(buffer instanceof WebgpuBuffer)) throw new ArgumentError('the buffer belongs to another backend');
    if (buffer.freed) throw new StaleValueError('the buffer has been freed');
    return buffer;
  }

  #ownExecutable(executable: Executable): WebgpuExecutable {
    if (!(executable instanceof WebgpuExecutable)) throw new ArgumentError('the executable belongs to another backend');
    return executable;
  }
}
