/** Expands draws into expressions of uniform ones (graph/distributions.ts). */
import { distributions, type DrawAttributes } from '../graph/distributions.ts';
import { rootOfHalfBits, type RoundedArithmetic } from '../graph/rounded.ts';
import type { Expression } from './kernel.ts';

type Binary = Extract<Expression, { kind: 'binary' }>;

const rounded = (operator: 'add' | 'sub' | 'mul', left: Expression, right: Expression): Expression => ({
  kind: 'binary',
  type: 'f32',
  operator,
  left,
  right,
  rounded: true,
});

const onBits = (operator: Binary['operator'], left: Expression, right: Expression | number): Expression => ({
  kind: 'binary',
  type: 'i32',
  operator,
  left,
  right: typeof right === 'number' ? { kind: 'constant', type: 'i32', value: right } : right,
});

const arithmetic: RoundedArithmetic<Expression> = {
  constant: (value) => ({ kind: 'constant', type: 'f32', value: Math.fround(value) }),
  add: (a, b) => rounded('add', a, b),
  sub: (a, b) => rounded('sub', a, b),
  mul: (a, b) => rounded('mul', a, b),
  choose: (left, right, ifTrue, ifFalse) => ({
    kind: 'select',
    type: 'f32',
    condition: { kind: 'binary', type: 'bool', operator: 'less', left, right },
    ifTrue,
    ifFalse,
  }),
  split: (x) => {
    const bits: Expression = { kind: 'bitcast', type: 'i32', operand: x };
    const above = onBits('sub', bits, rootOfHalfBits);
    const mantissa = onBits('sub', bits, onBits('and', above, -0x800000));
    return {
      exponent: { kind: 'cast', type: 'f32', operand: onBits('shiftRight', above, 23) },
      mantissa: { kind: 'bitcast', type: 'f32', operand: mantissa },
    };
  },
  scale: (x, exponent) => {
    const bits: Expression = { kind: 'bitcast', type: 'i32', operand: x };
    const power = onBits('shiftLeft', { kind: 'cast', type: 'i32', operand: exponent }, 23);
    return { kind: 'bitcast', type: 'f32', operand: onBits('add', bits, power) };
  },
};

/** The value of a draw at an index, under a seed and a counter. */
export function expandDraw(
  { distribution, parameters }: DrawAttributes,
  at: Pick<Extract<Expression, { kind: 'random' }>, 'index' | 'seed' | 'counter'>,
): Expression {
  const { index, seed, counter } = at;
  const turns: Expression[] = [];
  const word = (position: number): Expression => {
    const turn = position >> 1;
    turns[turn] ??= turn === 0 ? counter : onBits('add', counter, turn);
    return { kind: 'random', type: 'f32', word: position % 2 === 0 ? 0 : 1, index, seed, counter: turns[turn] };
  };
  return distributions[distribution](word, parameters, arithmetic);
}
