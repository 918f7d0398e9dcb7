/**
 * What the code of a kernel leaves open: where its buffers, its scalars and its tables lie, and how much there is of it. Each is a slot, a word of the frame whose address the code is
 * given (function-builder.ts), so that kernels which differ in nothing else share their code, and a plan is no code of its own.
 */
import type { FunctionBuilder } from './function-builder.ts';
import type { Value } from './ir.ts';

/** What a word of the frame is the address of. Buffers and scalars are numbered in the order in which the kernel names them. */
export type Slot =
  | { readonly kind: 'buffer' | 'scalar'; readonly position: number }
  /** No address, but a number that is no part of the code (open.ts). */
  | { readonly kind: 'quantity'; readonly position: number }
  | { readonly kind: 'table'; readonly data: Int32Array<ArrayBuffer> };

/** How the code of a kernel finds what it is bound to; its slots are those that it has asked for. */
export class Bindings {
  readonly slots: Slot[] = [];
  readonly #known = new Map<string, number>();
  readonly #buffers: ReadonlyMap<number, number>;
  readonly #scalars: ReadonlyMap<number, number>;

  /** The buffers and scalars of the plan that the kernel names, with their numbers in the kernel. */
  constructor(buffers: readonly number[], scalars: readonly number[]) {
    this.#buffers = new Map(buffers.map((buffer, position) => [buffer, position]));
    this.#scalars = new Map(scalars.map((scalar, position) => [scalar, position]));
  }

  #slot(key: string, slot: Slot): number {
    let known = this.#known.get(key);
    if (known === undefined) {
      known = this.slots.push(slot) - 1;
      this.#known.set(key, known);
    }
    return known;
  }

  /** The address of a buffer of the plan. */
  buffer(fb: FunctionBuilder, buffer: number): Value {
    const position = this.#buffers.get(buffer);
    if (position === undefined) throw new Error(`internal: the kernel has no buffer ${buffer}`);
    return fb.binding(this.#slot(`buffer ${position}`, { kind: 'buffer', position }));
  }

  /** The address of a scalar of the plan. */
  scalar(fb: FunctionBuilder, scalar: number): Value {
    const position = this.#scalars.get(scalar);
    if (position === undefined) throw new Error(`internal: the kernel has no scalar ${scalar}`);
    return fb.binding(this.#slot(`scalar ${position}`, { kind: 'scalar', position }));
  }

  /** A number that is no part of the code (open.ts). */
  quantity(fb: FunctionBuilder, position: number): Value {
    return fb.binding(this.#slot(`quantity ${position}`, { kind: 'quantity', position }));
  }

  /** The address of a constant table. */
  table(fb: FunctionBuilder, data: Int32Array<ArrayBuffer>): Value {
    return fb.binding(this.#slot(data.join(), { kind: 'table', data }));
  }
}
