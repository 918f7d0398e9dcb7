/** Host data that a plan is run with: copied into buffers that the plan keeps for it. */
import { sizeClass, type BufferPool } from './buffers.ts';
import type { Commands } from './commands.ts';
import { wholeWords, type DeviceArray } from './narrow.ts';

/** A buffer of the device as a bind group sees it. */
export interface Bound {
  readonly gpu: GPUBuffer;
  /** Another one for every place. */
  readonly id: number;
  /** Bytes of the buffer in front of it. */
  readonly offset: number;
}

/** A place for parameter `position` in the buffer that is kept under `key`, which has `bytes` bytes. */
export interface HostPlace {
  readonly key: number;
  readonly offset: number;
  readonly bytes: number;
}

interface Kept {
  readonly gpu: GPUBuffer;
  readonly id: number;
  readonly capacity: number;
  readonly places: Map<number, Bound>;
}

export class HostData {
  readonly #device: GPUDevice;
  readonly #commands: Commands;
  readonly #pool: BufferPool;
  readonly #kept = new Map<number, Kept>();
  /** What is held. */
  bytes = 0;

  constructor({
    device,
    commands,
    pool,
  }: {
    readonly device: GPUDevice;
    readonly commands: Commands;
    readonly pool: BufferPool;
  }) {
    this.#device = device;
    this.#commands = commands;
    this.#pool = pool;
  }

  write({ key, offset, bytes }: HostPlace, data: DeviceArray): Bound {
    const capacity = sizeClass(bytes);
    let kept = this.#kept.get(key);
    if (kept === undefined || kept.capacity < capacity) {
      this.#release(key);
      kept = { ...this.#pool.take(capacity), capacity, places: new Map() };
      this.#pool.count(capacity);
      this.bytes += capacity;
      this.#kept.set(key, kept);
    }
    let bound = kept.places.get(offset);
    if (bound === undefined) {
      bound = { gpu: kept.gpu, id: this.#pool.identity(), offset };
      kept.places.set(offset, bound);
    }
    this.#commands.submit();
    if (data.length > 0) this.#device.queue.writeBuffer(kept.gpu, offset, wholeWords(data));
    return bound;
  }

  release(): void {
    for (const key of [...this.#kept.keys()]) this.#release(key);
  }

  #release(key: number): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#pool.count(-kept.capacity);
    this.bytes -= kept.capacity;
    this.#pool.give(kept.capacity, kept);
  }
}
