/** Where the value of a realised node lives: on the host, on a device, or on both. */
import { DeviceError, StaleValueError } from '../graph/errors.ts';
import type { NodeStorage } from '../graph/node.ts';
import { formatType, type TensorType } from '../graph/types.ts';
import type { DeviceBuffer, HostArray } from './backend.ts';
import type { Device } from './device.ts';

/** A device buffer that may not exist yet, since devices start asynchronously. Shared with the finaliser, so it holds no storage. */
class Slot {
  readonly device: Device;
  buffer: DeviceBuffer | undefined = undefined;
  released = false;
  /** Why the value never came to be, where the work that was to make it had to wait for the device and failed. */
  failure: Error | undefined = undefined;
  /** The buffer, asked for inside {@link Device.perform}. One function for all runs that bind the value: parameters are bound at each call. */
  readonly bound = (): DeviceBuffer => {
    if (this.failure !== undefined) throw this.failure;
    if (this.buffer === undefined) throw new StaleValueError('internal: a storage without a buffer');
    return this.buffer;
  };

  constructor(device: Device) {
    this.device = device;
  }
}

function release(slot: Slot): void {
  if (slot.released) return;
  slot.released = true;
  slot.device.perform((engine) => {
    if (slot.buffer !== undefined) engine.free(slot.buffer);
    slot.buffer = undefined;
  });
}

const finalizer = new FinalizationRegistry<Slot>(release);

/** Why a value is gone that {@link Storage.dispose} ended. */
export const disposedReason = 'it was disposed';

export class Storage implements NodeStorage {
  /** The elements on the host, where they are known there. */
  host: HostArray | undefined;
  /** Why the value is gone, where it is. */
  gone: string | undefined = undefined;
  #slot: Slot | undefined;
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

  /** Gives the storage a buffer of its own on a device; the buffer comes into being when the device is ready. */
  allocate(device: Device, type: TensorType): void {
    const slot = new Slot(device);
    this.#slot = slot;
    finalizer.register(this, slot, slot);
    device.perform(
      (engine) => {
        slot.buffer = engine.allocate(type);
      },
      (error) => {
        slot.failure = error;
      },
    );
  }

  /** Writes host data to the device buffer. */
  write(device: Device, data: HostArray): void {
    const buffer = this.buffer();
    device.perform(
      (engine) => engine.write(buffer(), data),
      (error) => this.fail(error),
    );
  }

  /** The work that was to compute the value has failed: whoever asks for it gets `error`. */
  fail(error: Error): void {
    if (this.#slot !== undefined) this.#slot.failure ??= error;
  }

  /** Throws why the value never came to be, where it did not. */
  requireComputed(): void {
    if (this.#slot?.failure !== undefined) throw this.#slot.failure;
  }

  /**
   * Takes hold of the device buffer; what is returned gives it inside {@link Device.perform}. A disposal in between comes after that, as
   * it does in the order of calls.
   */
  buffer(): () => DeviceBuffer {
    const slot = this.#slot;
    if (slot === undefined)
      throw new StaleValueError(`This tensor has no value any more: ${this.gone ?? 'its memory was freed'}.`);
    return slot.bound;
  }

  /**
   * How a run binds this storage; resolved inside {@link Device.perform}. Host data that is used once (a batch) is copied into memory of
   * the plan; used a second time it moves to the device for good.
   */
  bind(device: Device, type: TensorType): () => DeviceBuffer | HostArray {
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
      return this.buffer();
    }
    const host = this.host;
    if (host === undefined) throw new StaleValueError('internal: a storage without a value');
    if (this.#stagings++ === 0) return () => host;
    this.allocate(device, type);
    this.write(device, host);
    return this.buffer();
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
    const slot = this.#slot;
    if (slot === undefined) return;
    this.#slot = undefined;
    finalizer.unregister(slot);
    release(slot);
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
