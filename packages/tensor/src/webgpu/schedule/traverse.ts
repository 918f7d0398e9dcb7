/** Walks over a kernel's expressions: which buffers and indices it uses, and copies with other indices, buffers or results. */
import { operandsOf, visitInOrder } from '../../compiler/expressions.ts';
import type { Condition, Expression, Kernel, Operand, Store } from '../../compiler/kernel.ts';
import {
  axisIndex,
  constantIndex,
  substituteIndex,
  sumIndex,
  scaleIndex,
  type Axis,
  type Index,
} from '../../compiler/index-expression.ts';

export interface Uses {
  /** Every index that an expression or store evaluates, guards included. */
  readonly indices: Set<Index>;
  readonly loads: { readonly buffer: number; readonly index: Index }[];
  readonly stores: { readonly buffer: number; readonly index: Index }[];
}

export function emptyUses(): Uses {
  return { indices: new Set(), loads: [], stores: [] };
}

function addConditions(conditions: readonly Condition[], uses: Uses): void {
  for (const { index } of conditions) uses.indices.add(index);
}

/** Adds what expressions use. */
export function addExpressions(expressions: readonly Expression[], uses: Uses): void {
  const seen = new Set<Expression>();
  const pending = [...expressions];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    switch (next.kind) {
      case 'load':
        uses.indices.add(next.index);
        uses.loads.push({ buffer: next.buffer, index: next.index });
        break;
      case 'index':
        uses.indices.add(next.index);
        break;
      case 'inside':
        addConditions(next.conditions, uses);
        break;
      case 'random':
        uses.indices.add(next.index);
        break;
      default:
    }
    pending.push(...operandsOf(next));
  }
}

export function addStores(stores: readonly Store[], uses: Uses): void {
  for (const { buffer, index } of stores) {
    uses.indices.add(index);
    uses.stores.push({ buffer, index });
  }
  addExpressions(
    stores.map(({ value }) => value),
    uses,
  );
}

export function addOperand(operand: Operand, uses: Uses): void {
  uses.indices.add(operand.index);
  uses.loads.push({ buffer: operand.buffer, index: operand.index });
  addConditions(operand.guards, uses);
}

export function usesOf(kernel: Kernel): Uses {
  const uses = emptyUses();
  addStores(kernel.stores, uses);
  if (kernel.kind === 'reduce')
    addExpressions(
      kernel.reducers.map(({ value }) => value),
      uses,
    );
  if (kernel.kind === 'contraction') {
    addOperand(kernel.left, uses);
    addOperand(kernel.right, uses);
  }
  return uses;
}

export interface Rewrite {
  readonly axes?: ReadonlyMap<Axis, Index>;
  readonly buffers?: ReadonlyMap<number, number>;
  /** Replaces `result` expressions by position. */
  readonly results?: readonly Expression[];
}

/** Copies expressions with axes, buffers or results replaced; sharing is kept. */
export class Rewriter {
  readonly #rewrite: Rewrite;
  readonly #expressions = new Map<Expression, Expression>();
  readonly #indices = new Map<Index, Index>();

  constructor(rewrite: Rewrite) {
    this.#rewrite = rewrite;
  }

  index(index: Index): Index {
    const { axes } = this.#rewrite;
    if (axes === undefined) return index;
    let copy = this.#indices.get(index);
    if (copy === undefined) {
      copy = substituteIndex(index, axes);
      this.#indices.set(index, copy);
    }
    return copy;
  }

  buffer(buffer: number): number {
    return this.#rewrite.buffers?.get(buffer) ?? buffer;
  }

  conditions(conditions: readonly Condition[]): Condition[] {
    return conditions.map((condition) => ({ ...condition, index: this.index(condition.index) }));
  }

  expression(expression: Expression): Expression {
    visitInOrder(
      expression,
      (candidate) => this.#expressions.has(candidate),
      (next) => this.#expressions.set(next, this.#copy(next)),
    );
    return this.#expressions.get(expression) ?? expression;
  }

  #copy(e: Expression): Expression {
    switch (e.kind) {
      case 'constant':
      case 'scalar':
        return e;
      case 'load':
        return { ...e, buffer: this.buffer(e.buffer), index: this.index(e.index), guards: this.conditions(e.guards) };
      case 'index':
        return { ...e, index: this.index(e.index) };
      case 'inside':
        return { ...e, conditions: this.conditions(e.conditions) };
      case 'unary':
      case 'cast':
        return { ...e, operand: this.expression(e.operand) };
      case 'binary':
        return { ...e, left: this.expression(e.left), right: this.expression(e.right) };
      case 'select':
        return {
          ...e,
          condition: this.expression(e.condition),
          ifTrue: this.expression(e.ifTrue),
          ifFalse: this.expression(e.ifFalse),
        };
      case 'random':
        return {
          ...e,
          index: this.index(e.index),
          seed: this.expression(e.seed),
          counter: this.expression(e.counter),
        };
      case 'result':
        return this.#rewrite.results?.[e.position] ?? e;
    }
  }

  store(store: Store): Store {
    return { buffer: this.buffer(store.buffer), index: this.index(store.index), value: this.expression(store.value) };
  }

  operand(operand: Operand): Operand {
    return {
      buffer: this.buffer(operand.buffer),
      index: this.index(operand.index),
      guards: this.conditions(operand.guards),
    };
  }

  kernel(kernel: Kernel): Kernel {
    const stores = kernel.stores.map((store) => this.store(store));
    switch (kernel.kind) {
      case 'map':
        return { ...kernel, stores };
      case 'reduce':
        return {
          ...kernel,
          stores,
          reducers: kernel.reducers.map((reducer) => ({ ...reducer, value: this.expression(reducer.value) })),
        };
      case 'contraction':
        return { ...kernel, stores, left: this.operand(kernel.left), right: this.operand(kernel.right) };
    }
  }
}

/** Row-major position over the axes. */
export function rowMajorIndex(axes: readonly Axis[]): Index {
  const parts: Index[] = [];
  let stride = 1;
  for (const axis of [...axes].reverse()) {
    parts.push(scaleIndex(axisIndex(axis), stride));
    stride *= axis.extent;
  }
  return parts.length === 0 ? constantIndex(0) : sumIndex(parts);
}

export function pointCount(axes: readonly Axis[]): number {
  let count = 1;
  for (const { extent } of axes) count *= extent;
  return count;
}
