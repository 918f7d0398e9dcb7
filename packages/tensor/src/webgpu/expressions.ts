/** Walks over expressions without recursion: a kernel may fuse a chain of thousands of operations. */
import type { Expression } from '../compiler/kernel.ts';

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

/** What an expression is computed from, as bits of a small hash: buffers, scalars, results and random draws. */
const sources = new WeakMap<Expression, number>();

function ownSource(expression: Expression): number {
  switch (expression.kind) {
    case 'load':
      return 1 << (expression.buffer % 29);
    case 'scalar':
    case 'random':
    case 'index':
      return 1 << 29;
    case 'result':
      return 1 << 30;
    default:
      return 0;
  }
}

/** Whether both may be computed from one and the same value; sometimes true where they are not. */
export function haveCommonSource(a: Expression, b: Expression): boolean {
  for (const root of [a, b]) {
    visitInOrder(
      root,
      (expression) => sources.has(expression),
      (expression) => {
        const operands = operandsOf(expression);
        sources.set(
          expression,
          operands.reduce((all, operand) => all | (sources.get(operand) ?? 0), ownSource(expression)),
        );
      },
    );
  }
  return ((sources.get(a) ?? 0) & (sources.get(b) ?? 0)) !== 0;
}
