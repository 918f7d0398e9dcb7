/** Where the value of a realised node lives: on the host, on a device, or on both. */
import { DeviceError, StaleValueError } from '../graph/errors.ts';
import type { NodeStorage } from '../graph/node.ts';
import { formatType, type TensorType } from '../graph/types.ts';
import type { DeviceBuffer, HostArray } from './backend.ts';
import type { Device } from './device.ts';
import type { Engine } from './engine.ts';

/** A device buffer that may not exist yet, since devices start asynchronously. */
export class Slot {
  readonly device: Device;
  buffer: DeviceBuffer | undefined = undefined;
  /** Why the value never came to be, where the work that was to make it had to wait for the device and failed. */
  failure: Error | undefined = undefined;

  constructor(device: Device) {
    this.device = device;
  }

  /** The buffer, asked for inside {@link Device.perform}. */
  bound(): DeviceBuffer {
    if (this.failure !== undefined) throw this.failure;
    if (this.buffer === undefined) throw new StaleValueError('internal: a storage without a buffer');
    return this.buffer;
  }

  allocate(type: TensorType): void {
    const { engine } = this.device;
    if (engine !== undefined) this.buffer = engine.allocate(type);
    else {
      this.device.perform(
        (started) => {
          this.buffer = started.allocate(type);
        },
        (error) => {
          this.failure = error;
        },
      );
    }
  }

  release(): void {
    const { engine } = this.device;
    if (engine !== undefined) this.#free(engine);
    else this.device.perform((started) => this.#free(started));
  }

  #free(engine: Engine): void {
    if (this.buffer !== undefined) engine.free(this.buffer);
    this.buffer = undefined;
  }
}

/** What is released when nobody holds a lease any more. It holds no lease. */
class Tenancy {
  slot: Slot | undefined = undefined;
}

/**
 * What a storage holds as long as it has memory on a device: with the storage it is collected, and the memory is freed then. Leases of storages that end before are used again, since
 * registering and collecting one takes longer than a small run.
 */
class Lease {
  readonly tenancy = new Tenancy();
}

const mostSpareLeases = 1024;
const spareLeases: Lease[] = [];

const finalizer = new FinalizationRegistry<Tenancy>(({ slot }) => slot?.release());

function leaseOf(slot: Slot): Lease {
  let lease = spareLeases.pop();
  if (lease === undefined) {
    lease = new Lease();
    finalizer.register(lease, lease.tenancy);
  }
  lease.tenancy.slot = slot;
  return lease;
}

/** How a run binds a value: memory of the device, or elements on the host that the run copies. */
export type Binding = Slot | HostArray;

/** What a binding is of. Call inside {@link Device.perform}. */
export function boundTo(binding: Binding): DeviceBuffer | HostArray {
  return binding instanceof Slot ? binding.bound() : binding;
}

/** Why a value is gone that {@link Storage.dispose} ended. */
export const disposedReason = 'it was disposed';

export class Storage implements NodeStorage {
  /** The elements on the host, where they are known there. */
  host: HostArray | undefined;
  /** Why the value is gone, where it is. */
  gone: string | undefined = undefined;
  #lease: Lease | undefined = undefined;
  #stagings = 0;

  constructor(host: HostArray | undefined) {
    this.host = host;
  }

  get disposed(): boolean {
    return this.gone !== undefined;
  }

  get device(): Device | undefined {
    return this.#slot?.device;
  }

  get #slot(): Slot | undefined {
    return this.#lease?.tenancy.slot;
  }

  /** Gives the storage a buffer of its own on a device; the buffer comes into being when the device is ready. */
  allocate(device: Device, type: TensorType): Slot {
    const slot = new Slot(device);
    slot.allocate(type);
    this.#lease = leaseOf(slot);
    return slot;
  }

  /** Writes host data to the device buffer. */
  write(device: Device, data: HostArray): void {
    const buffer = this.buffer();
    device.perform(
      (engine) => engine.write(buffer.bound(), data),
      (error) => this.fail(error),
    );
  }

  /** The work that was to compute the value has failed: whoever asks for it gets `error`. */
  fail(error: Error): void {
    const slot = this.#slot;
    if (slot !== undefined) slot.failure ??= error;
  }

  /** Throws why the value never came to be, where it did not. */
  requireComputed(): void {
    if (this.#slot?.failure !== undefined) throw this.#slot.failure;
  }

  /**
   * Takes hold of the device buffer, which there is inside {@link Device.perform}. A disposal in between comes after that, as it does in the
   * order of calls.
   */
  buffer(): Slot {
    const slot = this.#slot;
    if (slot === undefined)
      throw new StaleValueError(`This tensor has no value any more: ${this.gone ?? 'its memory was freed'}.`);
    return slot;
  }

  /**
   * How a run binds this storage, see {@link boundTo}. Host data that is used once (a batch) is copied into memory of
   * the plan; used a second time it moves to the device for good.
   */
  bind(device: Device, type: TensorType): Binding {
    if (this.gone !== undefined) {
      const message = `A tensor ${formatType(type)} that this is computed from has no value any more: ${this.gone}.`;
      const hint = 'Read or realize what was recorded on a tensor before you dispose of it.';
      throw new StaleValueError(message, this.gone === disposedReason ? { hint } : {});
    }
    const slot = this.#slot;
    if (slot !== undefined) {
      if (slot.device !== device) {
        throw new DeviceError(
          `A tensor ${formatType(type)} lives on ${slot.device.name}, the operation runs on ${device.name}.`,
          {
            hint: 'Call setDevice before making tensors and models, or move the values with tensor(await t.data(), { shape: t.shape }).',
          },
        );
      }
      return slot;
    }
    const host = this.host;
    if (host === undefined) throw new StaleValueError('internal: a storage without a value');
    if (this.#stagings++ === 0) return host;
    const copy = this.allocate(device, type);
    this.write(device, host);
    return copy;
  }

  /** Keeps the elements on the host and frees the device memory. */
  demote(host: HostArray): void {
    this.host = host;
    this.#stagings = 0;
    this.#free();
  }

  requireAlive(): void {
    if (this.gone !== undefined) throw new StaleValueError(`This tensor has no value any more: ${this.gone}.`);
  }

  /** Frees the memory now; `reason` completes "this tensor has no value any more: …". */
  dispose(reason: string): void {
    this.gone ??= reason;
    this.host = undefined;
    this.#free();
  }

  #free(): void {
    const lease = this.#lease;
    if (lease === undefined) return;
    this.#lease = undefined;
    const { slot } = lease.tenancy;
    lease.tenancy.slot = undefined;
    if (spareLeases.length < mostSpareLeases) spareLeases.push(lease);
    slot?.release();
  }
}

/** Stands for a value that is gone; `reason` completes "this tensor has no value any more: …". */
export function goneStorage(reason: string): Storage {
  const storage = new Storage(undefined);
  storage.gone = reason;
  return storage;
}

/** Stands for a value recorded inside a compiled function, which exists only during its calls. */
export function capturedStorage(): Storage {
  return goneStorage(
    'it was recorded inside a compiled function and exists only during its calls; return it from the function',
  );
}

/** What an overwritten value leaves behind. */
export function overwrittenStorage(): Storage {
  return goneStorage(
    'it was computed from a parameter that has been updated since; read or realize it together with the step, or before the update',
  );
}
