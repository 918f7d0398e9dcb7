/** Whether two expressions are computed from a common value, where shader compilers might cancel one against the other. */
import { operandsOf, visitInOrder } from '../../compiler/expressions.ts';
import type { Expression } from '../../compiler/kernel.ts';

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
