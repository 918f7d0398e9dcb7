/**
 * Device memory: buffers by size class, freed ones kept for reuse within a byte budget, and the staging buffers of
 * readbacks. Creating and destroying a buffer costs tens of microseconds; taking one from the pool costs none.
 */
import type { BackendMemory, DeviceBuffer } from '../runtime/backend.ts';
import type { DeviceArray } from './narrow.ts';
import type { Commands } from './commands.ts';

/** Flags of WebGPU, whose constants are globals only in browsers. */
export const usage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, uniform: 0x40, storage: 0x80 } as const;
const mapModeRead = 1;

export class WebgpuBuffer implements DeviceBuffer {
  readonly bytes: number;
  /** Bytes as allocated. */
  readonly capacity: number;
  freed = false;
  readonly #pool: BufferPool;
  #memory: Memory | undefined;

  constructor(bytes: number, capacity: number, pool: BufferPool) {
    this.bytes = bytes;
    this.capacity = capacity;
    this.#pool = pool;
  }

  /**
   * Memory of the device, found when the first operation that needs it takes its turn: a caller that is far ahead of the device
   * then goes on with what earlier operations have freed. It may be another one in a later turn; see {@link BufferPool.join}.
   */
  get memory(): Memory {
    return (this.#memory ??= this.#pool.place(this));
  }

  get isPlaced(): boolean {
    return this.#memory !== undefined;
  }

  /** Takes other memory, or none; gives what it had. */
  exchange(memory: Memory | undefined): Memory | undefined {
    const before = this.#memory;
    this.#memory = memory;
    return before;
  }
}

/** Where a buffer lies. */
export interface Memory {
  readonly block: Block;
  /** Bytes of the block in front of it, a multiple of 256. */
  readonly offset: number;
  /** Another one for every place, in the keys of bind groups. */
  readonly id: number;
}

/** A buffer of the device, in which one of ours lies, or several side by side. */
export class Block {
  readonly gpu: GPUBuffer;
  readonly id: number;
  readonly capacity: number;
  readonly members: Set<WebgpuBuffer> = new Set();
  /** Number of the run that last saw this block among its bindings, and the position of the first: finds what shares one. */
  seenInRun = 0;
  seenAt = 0;

  constructor({ gpu, id }: Spare, capacity: number) {
    this.gpu = gpu;
    this.id = id;
    this.capacity = capacity;
  }
}

interface Spare {
  readonly gpu: GPUBuffer;
  readonly id: number;
}

/** Eight classes per doubling: at most an eighth is wasted. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(bytes - 1)) - 3));
  return Math.ceil(bytes / step) * step;
}

export class BufferPool {
  readonly #device: GPUDevice;
  readonly #commands: Commands;
  readonly #budget: number;
  /** Spare buffers by capacity; the map's order is that of last use, the oldest first. */
  readonly #spares = new Map<number, Spare[]>();
  readonly #staging = new Map<number, GPUBuffer[]>();
  #spareBytes = 0;
  #stagingBytes = 0;
  #pendingBytes = 0;
  /** Of blocks whose other members live on. */
  #holeBytes = 0;
  readonly #sparse = new Set<Block>();
  #usedBytes = 0;
  #live = 0;
  #nextId = 1;

  constructor(device: GPUDevice, commands: Commands, budget: number) {
    this.#device = device;
    this.#commands = commands;
    this.#budget = budget;
  }

  allocate(bytes: number): WebgpuBuffer {
    const capacity = sizeClass(bytes);
    this.#live++;
    this.#usedBytes += capacity;
    return new WebgpuBuffer(bytes, capacity, this);
  }

  /** Counts the buffer as free. Its memory comes back with `recycle`, when everything issued before has been submitted. */
  release(buffer: WebgpuBuffer): void {
    this.#live--;
    this.#usedBytes -= buffer.capacity;
    this.#pendingBytes += buffer.capacity;
  }

  recycle(buffer: WebgpuBuffer): void {
    this.#pendingBytes -= buffer.capacity;
    const memory = buffer.exchange(undefined);
    if (memory === undefined) return;
    this.#leave(buffer, memory);
    this.#tidy(memory.block);
  }

  /** Memory of its own for a buffer. */
  place(buffer: WebgpuBuffer): Memory {
    const block = new Block(this.take(buffer.capacity), buffer.capacity);
    block.members.add(buffer);
    return { block, offset: 0, id: block.id };
  }

  /**
   * Moves buffers into one block, side by side in their order, where kernels see all of them through one binding. Whoever holds them notices nothing. Where less than half of a block is used, what is
   * left gets memory of its own again; see {@link settle}.
   */
  join(buffers: readonly WebgpuBuffer[]): void {
    const capacity = buffers.reduce((total, buffer) => total + buffer.capacity, 0);
    const block = new Block(this.take(capacity), capacity);
    const left = new Set<Block>();
    let offset = 0;
    for (const buffer of buffers) {
      block.members.add(buffer);
      const before = this.#move(buffer, { block, offset, id: this.identity() });
      if (before !== undefined) left.add(before);
      offset += buffer.capacity;
    }
    for (const each of left) this.#tidy(each);
  }

  /** Gives the block that the buffer leaves, if it was in one. */
  #move(buffer: WebgpuBuffer, memory: Memory): Block | undefined {
    const before = buffer.exchange(memory);
    if (before === undefined) return undefined;
    this.#commands.copy(before.block.gpu, before.offset, memory.block.gpu, memory.offset, buffer.capacity);
    this.#leave(buffer, before);
    return before.block;
  }

  #leave(buffer: WebgpuBuffer, { block }: Memory): void {
    block.members.delete(buffer);
    this.#holeBytes += buffer.capacity;
  }

  /** Gives back a block that nobody uses any more, and remembers one that is mostly holes. */
  #tidy(block: Block): void {
    let used = 0;
    for (const buffer of block.members) used += buffer.capacity;
    if (used * 2 >= block.capacity) return;
    if (used > 0) {
      this.#sparse.add(block);
      return;
    }
    this.#sparse.delete(block);
    this.#holeBytes -= block.capacity;
    this.give(block.capacity, block);
  }

  /** Empties blocks that are mostly holes. Members are freed one after the other: the last of them need not be moved if all go, so this is for the next run, or a read. */
  settle(): void {
    for (const block of this.#sparse) {
      for (const buffer of block.members) this.#move(buffer, this.place(buffer));
      this.#tidy(block);
    }
  }

  /** A device buffer of exactly `capacity` bytes. */
  take(capacity: number): Spare {
    const spares = this.#spares.get(capacity);
    const spare = spares?.pop();
    if (spares?.length === 0) this.#spares.delete(capacity);
    if (spare !== undefined) {
      this.#spareBytes -= capacity;
      return spare;
    }
    const flags = usage.storage | usage.copySource | usage.copyTarget;
    return { gpu: this.#device.createBuffer({ size: capacity, usage: flags }), id: this.#nextId++ };
  }

  give(capacity: number, { gpu, id }: Spare): void {
    const spares = this.#spares.get(capacity) ?? [];
    spares.push({ gpu, id });
    this.#spares.delete(capacity);
    this.#spares.set(capacity, spares);
    this.#spareBytes += capacity;
    for (const [oldest, buffers] of this.#spares) {
      if (this.#spareBytes <= this.#budget) break;
      while (buffers.length > 0 && this.#spareBytes > this.#budget) {
        // Work that was submitted keeps the memory until it is done.
        this.#commands.submit();
        buffers.shift()?.gpu.destroy();
        this.#spareBytes -= oldest;
      }
      if (buffers.length === 0) this.#spares.delete(oldest);
    }
  }

  /** Memory that plans hold beside the live buffers. */
  count(bytes: number): void {
    this.#usedBytes += bytes;
  }

  /** A fresh identity for a device buffer that does not come from the pool. */
  identity(): number {
    return this.#nextId++;
  }

  takeStaging(bytes: number): GPUBuffer {
    const capacity = sizeClass(bytes);
    const spare = this.#staging.get(capacity)?.pop();
    if (spare !== undefined) {
      this.#stagingBytes -= capacity;
      return spare;
    }
    return this.#device.createBuffer({ size: capacity, usage: usage.mapRead | usage.copyTarget });
  }

  giveStaging(buffer: GPUBuffer): void {
    // Readbacks are small or rare: a sixteenth of the budget is enough for them.
    if (this.#stagingBytes + buffer.size > this.#budget / 16) {
      buffer.destroy();
      return;
    }
    const spares = this.#staging.get(buffer.size) ?? [];
    spares.push(buffer);
    this.#staging.set(buffer.size, spares);
    this.#stagingBytes += buffer.size;
  }

  memory(): BackendMemory {
    return {
      usedBytes: this.#usedBytes,
      pooledBytes: this.#spareBytes + this.#stagingBytes + this.#pendingBytes + this.#holeBytes,
      buffers: this.#live,
    };
  }
}

/** Maps a staging buffer and copies its start into `data`. */
export async function readStaging(staging: GPUBuffer, data: DeviceArray): Promise<void> {
  const bytes = Math.ceil(data.byteLength / 4) * 4;
  await staging.mapAsync(mapModeRead, 0, bytes);
  const mapped = staging.getMappedRange(0, bytes);
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength).set(new Uint8Array(mapped, 0, data.byteLength));
  staging.unmap();
}

/**
 * The memory of all plans' temporaries. Runs follow each other in the queue and leave nothing behind in it, so one
 * buffer as large as the most demanding plan serves them all.
 */
export class Arena {
  readonly #device: GPUDevice;
  readonly #commands: Commands;
  readonly #pool: BufferPool;
  readonly #demands = new Map<object, number>();
  #gpu: GPUBuffer | undefined;
  #bytes = 0;
  id = 0;

  constructor(device: GPUDevice, commands: Commands, pool: BufferPool) {
    this.#device = device;
    this.#commands = commands;
    this.#pool = pool;
  }

  demand(owner: object, bytes: number): void {
    this.#demands.set(owner, Math.max(bytes, this.#demands.get(owner) ?? 0));
    if (bytes > this.#bytes) this.#resize(bytes);
  }

  withdraw(owner: object): void {
    this.#demands.delete(owner);
    const largest = Math.max(0, ...this.#demands.values());
    if (largest < this.#bytes) this.#resize(largest);
  }

  /** The device buffer, made when it is first needed. */
  buffer(): GPUBuffer {
    const flags = usage.storage | usage.copySource | usage.copyTarget;
    this.#gpu ??= this.#device.createBuffer({ size: this.#bytes, usage: flags });
    return this.#gpu;
  }

  #resize(bytes: number): void {
    this.#commands.submit();
    this.#gpu?.destroy();
    this.#gpu = undefined;
    this.id = this.#pool.identity();
    this.#pool.count(bytes - this.#bytes);
    this.#bytes = bytes;
  }
}
