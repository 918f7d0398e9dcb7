/**
 * What of a kernel decides its code, as a list of integers: two kernels with the same list are the same computation over buffers of the same
 * types and sizes, whichever buffers these are, and of any sizes where these are no part of the code (open.ts). Numbers stand for what has been named before (axes, atoms,
 * expressions), so that what is
 * shared in one is shared in the other.
 */
import type { Atom, Axis, Index } from '../compiler/index-expression.ts';
import { visitInOrder } from '../compiler/expressions.ts';
import type { Batches, Condition, Expression, Kernel, Operand, PlanBuffer, Rows, Store } from '../compiler/kernel.ts';
import type { Open } from './open.ts';

export interface KernelKey {
  readonly hash: number;
  readonly key: readonly number[];
  /** Buffers and scalars of the plan in the order in which the kernel names them. */
  readonly buffers: readonly number[];
  readonly scalars: readonly number[];
}

/** @param open - what is no part of the code. @param features - what decides it beside the kernel */
export function kernelKey(
  kernel: Kernel | Rows | Batches,
  buffers: readonly PlanBuffer[],
  open: Open | undefined,
  features: readonly number[] = [],
): KernelKey {
  const writer = new KeyWriter(buffers, open);
  writer.key.push(features.length, ...features);
  writer.kernel(kernel);
  let hash = 0x811c9dc5;
  for (const number of writer.key) hash = Math.imul(hash ^ number, 0x01000193);
  return { hash: hash >>> 0, key: writer.key, buffers: writer.buffers, scalars: writer.scalars };
}

export function sameKernelKey(a: KernelKey, b: KernelKey): boolean {
  return a.hash === b.hash && a.key.length === b.key.length && a.key.every((number, i) => number === b.key[i]);
}

/** Nothing but `{}`: what is left of an object of which every property has been written. A new property does not compile. */
type Nothing = Readonly<Record<string, never>>;

const texts = new Map<string, number>();
const doubles = new Float64Array(1);
const words = new Int32Array(doubles.buffer);
const asBits = -(2 ** 31);

class KeyWriter {
  readonly key: number[] = [];
  readonly buffers: number[] = [];
  readonly scalars: number[] = [];
  readonly #planBuffers: readonly PlanBuffer[];
  readonly #open: Open | undefined;
  readonly #isFlat: boolean;
  readonly #numbers = new Map<object, number>();
  readonly #bufferNumbers = new Map<number, number>();
  readonly #scalarNumbers = new Map<number, number>();

  constructor(planBuffers: readonly PlanBuffer[], open: Open | undefined) {
    this.#planBuffers = planBuffers;
    this.#open = open;
    this.#isFlat = open?.kind === 'elements';
  }

  kernel(kernel: Kernel | Rows | Batches): void {
    this.#text(this.#open?.kind ?? 'closed');
    this.#text(kernel.kind);
    switch (kernel.kind) {
      case 'map': {
        const { kind: _, name: __, axes, stores, ...rest } = kernel;
        if (!this.#isFlat) this.#axes(axes);
        this.#stores(stores, rest);
        return;
      }
      case 'reduce': {
        const { kind: _, name: __, axes, reduceAxes, reducers, stores, ...rest } = kernel;
        this.#axes(axes);
        this.#axes(reduceAxes);
        this.key.push(reducers.length);
        for (const { operator, value } of reducers) {
          this.#text(operator);
          this.#expression(value);
        }
        this.#stores(stores, rest);
        return;
      }
      case 'contraction': {
        const { kind: _, name: __, batch, m, n, k, left, right, stores, ...rest } = kernel;
        for (const axes of [batch, m, n, k]) this.#axes(axes);
        for (const operand of [left, right]) this.#operand(operand);
        this.#stores(stores, rest);
        return;
      }
      case 'scatter': {
        const { kind: _, name: __, combine, outer, target, inner, source, row, ...values } = kernel;
        const { destination, update, base, stores, ...rest } = values;
        this.#text(combine);
        for (const axes of [outer, [target], inner, [source], row]) this.#axes(axes);
        for (const value of [destination, update, base]) this.#expression(value);
        this.#stores(stores, rest);
        return;
      }
      case 'cumulative': {
        const { kind: _, name: __, operator, outer, axis, inner, value, stores, ...rest } = kernel;
        this.#text(operator);
        for (const axes of [outer, [axis], inner]) this.#axes(axes);
        this.#expression(value);
        this.#stores(stores, rest);
        return;
      }
      case 'sort': {
        const { kind: _, name: __, outer, axis, inner, key, stores, ...rest } = kernel;
        for (const axes of [outer, [axis], inner]) this.#axes(axes);
        this.#expression(key);
        this.#stores(stores, rest);
        return;
      }
      case 'rows': {
        const { kind: _, name: __, row, phases, ...rest } = kernel;
        this.#axes([row]);
        this.key.push(phases.length);
        for (const phase of phases) this.kernel(phase);
        this.#nothing(rest);
        return;
      }
      case 'batches': {
        // The steps are the phases again.
        const { kind: _, name: __, steps: ___, row, phases, ...rest } = kernel;
        this.#axes([row]);
        this.key.push(phases.length);
        for (const phase of phases) this.kernel(phase);
        this.#nothing(rest);
      }
    }
  }

  #nothing(_: Nothing): void {}

  #text(text: string): void {
    let number = texts.get(text);
    if (number === undefined) texts.set(text, (number = texts.size));
    this.key.push(number);
  }

  /** Any number: an int32, or its bits behind what is no other number's. */
  #number(value: number): void {
    if (Object.is(value | 0, value) && value !== asBits) {
      this.key.push(value);
      return;
    }
    doubles[0] = value;
    this.key.push(asBits, words[0] ?? 0, words[1] ?? 0);
  }

  /** Writes the number of what is known already; whether it is. */
  #isKnown(thing: object): boolean {
    const number = this.#numbers.get(thing);
    if (number !== undefined) this.key.push(number);
    return number !== undefined;
  }

  #name(thing: object): void {
    this.#numbers.set(thing, this.#numbers.size);
  }

  #axes(axes: readonly Axis[]): void {
    this.key.push(axes.length);
    for (const axis of axes) this.#atom(axis);
  }

  #atom(atom: Atom): void {
    if (this.#isKnown(atom)) return;
    switch (atom.kind) {
      case 'axis': {
        const quantity = this.#open?.axes.get(atom);
        this.key.push(quantity === undefined ? -1 : -5);
        this.#number(quantity ?? atom.extent);
        break;
      }
      case 'div':
      case 'mod': {
        this.key.push(atom.kind === 'div' ? -2 : -3);
        this.#number(atom.divisor);
        this.#index(atom.index);
        break;
      }
      case 'value': {
        this.key.push(-4);
        this.#number(atom.min);
        this.#number(atom.max);
        this.#expression(atom.expression);
      }
    }
    this.#name(atom);
  }

  #index({ constant, terms }: Index): void {
    this.#number(constant);
    // In a flat map either none or what runs along all elements.
    this.key.push(this.#isFlat ? Math.min(terms.length, 1) : terms.length);
    if (this.#isFlat) return;
    for (const { coefficient, atom } of terms) {
      this.#number(coefficient);
      this.#atom(atom);
    }
  }

  #conditions(conditions: readonly Condition[]): void {
    this.key.push(conditions.length);
    for (const { index, lower, upper } of conditions) {
      this.#index(index);
      this.#number(lower);
      this.#number(upper);
    }
  }

  #buffer(buffer: number): void {
    let number = this.#bufferNumbers.get(buffer);
    if (number === undefined) {
      number = this.buffers.push(buffer) - 1;
      this.#bufferNumbers.set(buffer, number);
      const description = this.#planBuffers[buffer];
      if (description === undefined) throw new Error(`internal: the plan has no buffer ${buffer}`);
      this.key.push(-1);
      this.#text(description.type);
      if (this.#open === undefined) this.#number(description.size);
    } else this.key.push(number);
  }

  #operand({ buffer, index, guards, ...rest }: Operand): void {
    this.#buffer(buffer);
    this.#index(index);
    this.#conditions(guards);
    this.#nothing(rest);
  }

  /** The stores, which every kernel has, and what else it has. */
  #stores(stores: readonly Store[], others: Nothing): void {
    this.#nothing(others);
    this.key.push(stores.length);
    for (const { buffer, index, value, ...rest } of stores) {
      this.#buffer(buffer);
      this.#index(index);
      this.#expression(value);
      this.#nothing(rest);
    }
  }

  #expression(root: Expression): void {
    if (this.#isKnown(root)) return;
    visitInOrder(
      root,
      (expression) => this.#numbers.has(expression),
      (expression) => {
        this.#define(expression);
        this.#name(expression);
      },
    );
    this.#isKnown(root);
  }

  /** Writes an expression whose operands are known. */
  #define(expression: Expression): void {
    this.#text(expression.kind);
    this.#text(expression.type);
    switch (expression.kind) {
      case 'constant': {
        const { kind: _, type: __, value, ...rest } = expression;
        this.#number(value);
        this.#nothing(rest);
        return;
      }
      case 'load': {
        const { kind: _, type: __, buffer, index, guards, ...rest } = expression;
        this.#operand({ buffer, index, guards });
        this.#nothing(rest);
        return;
      }
      case 'scalar': {
        const { kind: _, type: __, slot, ...rest } = expression;
        let number = this.#scalarNumbers.get(slot);
        if (number === undefined) this.#scalarNumbers.set(slot, (number = this.scalars.push(slot) - 1));
        this.key.push(number);
        this.#nothing(rest);
        return;
      }
      case 'index': {
        const { kind: _, type: __, index, ...rest } = expression;
        this.#index(index);
        this.#nothing(rest);
        return;
      }
      case 'inside': {
        const { kind: _, type: __, conditions, ...rest } = expression;
        this.#conditions(conditions);
        this.#nothing(rest);
        return;
      }
      case 'unary': {
        const { kind: _, type: __, operator, operand, ...rest } = expression;
        this.#text(operator);
        this.#isKnown(operand);
        this.#nothing(rest);
        return;
      }
      case 'binary': {
        const { kind: _, type: __, operator, left, right, rounded, ...rest } = expression;
        this.#text(operator);
        this.key.push(Number(rounded === true));
        this.#isKnown(left);
        this.#isKnown(right);
        this.#nothing(rest);
        return;
      }
      case 'select': {
        const { kind: _, type: __, condition, ifTrue, ifFalse, ...rest } = expression;
        for (const operand of [condition, ifTrue, ifFalse]) this.#isKnown(operand);
        this.#nothing(rest);
        return;
      }
      case 'cast':
      case 'half':
      case 'bitcast': {
        const { kind: _, type: __, operand, ...rest } = expression;
        this.#isKnown(operand);
        this.#nothing(rest);
        return;
      }
      case 'random': {
        const { kind: _, type: __, word, index, seed, counter, ...rest } = expression;
        this.key.push(word);
        this.#index(index);
        this.#isKnown(seed);
        this.#isKnown(counter);
        this.#nothing(rest);
        return;
      }
      case 'result': {
        const { kind: _, type: __, position, ...rest } = expression;
        this.key.push(position);
        this.#nothing(rest);
      }
    }
  }
}
