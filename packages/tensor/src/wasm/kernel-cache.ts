/** The code of kernels by their keys: a plan finds here what another of its kernels, or one of an earlier plan, has brought along. */
import type { Batches, ContractionKernel, Kernel, PlanBuffer, Rows } from '../compiler/kernel.ts';
import { withoutNone, type Without } from '../compiler/optimisations.ts';
import { Bindings, type Slot } from './bindings.ts';
import { buildGemm, type GemmKind, type Tile } from './gemm.ts';
import type { WasmFunction } from './ir.ts';
import { kernelKey, sameKernelKey, type KernelKey } from './kernel-key.ts';
import { buildFlat, buildKernel, type KernelCode } from './kernels.ts';
import type { KernelLibrary, LibraryFunction, LibraryModule } from './library.ts';
import { buildProduct, openProduct } from './open-product.ts';
import { openIn, withOpenAxes } from './open.ts';
import { withoutBody } from './render.ts';
import { tilesFor, type TimedTile } from './tiles.ts';

/** The code of a kernel, which finds what it is bound to in slots. */
export interface SharedCode extends KernelCode {
  readonly slots: readonly Slot[];
}

/** Where the functions of a kernel's parts are, stage by stage, and for each slot of a table its address. */
export interface LinkedCode {
  readonly module: LibraryModule;
  readonly stages: readonly (readonly LibraryFunction[])[];
  readonly tables: ReadonlyMap<Slot, number>;
}

/** A kernel with the code that it is run by, and the numbers that this leaves open. */
export interface CodedKernel {
  readonly key: KernelKey;
  readonly cached: CachedKernel;
  readonly quantities: readonly number[];
  /** What the nanoseconds of the code's parts are multiplied by. */
  readonly work: number;
}

export interface CachedKernel {
  readonly key: KernelKey;
  readonly code: SharedCode;
  /** Undefined until it has been compiled. */
  linked: LinkedCode | undefined;
  /** Whether the cache holds it. */
  kept: boolean;
}

export class KernelCache {
  /** Least recently used first. */
  readonly #buckets = new Map<number, CachedKernel[]>();
  readonly #relaxed: boolean;
  readonly #without: Without;
  readonly #tile: Tile | undefined;
  readonly #most: number;
  #count = 0;
  readonly #asBytes: boolean;
  readonly #library: KernelLibrary | undefined;
  readonly #rendered = new WeakMap<WasmFunction, WasmFunction>();
  readonly #products = new Map<string, WasmFunction>();

  /**
   * @param most - kernels that are kept, as bytes; 0: those of one plan, as statements that can be listed
   * @param options - `tile`: the tile of all products; default: for each the fastest. `without`: what is left out; default: nothing. `library`: where they are compiled
   */
  constructor(
    relaxed: boolean,
    most: number,
    {
      tile,
      without = withoutNone,
      library,
    }: { readonly tile?: Tile | undefined; readonly without?: Without; readonly library?: KernelLibrary } = {},
  ) {
    this.#library = library;
    this.#relaxed = relaxed;
    this.#without = without;
    this.#tile = tile;
    this.#most = most > 0 ? most : Infinity;
    this.#asBytes = most > 0;
  }

  /** How many kernels' code is there. */
  get count(): number {
    return this.#count;
  }

  /** The code of a kernel over some of `buffers`, made now where there is none. */
  of(kernel: Kernel | Rows | Batches, buffers: readonly PlanBuffer[]): CodedKernel {
    const general = {
      buffers,
      relaxed: this.#relaxed,
      without: this.#without,
      gemm: (tile: Tile, kind: GemmKind) => this.#gemm(tile, kind),
      tilesFor: (contraction: ContractionKernel) => this.#tilesFor(contraction),
    };
    const isOpen = !this.#without.has('open-sizes');
    const product = isOpen && kernel.kind === 'contraction' ? openProduct(general, kernel) : undefined;
    const open = product ?? (isOpen ? openIn(kernel, buffers) : undefined);
    let features = product?.features;
    if (kernel.kind === 'batches' && open !== undefined) {
      // Its code is made for more batches than there are, which would be worth a trial of tiles.
      const tiles = kernel.phases.flatMap((phase) => (phase.kind === 'contraction' ? [this.#tilesFor(phase)] : []));
      const [most = []] = tiles.sort((a, b) => b.length - a.length);
      general.tilesFor = () => most;
      features = [most.length];
    }
    const key = kernelKey(product?.cut.kernel ?? kernel, buffers, open, features);
    const cached = this.#find(key, (bindings) => {
      const building = { ...general, bindings, areNear: open !== undefined };
      if (product !== undefined) return buildProduct(building, product);
      if (open?.kind === 'elements' && kernel.kind === 'map') return buildFlat(building, kernel);
      const code = buildKernel(building, open === undefined ? kernel : withOpenAxes(kernel, open));
      return open === undefined ? code : perWork(code, open.builtWork);
    });
    return { key, cached, quantities: open?.quantities ?? [], work: open?.work ?? 1 };
  }

  #find(key: KernelKey, build: (bindings: Bindings) => KernelCode): CachedKernel {
    const make = (kept: boolean): CachedKernel => {
      const bindings = new Bindings(key.buffers, key.scalars);
      const code = { ...build(bindings), slots: bindings.slots };
      return { key, code: this.#asBytes ? this.#asLinkable(code) : code, linked: undefined, kept };
    };
    if (this.#without.has('shared-code')) return make(false);
    const bucket = this.#buckets.get(key.hash) ?? [];
    this.#buckets.delete(key.hash);
    this.#buckets.set(key.hash, bucket);
    const known = bucket.find((entry) => sameKernelKey(entry.key, key));
    if (known !== undefined) return known;
    const made = make(true);
    bucket.push(made);
    this.#count++;
    return made;
  }

  /** Gives up the least recently used beyond the limit: once a plan has said which it needs, since what nobody uses goes from the library. */
  trim(): void {
    for (const [hash, old] of this.#buckets) {
      if (this.#count <= this.#most) break;
      this.#buckets.delete(hash);
      this.#count -= old.length;
      for (const each of old) this.#forget(each);
    }
  }

  /** Gives up what has been compiled for a plan that failed, and is neither kept nor used. */
  abandon(kernels: readonly CachedKernel[]): void {
    const modules = new Set(kernels.flatMap(({ linked }) => linked?.module ?? []));
    for (const module of modules) if (module.users === 0) this.#library?.release(module);
  }

  #forget(cached: CachedKernel): void {
    cached.kept = false;
    if (cached.linked !== undefined) this.#library?.release(cached.linked.module);
  }

  /** Compiles what has not been yet; the bytes of its code. */
  link(kernels: readonly CachedKernel[]): number {
    const fresh = [...new Set(kernels)].filter(({ linked }) => linked === undefined);
    if (fresh.length === 0) return 0;
    if (this.#library === undefined) throw new Error('internal: a cache without a library');
    const targets = new Set(fresh.flatMap(({ code }) => code.stages.flat().map(({ target }) => target)));
    const slots = fresh.flatMap(({ code }) => code.slots.filter((slot) => slot.kind === 'table'));
    const { module, functions, addresses } = this.#library.add([...targets], slots.map(({ data }) => data)); // prettier-ignore
    const tables = new Map<Slot, number>(slots.map((slot, i) => [slot, addresses[i] ?? 0]));
    for (const kernel of fresh) {
      const stages = kernel.code.stages.map((stage) =>
        stage.map(({ target }) => functions.get(target) as LibraryFunction),
      );
      kernel.linked = { module, stages, tables };
      if (kernel.kept) module.users++;
    }
    return module.codeBytes;
  }

  #tilesFor(kernel: ContractionKernel): readonly TimedTile[] {
    return this.#tile === undefined ? tilesFor(kernel, this.#relaxed) : [{ ...this.#tile, speed: 1 }];
  }

  #gemm(tile: Tile, kind: GemmKind): WasmFunction {
    const name = `${tile.rows}×${tile.columns} ${kind}`;
    let known = this.#products.get(name);
    if (known === undefined) this.#products.set(name, (known = buildGemm(this.#relaxed, tile, kind)));
    return known;
  }

  #asLinkable(code: SharedCode): SharedCode {
    return {
      ...code,
      stages: code.stages.map((stage) =>
        stage.map((part) => ({ ...part, target: withoutBody(part.target, this.#rendered) })),
      ),
    };
  }
}

/** The code with its nanoseconds for one of so much work. */
function perWork(code: KernelCode, work: number): KernelCode {
  const stages = code.stages.map((stage) =>
    stage.map((part) =>
      typeof part.nanoseconds === 'number' ? { ...part, nanoseconds: part.nanoseconds / work } : part,
    ),
  );
  return { ...code, stages };
}
