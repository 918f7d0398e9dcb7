/**
 * A least-recently-used store of plans, bounded by the bytes that they hold. A hit needs the whole key to be equal, so a hash collision
 * cannot run a wrong plan.
 */
import { sameKey, type Linearization, type Program } from '../graph/program.ts';
import type { TensorType } from '../graph/types.ts';
import type { Executable } from './backend.ts';

/** What a plan is found by. */
export type PlanIdentity = Pick<Linearization, 'hash' | 'key'>;

export interface PlanEntry {
  readonly identity: PlanIdentity;
  readonly executable: Executable;
  /** The types that the key speaks of: as long as they live, the same computation has the same key. */
  readonly types: ReadonlySet<TensorType>;
  /** Bytes that the entry counts for at the moment. */
  bytes: number;
  /** False once it had to make room for others. */
  kept: boolean;
  /** While a call is on its way to running the plan, it makes no room for others. */
  pinned: boolean;
}

/** Bytes of an entry beside its key and its executable: the entry, its places in maps. */
const entryBytes = 1024;

export class PlanCache {
  readonly #buckets = new Map<number, PlanEntry[]>();
  /** Least recently used first. */
  readonly #order = new Set<PlanEntry>();
  /** The last of them. */
  #last: PlanEntry | undefined = undefined;
  #limit: number;
  #bytes = 0;
  hits = 0;
  misses = 0;

  /** @param limit - bytes; the plan used last is kept also where it alone holds more. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#order.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get limit(): number {
    return this.#limit;
  }

  set limit(bytes: number) {
    this.#limit = bytes;
    this.#evict();
  }

  find({ hash, key }: PlanIdentity): PlanEntry | undefined {
    for (const entry of this.#buckets.get(hash) ?? []) {
      if (!sameKey(entry.identity.key, key)) continue;
      this.hits++;
      return entry;
    }
    this.misses++;
    return undefined;
  }

  insert(identity: PlanIdentity, program: Program, executable: Executable): PlanEntry {
    const types = new Set(program.nodes.map(({ type }) => type));
    const entry: PlanEntry = { identity, types, executable, bytes: 0, kept: true, pinned: false };
    const bucket = this.#buckets.get(identity.hash);
    if (bucket === undefined) this.#buckets.set(identity.hash, [entry]);
    else bucket.push(entry);
    this.use(entry);
    return entry;
  }

  /** Says that a plan has been used; counts what it holds by now. */
  use(entry: PlanEntry): void {
    if (!entry.kept) return;
    if (entry !== this.#last) {
      this.#order.delete(entry);
      this.#order.add(entry);
      this.#last = entry;
    }
    const bytes = entryBytes + entry.identity.key.byteLength + entry.executable.bytes;
    this.#bytes += bytes - entry.bytes;
    entry.bytes = bytes;
    this.#evict();
  }

  #evict(): void {
    if (this.#bytes <= this.#limit) return;
    for (const entry of this.#order) {
      if (this.#bytes <= this.#limit || this.#order.size === 1) return;
      if (!entry.pinned) this.#remove(entry);
    }
  }

  #remove(entry: PlanEntry): void {
    const { hash } = entry.identity;
    this.#order.delete(entry);
    if (entry === this.#last) this.#last = undefined;
    this.#bytes -= entry.bytes;
    entry.kept = false;
    const rest = (this.#buckets.get(hash) ?? []).filter((other) => other !== entry);
    if (rest.length === 0) this.#buckets.delete(hash);
    else this.#buckets.set(hash, rest);
    entry.executable.dispose();
  }
}
