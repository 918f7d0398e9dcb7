/** Walks over expressions without recursion: a kernel may fuse a chain of thousands of operations. */
import type { Expression } from './kernel.ts';

const none: readonly Expression[] = [];

/** The expressions that an expression is computed from. */
export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'unary':
    case 'cast':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'select':
      return [expression.condition, expression.ifTrue, expression.ifFalse];
    case 'random':
      return [expression.seed, expression.counter];
    default:
      return none;
  }
}

/** Visits the expression after its operands; those that are known already are passed over. */
export function visitInOrder(
  root: Expression,
  isKnown: (expression: Expression) => boolean,
  visit: (expression: Expression) => void,
): void {
  const path = [root];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const before = path.length;
    if (!isKnown(top)) {
      for (const operand of operandsOf(top)) if (!isKnown(operand)) path.push(operand);
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
