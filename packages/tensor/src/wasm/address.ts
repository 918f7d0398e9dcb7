/**
 * From the compiler's index expressions to addresses: where a plan's buffers lie, what the loop axes are bound to, and sums that
 * are ordered from the outermost loop inwards so that the renderer can hoist all but their last step.
 */
import type { Atom, Axis, Index, RunTimePosition } from '../compiler/index-expression.ts';
import { bytesOf, type Condition, type PlanBuffer, type StorageType } from '../compiler/kernel.ts';
import type { Bindings } from './bindings.ts';
import type { Address, Value } from './ir.ts';
import type { MathContext } from './math.ts';
import { op } from './opcodes.ts';

/**
 * Bytes at both ends of memory that no buffer occupies: a vector may read past its buffer's end, and a guarded load may read
 * before its begin, without a trap. What is read there is always discarded.
 */
export const GUARD_BYTES: number = 1 << 20;

/** Stands for scratch memory that holds the results of a contraction in the indices of its epilogue. */
export const RESULT_BUFFER = -1;

/** What every schedule needs to build a function. */
export interface KernelContext extends MathContext {
  /** The plan's buffers: of what type and size they are. */
  readonly buffers: readonly PlanBuffer[];
  readonly bindings: Bindings;
  /** Address of {@link RESULT_BUFFER}. */
  readonly result?: Value;
  /** What {@link rowsOfBlock} says. */
  readonly rows?: Value;
  /** Whether all guarded loads are known to be near their buffers: of open axes nobody can tell by how long they are. */
  readonly areNear?: boolean;
}

/** The quantity that is how many rows a block has (rows.ts): an argument of the functions of its phases. */
export const rowsOfBlock: number = -1;

/** How long an axis is. */
export function extentOf({ fb, bindings, rows }: KernelContext, { extent, open }: Axis): Value {
  if (open === undefined) return fb.i32(extent);
  const quantity = open.quantity === rowsOfBlock ? rows : bindings.quantity(fb, open.quantity);
  if (quantity === undefined) throw new Error('internal: nobody says how many rows the block has');
  return fb.mul(quantity, open.times);
}

function noPosition(): never {
  throw new Error('internal: a position known only at run time has no value here');
}

/** The value of an axis, and those bound before it. */
interface BoundAxis {
  readonly axis: Axis;
  readonly elements: Value;
  readonly bytes: Value | undefined;
  readonly before: BoundAxis | undefined;
}

/** Values of loop axes; the innermost vector axis is counted in bytes as well, so that addresses need no multiplication. */
export class AxisValues {
  readonly #context: KernelContext;
  readonly #bound: BoundAxis | undefined;
  readonly #atoms = new Map<Atom, Value>();
  readonly #position: (atom: RunTimePosition) => Value;

  /** `position` gives the values of run-time positions where indices have such. */
  constructor(context: KernelContext, bound?: BoundAxis, position: (atom: RunTimePosition) => Value = noPosition) {
    this.#context = context;
    this.#bound = bound;
    this.#position = position;
  }

  /** The same values with one axis bound anew. */
  with(axis: Axis, elements: Value, bytes?: Value): AxisValues {
    return new AxisValues(this.#context, { axis, elements, bytes, before: this.#bound }, this.#position);
  }

  /** The same values, with run-time positions found by `position`. */
  reading(position: (atom: RunTimePosition) => Value): AxisValues {
    return new AxisValues(this.#context, this.#bound, position);
  }

  #boundTo(axis: Axis): BoundAxis | undefined {
    let bound = this.#bound;
    while (bound !== undefined && bound.axis !== axis) bound = bound.before;
    return bound;
  }

  /** Value of an axis in elements. */
  valueOf(axis: Axis): Value | undefined {
    return this.#boundTo(axis)?.elements;
  }

  /** Value of an axis in bytes, where it is kept. */
  bytes(axis: Axis): Value | undefined {
    return this.#boundTo(axis)?.bytes;
  }

  #atom(atom: Atom): Value {
    const { fb } = this.#context;
    let value = atom.kind === 'axis' ? this.valueOf(atom) : this.#atoms.get(atom);
    if (value === undefined) {
      if (atom.kind === 'axis') {
        if (atom.extent > 1) throw new Error(`internal: axis ${atom.id} of extent ${atom.extent} has no value here`);
        value = fb.i32(0);
      } else if (atom.kind === 'value') {
        value = this.#position(atom);
        this.#atoms.set(atom, value);
      } else {
        const inner = this.value(atom.index);
        const shift = Math.log2(atom.divisor);
        if (Number.isInteger(shift)) {
          value =
            atom.kind === 'div'
              ? fb.op(op.i32ShrU, inner, fb.i32(shift))
              : fb.op(op.i32And, inner, fb.i32(atom.divisor - 1));
        } else value = atom.kind === 'div' ? fb.divide(inner, atom.divisor) : fb.remainder(inner, atom.divisor);
        this.#atoms.set(atom, value);
      }
    }
    return value;
  }

  /** start + Σ scale · coefficient · atom, the constant left out. */
  sum(start: Value, index: Index, scale: number): Value {
    const { fb } = this.#context;
    const parts = index.terms.map(({ coefficient, atom }) => {
      const bytes = scale === 4 && atom.kind === 'axis' ? this.bytes(atom) : undefined;
      return bytes === undefined ? fb.mul(this.#atom(atom), coefficient * scale) : fb.mul(bytes, coefficient);
    });
    parts.sort((a, b) => a.level - b.level || a.id - b.id);
    return parts.reduce((total, part) => fb.add(total, part), start);
  }

  /** The index as an i32. */
  value(index: Index): Value {
    const { fb } = this.#context;
    if (index.constant === 0) return this.sum(fb.i32(0), index, 1);
    if (Math.abs(index.constant) >= 2 ** 31) throw new Error(`internal: an index begins at ${index.constant}`);
    // Constants last where they cannot be hoisted with the outer part anyway.
    return fb.add(this.sum(fb.i32(0), index, 1), index.constant);
  }

  /** i32 0 or 1: whether all conditions hold. */
  holds(conditions: readonly Condition[]): Value {
    const { fb } = this.#context;
    let result: Value | undefined;
    for (const { index, lower, upper } of conditions) {
      if (isAlways({ index, lower, upper })) continue;
      const shifted = fb.sub(this.value(index), lower);
      const test = fb.op(op.i32LtU, shifted, fb.i32(Math.max(upper - lower, 0)));
      result = result === undefined ? test : fb.op(op.i32And, result, test);
    }
    return result ?? fb.i32(1);
  }

  /** The byte address of an element. */
  address(buffer: number, index: Index): Address {
    const { fb } = this.#context;
    const pointer = bufferStart(this.#context, buffer);
    const bytes = elementBytes(this.#context, buffer);
    const offset = index.constant * bytes;
    // An instruction's offset is added without wrapping, so the rest must not be negative.
    if (index.min >= index.constant && offset >= 0 && offset < 2 ** 31) {
      const base = this.sum(pointer, index, bytes);
      if (base.kind !== 'op' || base.code !== op.i32Add) return { base, offset };
      const [inner, step] = base.args;
      if (inner === undefined || step?.kind !== 'i32' || step.value < 0) return { base, offset };
      return { base: inner, offset: offset + step.value };
    }
    return { base: this.sum(fb.add(pointer, offset), index, bytes), offset: 0 };
  }
}

/** How the elements of a buffer lie in memory. */
export function storageOf({ buffers }: KernelContext, buffer: number): StorageType {
  return buffer === RESULT_BUFFER ? 'f32' : (buffers[buffer]?.type ?? 'f32');
}

/** Bytes of a buffer's elements. */
export function elementBytes(context: KernelContext, buffer: number): number {
  return bytesOf[storageOf(context, buffer)];
}

/** A buffer's address, for the code of a kernel. */
export function bufferStart({ fb, bindings, result }: KernelContext, buffer: number): Value {
  return buffer === RESULT_BUFFER && result !== undefined ? result : bindings.buffer(fb, buffer);
}

/** Whether a condition holds wherever the axes stand. */
export function isAlways({ index, lower, upper }: Condition): boolean {
  return index.min >= lower && index.max < upper;
}

/** Whether a load at `index` stays within the guard bytes around its buffer, `slack` bytes included. */
export function isNear(
  { buffers, areNear = false }: Pick<KernelContext, 'buffers' | 'areNear'>,
  buffer: number,
  index: Index,
  slack = 0,
): boolean {
  if (areNear) return true;
  // Scratch results are always inside; lanes past the end read other scratch.
  const size = buffer === RESULT_BUFFER ? index.max + 1 : (buffers[buffer]?.size ?? 0);
  const before = Math.max(0, -index.min) * 4 + slack;
  const after = Math.max(0, index.max - size + 1) * 4 + slack;
  return before < GUARD_BYTES - 64 && after < GUARD_BYTES - 64;
}
