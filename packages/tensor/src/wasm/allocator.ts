/**
 * The backend's one memory: blocks in size classes, best fit, neighbours merged when freed, grown when nothing fits. The first and last
 * bytes stay unused (see GUARD_BYTES).
 */
import { GUARD_BYTES } from './address.ts';
import { OutOfMemoryError } from '../graph/errors.ts';
import { formatBytes } from '../graph/types.ts';

const PAGE = 65536;
/** 4 GiB. */
const MAXIMUM_PAGES = 65536;

interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** Rounds up to multiples of 256 bytes, and to eighths of a power of two above 16 KiB: at most an eighth is lost. */
export function sizeClass(bytes: number): number {
  if (bytes <= 16384) return Math.max(256, Math.ceil(bytes / 256) * 256);
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 3);
  return Math.ceil(bytes / step) * step;
}

export class Allocator {
  readonly memory: WebAssembly.Memory;
  readonly #maximumPages: number;
  /** By address; no two touch. */
  readonly #free: Block[] = [];
  /** Everything from here to the end of memory was never used. */
  #top = GUARD_BYTES;
  #used = 0;
  #pooled = 0;
  #floats = new Float32Array(0);
  #ints = new Int32Array(0);
  #bytes = new Uint8Array(0);

  /** `shared`: whether several threads see the memory. */
  constructor(maximumPages: number = MAXIMUM_PAGES, shared = false) {
    this.#maximumPages = Math.min(maximumPages, MAXIMUM_PAGES);
    this.memory = new WebAssembly.Memory({
      initial: (4 * GUARD_BYTES) / PAGE,
      maximum: this.#maximumPages,
      shared,
    });
  }

  get maximumPages(): number {
    return this.#maximumPages;
  }

  get usedBytes(): number {
    return this.#used;
  }

  get pooledBytes(): number {
    return this.#pooled;
  }

  /** The whole memory; valid until the next allocation. */
  floats(): Float32Array {
    if (this.#floats.buffer !== this.memory.buffer) this.#floats = new Float32Array(this.memory.buffer);
    return this.#floats;
  }

  bytes(): Uint8Array {
    if (this.#bytes.buffer !== this.memory.buffer) this.#bytes = new Uint8Array(this.memory.buffer);
    return this.#bytes;
  }

  ints(): Int32Array {
    if (this.#ints.buffer !== this.memory.buffer) this.#ints = new Int32Array(this.memory.buffer);
    return this.#ints;
  }

  /** Address of a block of `sizeClass(bytes)` bytes, a multiple of 256. */
  allocate(bytes: number): number {
    const size = sizeClass(bytes);
    let best = -1;
    for (let i = 0, least = Infinity; i < this.#free.length && least > size; i++) {
      const { bytes: available } = this.#free[i] as Block;
      if (available < size || available >= least) continue;
      best = i;
      least = available;
    }
    const block = this.#free[best];
    if (block !== undefined) {
      if (block.bytes === size) this.#free.splice(best, 1);
      else this.#free[best] = { address: block.address + size, bytes: block.bytes - size };
      this.#pooled -= size;
      this.#used += size;
      return block.address;
    }
    // The last free block may end where the unused memory begins.
    const last = this.#free.at(-1);
    const address = last !== undefined && last.address + last.bytes === this.#top ? last.address : this.#top;
    this.#ensure(address + size, bytes);
    if (last !== undefined && address === last.address) {
      this.#free.pop();
      this.#pooled -= last.bytes;
    }
    this.#top = address + size;
    this.#used += size;
    return address;
  }

  #ensure(end: number, requested: number): void {
    const have = this.memory.buffer.byteLength / PAGE;
    const need = Math.ceil((end + GUARD_BYTES) / PAGE);
    if (need <= have) return;
    // Some room beyond, so that many small allocations do not each grow the memory.
    const generous = Math.min(this.#maximumPages, need + Math.min(have >> 2, 1024));
    for (const pages of [generous, need]) {
      if (pages < need || pages > this.#maximumPages) continue;
      try {
        this.memory.grow(pages - have);
        return;
      } catch {
        // Tried again with less, or reported below.
      }
    }
    const limit = this.#maximumPages * PAGE;
    const reason =
      need > this.#maximumPages
        ? `its memory can be ${formatBytes(limit)} at most`
        : `the system does not let its memory grow from ${formatBytes(have * PAGE)} to ${formatBytes(need * PAGE)} (WebAssembly allows ${formatBytes(limit)})`;
    throw new OutOfMemoryError(
      `The WebAssembly device cannot allocate ${formatBytes(requested)}: ${formatBytes(this.#used)} are in use, ` +
        `${formatBytes(this.#pooled)} are free in pieces, and ${reason}.`,
    );
  }

  /** Gives back a block of `sizeClass(bytes)` bytes. */
  free(address: number, bytes: number): void {
    const size = sizeClass(bytes);
    this.#used -= size;
    this.#pooled += size;
    let position = 0;
    for (let end = this.#free.length; position < end;) {
      const middle = (position + end) >> 1;
      if ((this.#free[middle] as Block).address > address) end = middle;
      else position = middle + 1;
    }
    let merged: Block = { address, bytes: size };
    const after = this.#free[position];
    if (after !== undefined && after.address === address + size) {
      merged = { address, bytes: size + after.bytes };
      this.#free.splice(position, 1);
    }
    const before = this.#free[position - 1];
    if (before !== undefined && before.address + before.bytes === address) {
      this.#free[position - 1] = { address: before.address, bytes: before.bytes + merged.bytes };
    } else this.#free.splice(position, 0, merged);
  }
}
