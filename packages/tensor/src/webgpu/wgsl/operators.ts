/** WGSL text of every scalar operator, with IEEE 754's special values where WGSL's own builtins leave them open. */
import type { BinaryOperator, Expression, ScalarType, UnaryOperator } from '../../compiler/kernel.ts';
import type { FunctionName } from './functions.ts';

/** Records which helper functions a shader needs. */
export interface FunctionUser {
  use(name: FunctionName): string;
}

export function literalText(type: ScalarType, value: number): string {
  if (type === 'bool') return value === 0 ? 'false' : 'true';
  if (type === 'i32') {
    const integer = value | 0;
    return integer === -2147483648 ? 'i32(-2147483648)' : integer < 0 ? `(${integer})` : `${integer}`;
  }
  const single = Math.fround(value);
  return single < 0 || Object.is(single, -0) ? `(${Object.is(single, -0) ? '-0' : single}f)` : `${single}f`;
}

export function selectText(condition: string, ifTrue: string, ifFalse: string): string {
  return `select(${ifFalse}, ${ifTrue}, ${condition})`;
}

/** Operators that WGSL has, or that are an expression of it. */
type PlainOperator = 'neg' | 'abs' | 'sign' | 'floor' | 'ceil' | 'round' | 'trunc' | 'not';

const floatFunctions: Readonly<Record<Exclude<UnaryOperator, PlainOperator>, FunctionName>> = {
  exp: 'exp_f32',
  expm1: 'expm1_f32',
  exp2: 'exp2_f32',
  log: 'log_f32',
  log1p: 'log1p_f32',
  log2: 'log2_f32',
  log10: 'log10_f32',
  sqrt: 'sqrt_f32',
  relu: 'relu_f32',
  sin: 'sin_f32',
  cos: 'cos_f32',
  tanh: 'tanh_f32',
  sigmoid: 'sigmoid_f32',
  erf: 'erf_f32',
};

export function unaryText(user: FunctionUser, operator: UnaryOperator, type: ScalarType, x: string): string {
  if (operator === 'not') return type === 'bool' ? `!${x}` : `~${x}`;
  if (type === 'i32') {
    if (operator === 'floor' || operator === 'ceil' || operator === 'round' || operator === 'trunc') return x;
    if (operator === 'relu') return `max(${x}, 0)`;
    if (operator === 'neg') return `-${x}`;
    if (operator === 'abs' || operator === 'sign') return `${operator}(${x})`;
  }
  switch (operator) {
    case 'neg':
      return `-${x}`;
    case 'sign':
      return `select(select(0f, -1f, ${x} < 0f), 1f, ${x} > 0f)`;
    case 'abs':
    case 'floor':
    case 'ceil':
    case 'round':
    case 'trunc':
      return `${operator}(${x})`;
    default:
      return `${user.use(floatFunctions[operator])}(${x})`;
  }
}

/** The constants 0 and −0, with which compilers compute without a thought for NaN. */
function isZero(expression: Expression): expression is Extract<Expression, { kind: 'constant' }> {
  return expression.kind === 'constant' && Math.fround(expression.value) === 0;
}

/** Whether an expression is known to be a number whose reciprocal is no denormal one. */
function isModerate(expression: Expression): boolean {
  return expression.kind === 'constant' && Math.abs(expression.value) < 2 ** 126;
}

function signOf(zero: { readonly value: number }): string {
  return Object.is(Math.fround(zero.value), -0) ? '-' : '';
}

type Binary = Extract<Expression, { kind: 'binary' }>;

export function binaryText(user: FunctionUser, expression: Binary, x: string, y: string): string {
  const { operator, left, right } = expression;
  const type = left.type;
  if (type === 'bool') return boolText(operator, x, y);
  switch (operator) {
    case 'add':
      return `${x} + ${y}`;
    case 'sub':
      return `${x} - ${y}`;
    case 'mul':
      if (type === 'f32' && isZero(right)) return `${signOf(right)}${user.use('times_zero')}(${x})`;
      if (type === 'f32' && isZero(left)) return `${signOf(left)}${user.use('times_zero')}(${y})`;
      return `${x} * ${y}`;
    case 'div':
      if (isZero(right)) return `${signOf(right)}${user.use('over_zero')}(${x})`;
      if (isZero(left)) return `${signOf(left)}${user.use('zero_over')}(${y})`;
      if (x === y) return `${user.use('over_itself')}(${x})`;
      return isModerate(right) ? `${x} / ${y}` : `${user.use('divide_f32')}(${x}, ${y})`;
    case 'pow':
      return powerText(user, right, x, y);
    case 'copySign':
      return `${user.use('copy_sign_f32')}(${x}, ${y})`;
    case 'fmod':
      return `${user.use('fmod_f32')}(${x}, ${y})`;
    case 'floorDivide':
      return `${user.use('floor_divide_i32')}(${x}, ${y})`;
    case 'maximum':
      return type === 'i32' ? `max(${x}, ${y})` : `${user.use('maximum_f32')}(${x}, ${y})`;
    case 'minimum':
      return type === 'i32' ? `min(${x}, ${y})` : `${user.use('minimum_f32')}(${x}, ${y})`;
    // x = x asks for NaN, and a compiler may take the answer for granted: look at the bits.
    case 'equal':
      return type === 'f32' && x === y ? `!${user.use('is_nan')}(${x})` : `${x} == ${y}`;
    case 'notEqual':
      return type === 'f32' && x === y ? `${user.use('is_nan')}(${x})` : `!(${x} == ${y})`;
    case 'less':
      return `${x} < ${y}`;
    case 'lessEqual':
      return `${x} <= ${y}`;
    case 'and':
      return `${x} & ${y}`;
    case 'or':
      return `${x} | ${y}`;
    case 'xor':
      return `${x} ^ ${y}`;
    case 'shiftLeft':
      return `${user.use('shift_left_i32')}(${x}, ${y})`;
    case 'shiftRight':
      return `${user.use('shift_right_i32')}(${x}, ${y})`;
  }
}

function boolText(operator: BinaryOperator, x: string, y: string): string {
  switch (operator) {
    case 'equal':
      return `${x} == ${y}`;
    case 'notEqual':
    case 'xor':
      return `${x} != ${y}`;
    case 'less':
      return `!${x} & ${y}`;
    case 'lessEqual':
      return `!${x} | ${y}`;
    case 'and':
    case 'mul':
    case 'minimum':
      return `${x} & ${y}`;
    case 'or':
    case 'maximum':
      return `${x} | ${y}`;
    default:
      throw new Error(`no WGSL for ${operator} of bool`);
  }
}

/** Small constant exponents as products, which are exact in sign and nearly so in value. */
function powerText(user: FunctionUser, exponent: Expression, x: string, y: string): string {
  if (exponent.kind === 'constant') {
    switch (exponent.value) {
      case 1:
        return x;
      case 2:
        return `${x} * ${x}`;
      case 3:
        return `${x} * ${x} * ${x}`;
      case -1:
        return `${user.use('divide_f32')}(1f, ${x})`;
    }
  }
  return `${user.use('pow_f32')}(${x}, ${y})`;
}

export function castText(user: FunctionUser, from: ScalarType, to: ScalarType, x: string): string {
  if (to === 'f32') return from === 'i32' ? `f32(${x})` : `select(0f, 1f, ${x})`;
  if (to === 'i32') return from === 'f32' ? `${user.use('truncate_i32')}(${x})` : `select(0, 1, ${x})`;
  // NaN is true and −0 is false.
  return from === 'f32' ? `(bitcast<u32>(${x}) & 0x7fffffffu) != 0u` : `${x} != 0`;
}
