/** Copies of expressions and kernels with axes, buffers or results replaced. */
import { mapExpression, positionOf, visitInOrder } from './expressions.ts';
import { axisIndex, mapAtoms, type Axis, type Index } from './index-expression.ts';
import type { Condition, Expression, Operand, Store } from './kernel.ts';

export type Replacements = ReadonlyMap<Axis, Index>;

export interface Rewrite {
  readonly axes?: Replacements;
  readonly buffers?: ReadonlyMap<number, number>;
  /** Replaces `result` expressions by position. */
  readonly results?: readonly Expression[];
}

/** Rewrites expressions, keeping shared parts shared. */
export class Rewriter {
  readonly #rewrite: Rewrite;
  readonly #expressions = new Map<Expression, Expression>();
  readonly #indices = new Map<Index, Index>();

  constructor(rewrite: Rewrite) {
    this.#rewrite = rewrite;
  }

  readonly index = (index: Index): Index => {
    let copy = this.#indices.get(index);
    if (copy === undefined) {
      copy = mapAtoms(index, (atom) =>
        atom.kind === 'axis'
          ? (this.#rewrite.axes?.get(atom) ?? axisIndex(atom))
          : positionOf(this.expression(atom.expression), atom.min, atom.max),
      );
      this.#indices.set(index, copy);
    }
    return copy;
  };

  buffer(buffer: number): number {
    return this.#rewrite.buffers?.get(buffer) ?? buffer;
  }

  conditions(conditions: readonly Condition[]): readonly Condition[] {
    return conditions.map((condition) => ({ ...condition, index: this.index(condition.index) }));
  }

  readonly expression = (expression: Expression): Expression => {
    visitInOrder(
      expression,
      (candidate) => this.#expressions.has(candidate),
      (next) => this.#expressions.set(next, this.#copy(next)),
    );
    return this.#expressions.get(expression) ?? expression;
  };

  #copy(expression: Expression): Expression {
    if (expression.kind === 'result') return this.#rewrite.results?.[expression.position] ?? expression;
    const copy = mapExpression(expression, this.expression, this.index);
    return copy.kind === 'load' ? { ...copy, buffer: this.buffer(copy.buffer) } : copy;
  }

  store({ buffer, index, value }: Store): Store {
    return { buffer: this.buffer(buffer), index: this.index(index), value: this.expression(value) };
  }

  stores(stores: readonly Store[]): readonly Store[] {
    return stores.map((store) => this.store(store));
  }

  operand({ buffer, index, guards }: Operand): Operand {
    return { buffer: this.buffer(buffer), index: this.index(index), guards: this.conditions(guards) };
  }
}

/** The index with axes replaced. */
export function substituteIndex(index: Index, replacements: Replacements): Index {
  return new Rewriter({ axes: replacements }).index(index);
}
