/** Arithmetic on constants at compile time, with the results that the devices would give. */
import { isElementwise, type BinaryPrimitive, type UnaryPrimitive } from '../graph/elementwise.ts';
import type { PlanPrimitive } from '../graph/attributes.ts';
import { roundToHalf } from '../graph/half.ts';
import { isFloat, type DType } from '../graph/types.ts';

/** A constant as the devices hold it. */
export function roundConstant(value: number, dtype: DType): number {
  switch (dtype) {
    case 'float32':
      return Math.fround(value);
    case 'float16':
      return roundToHalf(value);
    case 'int32':
      return value | 0;
    case 'uint8':
      return value & 255;
    case 'bool':
      return value;
  }
}

type Fold = (a: number, b: number, c: number, dtype: DType) => number;

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Only what is exact or correctly rounded everywhere: transcendental functions differ in the last bit between devices and stay. */
const folds: Readonly<Record<UnaryPrimitive | BinaryPrimitive | 'where', Fold | 'on the device'>> = {
  neg: (a) => -a,
  abs: Math.abs,
  // 0 for NaN, as in PyTorch.
  sign: (a) => Number(a > 0) - Number(a < 0),
  sqrt: Math.sqrt,
  exp: 'on the device',
  expm1: 'on the device',
  exp2: 'on the device',
  log: 'on the device',
  log1p: 'on the device',
  log2: 'on the device',
  log10: 'on the device',
  sin: 'on the device',
  cos: 'on the device',
  asin: 'on the device',
  acos: 'on the device',
  atan: 'on the device',
  tanh: 'on the device',
  sigmoid: 'on the device',
  erf: 'on the device',
  erfc: 'on the device',
  normalCdf: 'on the device',
  log1pExp: 'on the device',
  erfinv: 'on the device',
  lgamma: 'on the device',
  digamma: 'on the device',
  relu: (a) => (a > 0 ? a : Number.isNaN(a) ? a : 0),
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  trunc: Math.trunc,
  not: (a, _b, _c, dtype) => (dtype === 'int32' ? ~a : a === 0 ? 1 : 0),
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: 'on the device',
  copySign: (a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a)),
  fmod: (a, b) => a % b,
  floorDivide: (a, b) => (b === 0 ? 0 : Math.floor(a / b)),
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  equal: (a, b) => Number(a === b),
  notEqual: (a, b) => Number(a !== b),
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  // 0 and 1, or int32.
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shiftLeft: (a, b) => (b >= 0 && b < 32 ? a << b : 0),
  shiftRight: (a, b) => a >> (b >= 0 && b < 32 ? b : 31),
  where: (a, b, c) => (a !== 0 ? b : c),
};

/** The result of an elementwise operation (of a cast with the dtype that it rounds to) on constants, or undefined where it must be left to the device. */
export function foldConstants(
  op: PlanPrimitive,
  inputs: readonly (number | undefined)[],
  dtype: DType,
): number | undefined {
  if (inputs.length === 0 || inputs.some((value) => value === undefined)) return undefined;
  const [a = 0, b = 0, c = 0] = inputs;
  if (op === 'cast') return castConstant(a, dtype);
  if (op !== 'where' && !isElementwise(op)) return undefined;
  const fold = folds[op];
  if (fold === 'on the device') return undefined;
  const value = fold(a, b, c, dtype);
  if (dtype === 'float32') return Math.fround(value);
  // Products of large integers lose bits in a double.
  if (dtype === 'int32') return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value | 0 : undefined;
  return value;
}

function castConstant(value: number, dtype: DType): number {
  if (dtype === 'bool') return value !== 0 ? 1 : 0;
  if (isFloat(dtype)) return roundConstant(value, dtype);
  const integer = Number.isNaN(value) ? 0 : Math.min(Math.max(Math.trunc(value), -2147483648), 2147483647);
  return roundConstant(integer, dtype);
}
