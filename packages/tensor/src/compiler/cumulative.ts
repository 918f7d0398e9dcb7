/** ln Σ eˣ term by term, as both backends compute it. */
import type { BinaryOperator, Expression, UnaryOperator } from './kernel.ts';

const float = (value: number): Expression => ({ kind: 'constant', type: 'f32', value });
const unary = (operator: UnaryOperator, operand: Expression): Expression => ({
  kind: 'unary',
  type: 'f32',
  operator,
  operand,
});
const binary = (
  operator: BinaryOperator,
  left: Expression,
  right: Expression,
  type: 'f32' | 'bool' = 'f32',
): Expression => ({ kind: 'binary', type, operator, left, right });
const select = (condition: Expression, ifTrue: Expression, ifFalse: Expression): Expression => ({
  kind: 'select',
  type: 'f32',
  condition,
  ifTrue,
  ifFalse,
});
const result = (position: number): Expression => ({ kind: 'result', type: 'f32', position });

/**
 * The state is the largest term so far (result 0) and Σ exp(term − largest) over all the others (result 1), which keeps all digits where the
 * sum is near 1; result 2 is the next term. Starts with −∞ and −1, or with what is known as one term and 0.
 */
export const logSumExpSteps: {
  readonly largest: Expression;
  readonly others: Expression;
  /** ln Σ eˣ, of the new state. */
  readonly value: Expression;
} = {
  largest: binary('maximum', result(0), result(2)),
  others: (() => {
    const [largest, others, term] = [result(0), result(1), result(2)];
    // Nothing is left of ∞ − ∞.
    const distance = select(
      binary('equal', largest, term, 'bool'),
      float(0),
      unary('abs', binary('sub', largest, term)),
    );
    const factor = unary('exp', unary('neg', distance));
    return select(
      binary('less', largest, term, 'bool'),
      binary('mul', binary('add', others, float(1)), factor),
      binary('add', others, factor),
    );
  })(),
  value: binary('add', result(0), unary('log1p', result(1))),
};
