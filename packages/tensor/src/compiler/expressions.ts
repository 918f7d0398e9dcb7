/**
 * What expressions consist of, said once, and walks over them without recursion: a kernel may fuse a chain of thousands of operations.
 * A position known only at run time is an operand of every expression in whose indices it stands.
 */
import { constantIndex, runTimeIndex, visitAtoms, type Axis, type Index } from './index-expression.ts';
import type { Condition, Expression } from './kernel.ts';

const noIndices: readonly Index[] = [];
const none: readonly Expression[] = [];

/** The indices that an expression evaluates itself, guards included. */
export function indicesOf(expression: Expression): readonly Index[] {
  switch (expression.kind) {
    case 'load':
      return expression.guards.length === 0
        ? [expression.index]
        : [expression.index, ...expression.guards.map(({ index }) => index)];
    case 'index':
    case 'random':
      return [expression.index];
    case 'inside':
      return expression.conditions.map(({ index }) => index);
    case 'constant':
    case 'scalar':
    case 'unary':
    case 'binary':
    case 'select':
    case 'cast':
    case 'half':
    case 'bitcast':
    case 'result':
      return noIndices;
  }
}

/** The expressions of the positions known only at run time in the indices. */
export function positionsIn(indices: readonly Index[]): readonly Expression[] {
  let found: Expression[] | undefined;
  for (let i = 0; i < indices.length; i++) {
    visitAtoms(indices[i] as Index, (atom) => {
      if (atom.kind === 'value') (found ??= []).push(atom.expression);
    });
  }
  return found ?? none;
}

/** The expressions that an expression is computed from. */
export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'unary':
    case 'cast':
    case 'half':
    case 'bitcast':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'select':
      return [expression.condition, expression.ifTrue, expression.ifFalse];
    case 'random':
      return [expression.seed, expression.counter, ...positionsIn(indicesOf(expression))];
    case 'load':
    case 'index':
    case 'inside':
      return positionsIn(indicesOf(expression));
    case 'constant':
    case 'scalar':
    case 'result':
      return none;
  }
}

/** The expression with its operands and indices replaced; run-time positions are part of the indices. */
export function mapExpression(
  expression: Expression,
  operand: (operand: Expression) => Expression,
  index: (index: Index) => Index,
): Expression {
  const conditions = (list: readonly Condition[]): readonly Condition[] =>
    list.length === 0 ? list : list.map((condition) => ({ ...condition, index: index(condition.index) }));
  switch (expression.kind) {
    case 'constant':
    case 'scalar':
    case 'result':
      return expression;
    case 'load':
      return { ...expression, index: index(expression.index), guards: conditions(expression.guards) };
    case 'index':
      return { ...expression, index: index(expression.index) };
    case 'inside':
      return { ...expression, conditions: conditions(expression.conditions) };
    case 'unary':
    case 'cast':
    case 'half':
    case 'bitcast':
      return { ...expression, operand: operand(expression.operand) };
    case 'binary':
      return { ...expression, left: operand(expression.left), right: operand(expression.right) };
    case 'select':
      return {
        ...expression,
        condition: operand(expression.condition),
        ifTrue: operand(expression.ifTrue),
        ifFalse: operand(expression.ifFalse),
      };
    case 'random':
      return {
        ...expression,
        index: index(expression.index),
        seed: operand(expression.seed),
        counter: operand(expression.counter),
      };
  }
}

/** The axes that an expression depends on. */
export function axesOf(expression: Expression): Set<Axis> {
  const axes = new Set<Axis>();
  forEachExpression([expression], (part) => {
    for (const index of indicesOf(part)) {
      visitAtoms(index, (atom) => {
        if (atom.kind === 'axis') axes.add(atom);
      });
    }
  });
  return axes;
}

const positions = new WeakMap<Expression, Index>();

/** The index that is the value of an i32 expression, which is never outside of min … max. One atom for each expression. */
export function positionOf(expression: Expression, min: number, max: number): Index {
  if (min === max) return constantIndex(min);
  let index = positions.get(expression);
  if (index === undefined) {
    index = runTimeIndex(expression, axesOf(expression), { min, max });
    positions.set(expression, index);
  }
  return index;
}

/** Visits the expression after its operands; those that are known already are passed over. */
export function visitInOrder(
  root: Expression,
  isKnown: (expression: Expression) => boolean,
  visit: (expression: Expression) => void,
): void {
  const path = [root];
  for (let top: Expression | undefined = root; top !== undefined; top = path[path.length - 1]) {
    const before = path.length;
    if (!isKnown(top)) {
      const operands = operandsOf(top);
      for (let i = 0; i < operands.length; i++) {
        const operand = operands[i] as Expression;
        if (!isKnown(operand)) path.push(operand);
      }
      if (path.length > before) continue;
      visit(top);
    }
    path.pop();
  }
}

/** Visits every expression once, before its operands, from left to right. */
export function forEachExpression(roots: readonly Expression[], visit: (expression: Expression) => void): void {
  const seen = new Set<Expression>();
  const stack = [...roots].reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    visit(next);
    const operands = operandsOf(next);
    for (let i = operands.length - 1; i >= 0; i--) stack.push(operands[i] as Expression);
  }
}
