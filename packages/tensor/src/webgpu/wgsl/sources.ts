/** What expressions are computed from, of which shader compilers make more than they may. */
import { operandsOf, visitInOrder } from '../../compiler/expressions.ts';
import type { Expression } from '../../compiler/kernel.ts';

/** What an expression is computed from, as bits of a small hash: buffers, scalars, results and random draws. */
const sources = new WeakMap<Expression, number>();

const index = 1 << 29;

function ownSource(expression: Expression): number {
  switch (expression.kind) {
    case 'load':
      return 1 << (expression.buffer % 28);
    case 'scalar':
    case 'random':
      return 1 << 28;
    case 'index':
      return index;
    case 'result':
      return 1 << 30;
    default:
      return 0;
  }
}

function sourcesOf(root: Expression): number {
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
  return sources.get(root) ?? 0;
}

/** Whether both may be computed from one and the same value; sometimes true where they are not. */
export function haveCommonSource(a: Expression, b: Expression): boolean {
  return (sourcesOf(a) & sourcesOf(b)) !== 0;
}

/** Whether an expression is computed from places alone, so that a compiler that knows the place knows the value, although nobody wrote it as a constant. */
export function mayBeKnown(expression: Expression): boolean {
  return expression.kind !== 'constant' && (sourcesOf(expression) & ~index) === 0;
}
