/** The code of kernels by their keys: a plan finds here what another of its kernels, or one of an earlier plan, has brought along. */
import type { Batches, ContractionKernel, Kernel, PlanBuffer, Rows } from '../compiler/kernel.ts';
import { withoutNone, type Without } from '../compiler/optimisations.ts';
import { SlotBindings, type Bindings, type Slot } from './bindings.ts';
import { buildGemm, type GemmKind, type Tile } from './gemm.ts';
import type { WasmFunction } from './ir.ts';
import { sameKernelKey, type KernelKey } from './kernel-key.ts';
import { buildFlat, buildKernel, type Building, type KernelCode } from './kernels.ts';
import { withoutBody } from './render.ts';
import { tilesFor, type TimedTile } from './tiles.ts';

/** The code of a kernel that is bound through slots. */
export interface SharedCode extends KernelCode {
  readonly slots: readonly Slot[];
  /** Whether it is for any number of elements or rows (unsized.ts): parts are given for one element, or one block of rows. */
  readonly isUnsized: boolean;
}

interface Entry {
  readonly key: KernelKey;
  readonly code: SharedCode;
}

/** Buffers and scalars of a kernel that shares its code, at most: they are arguments. */
const mostArguments = 48;

export class KernelCache {
  /** Least recently used first. */
  readonly #buckets = new Map<number, Entry[]>();
  readonly #relaxed: boolean;
  readonly #without: Without;
  readonly #tile: Tile | undefined;
  readonly #most: number;
  #count = 0;
  readonly #asBytes: boolean;
  readonly #rendered = new WeakMap<WasmFunction, WasmFunction>();
  readonly #products = new Map<string, WasmFunction>();

  /**
   * @param most - kernels that are kept, as bytes; 0: those of one plan, as statements that can be listed
   * @param options - `tile`: the tile of all products; default: for each the fastest. `without`: what is left out; default: nothing
   */
  constructor(
    relaxed: boolean,
    most: number,
    { tile, without = withoutNone }: { readonly tile?: Tile | undefined; readonly without?: Without } = {},
  ) {
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

  /** The code of a kernel over some of `buffers`, made now where there is none. `bindings` are those of one that takes too much to share its code. */
  of(kernel: Kernel | Rows | Batches, key: KernelKey, buffers: readonly PlanBuffer[], bindings: Bindings): SharedCode {
    const building = {
      buffers,
      relaxed: this.#relaxed,
      without: this.#without,
      gemm: (tile: Tile, kind: GemmKind) => this.#gemm(tile, kind),
      tilesFor: (contraction: ContractionKernel) => this.#tilesFor(contraction),
    };
    if (key.buffers.length + key.scalars.length > mostArguments || this.#without.has('shared-code'))
      return { ...buildKernel({ ...building, bindings }, kernel), slots: [], isUnsized: false };
    const bucket = this.#buckets.get(key.hash) ?? [];
    this.#buckets.delete(key.hash);
    this.#buckets.set(key.hash, bucket);
    const known = bucket.find((entry) => sameKernelKey(entry.key, key));
    if (known !== undefined) return known.code;
    const slots = new SlotBindings(key.buffers, key.scalars);
    const built = { ...this.#build(building, slots, kernel, key), slots: slots.slots };
    const code = this.#asBytes ? this.#asLinkable(built) : built;
    bucket.push({ key, code });
    this.#count++;
    for (const [hash, old] of this.#buckets) {
      if (this.#count <= this.#most || old === bucket) break;
      this.#buckets.delete(hash);
      this.#count -= old.length;
    }
    return code;
  }

  #build(
    building: Omit<Building, 'bindings'>,
    slots: SlotBindings,
    kernel: Kernel | Rows | Batches,
    { extent }: KernelKey,
  ): Omit<SharedCode, 'slots'> {
    if (extent !== undefined && kernel.kind === 'map')
      return { ...buildFlat(building, slots, kernel), isUnsized: true };
    const code = buildKernel({ ...building, bindings: slots }, kernel);
    if (extent === undefined) return { ...code, isUnsized: false };
    const stages = code.stages.map((stage) =>
      stage.map(({ target, grid, nanoseconds }) => ({ target, grid: 1, nanoseconds: nanoseconds / grid })),
    );
    return { ...code, stages, isUnsized: true };
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
