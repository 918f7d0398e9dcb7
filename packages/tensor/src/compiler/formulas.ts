/** Expands primitives that are given by a formula (graph/formulas.ts) into expressions of simpler operators. */
import { formulas, type Arithmetic, type FormulaPrimitive } from '../graph/formulas.ts';
import type { Expression } from './kernel.ts';

const conditions: readonly string[] = ['less', 'lessEqual', 'equal', 'and'];

const arithmetic: Arithmetic<Expression> = {
  constant: (value) => ({ kind: 'constant', type: 'f32', value }),
  unary: (operator, operand) => ({ kind: 'unary', type: 'f32', operator, operand }),
  binary: (operator, left, right) => ({
    kind: 'binary',
    type: conditions.includes(operator) ? 'bool' : 'f32',
    operator,
    left,
    right,
  }),
  select: (condition, ifTrue, ifFalse) => ({ kind: 'select', type: 'f32', condition, ifTrue, ifFalse }),
};

/** The value of a primitive, in operators that devices have. */
export function expandFormula(op: FormulaPrimitive, x: Expression): Expression {
  return formulas[op](x, arithmetic);
}
