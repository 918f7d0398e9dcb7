/** The code of kernels by their keys: a plan finds here what another of its kernels, or one of an earlier plan, has brought along. */
import type { Kernel, PlanBuffer, Rows } from '../compiler/kernel.ts';
import { SlotBindings, type Bindings, type Slot } from './bindings.ts';
import { buildGemm } from './gemm.ts';
import type { WasmFunction } from './ir.ts';
import { sameKernelKey, type KernelKey } from './kernel-key.ts';
import { buildKernel, type KernelCode } from './kernels.ts';
import { withoutBody } from './render.ts';

/** The code of a kernel that is bound through slots. */
export interface SharedCode extends KernelCode {
  readonly slots: readonly Slot[];
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
  readonly #most: number;
  #count = 0;
  readonly #asBytes: boolean;
  readonly #rendered = new WeakMap<WasmFunction, WasmFunction>();
  #gemm: WasmFunction | undefined;

  /** @param most - kernels that are kept, as bytes; 0: those of one plan, as statements that can be listed */
  constructor(relaxed: boolean, most: number) {
    this.#relaxed = relaxed;
    this.#most = most > 0 ? most : Infinity;
    this.#asBytes = most > 0;
  }

  /** How many kernels' code is there. */
  get count(): number {
    return this.#count;
  }

  /** The code of a kernel over some of `buffers`, made now where there is none. `bindings` are those of one that takes too much to share its code. */
  of(kernel: Kernel | Rows, key: KernelKey, buffers: readonly PlanBuffer[], bindings: Bindings): SharedCode {
    const gemm = (): WasmFunction => (this.#gemm ??= buildGemm(this.#relaxed));
    const building = { buffers, relaxed: this.#relaxed, gemm };
    if (key.buffers.length + key.scalars.length > mostArguments)
      return { ...buildKernel({ ...building, bindings }, kernel), slots: [] };
    const bucket = this.#buckets.get(key.hash) ?? [];
    this.#buckets.delete(key.hash);
    this.#buckets.set(key.hash, bucket);
    const known = bucket.find((entry) => sameKernelKey(entry.key, key));
    if (known !== undefined) return known.code;
    const slots = new SlotBindings(key.buffers, key.scalars);
    const built = { ...buildKernel({ ...building, bindings: slots }, kernel), slots: slots.slots };
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

  #asLinkable(code: SharedCode): SharedCode {
    return {
      ...code,
      stages: code.stages.map((stage) =>
        stage.map((part) => ({ ...part, target: withoutBody(part.target, this.#rendered) })),
      ),
    };
  }
}
