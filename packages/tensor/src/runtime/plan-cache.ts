/** A bounded, least-recently-used store of plans. A hit needs the whole key to be equal, so a hash collision cannot run a wrong plan. */
import { sameKey } from '../graph/program.ts';
import type { Executable } from './backend.ts';

export interface PlanEntry {
  readonly key: Int32Array;
  readonly hash: number;
  readonly executable: Executable;
  /** Number of compiled functions that use the plan; it is not evicted while there are any. */
  pins: number;
}

export class PlanCache {
  readonly #buckets = new Map<number, PlanEntry[]>();
  /** Least recently used first. */
  readonly #order = new Set<PlanEntry>();
  readonly #capacity: number;
  hits = 0;
  misses = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#order.size;
  }

  find(hash: number, key: Int32Array): PlanEntry | undefined {
    const entry = this.#buckets.get(hash)?.find((candidate) => sameKey(candidate.key, key));
    if (entry === undefined) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    this.#order.delete(entry);
    this.#order.add(entry);
    return entry;
  }

  insert(hash: number, key: Int32Array, executable: Executable): PlanEntry {
    const entry: PlanEntry = { hash, key, executable, pins: 0 };
    const bucket = this.#buckets.get(hash);
    if (bucket === undefined) this.#buckets.set(hash, [entry]);
    else bucket.push(entry);
    this.#order.add(entry);
    this.#evict(entry);
    return entry;
  }

  clear(): void {
    for (const entry of this.#order) if (entry.pins === 0) this.#remove(entry);
  }

  #evict(newest: PlanEntry): void {
    if (this.#order.size <= this.#capacity) return;
    for (const entry of this.#order) {
      if (entry.pins > 0 || entry === newest) continue;
      this.#remove(entry);
      if (this.#order.size <= this.#capacity) return;
    }
  }

  #remove(entry: PlanEntry): void {
    this.#order.delete(entry);
    const rest = (this.#buckets.get(entry.hash) ?? []).filter((other) => other !== entry);
    if (rest.length === 0) this.#buckets.delete(entry.hash);
    else this.#buckets.set(entry.hash, rest);
    entry.executable.dispose();
  }
}
