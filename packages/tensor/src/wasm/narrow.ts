/** float16 and uint8 in memory, float32 and int32 in registers: what loads and stores convert, and rounding to half precision. */
import type { StorageType } from '../compiler/kernel.ts';
import type { FunctionBuilder } from './function-builder.ts';
import type { Address, Value } from './ir.ts';
import { op } from './opcodes.ts';

/** What loads and stores do for a type of less than 4 bytes. Elements are 32-bit lanes with the element's bits, above them zeros or, of a load, the sign. */
export interface NarrowType {
  /** Four elements in a row. */
  readonly load: (fb: FunctionBuilder, address: Address) => Value;
  /** Writes four elements in a row. */
  readonly store: (fb: FunctionBuilder, address: Address, lanes: Value) => void;
  /** Instructions for one element. */
  readonly loadOne: number;
  readonly storeOne: number;
  /** The numbers that the elements are. */
  readonly decode: (fb: FunctionBuilder, lanes: Value) => Value;
  /** The elements of numbers that the type holds exactly. */
  readonly encode: (fb: FunctionBuilder, values: Value) => Value;
}

const half: NarrowType = {
  load: (fb, address) => fb.load(op.v128Load16x4S, address),
  store: (fb, address, lanes) => fb.store(op.v128Store64Lane, address, fb.op(op.i16x8NarrowI32x4U, lanes, lanes), 0),
  loadOne: op.i32Load16S,
  storeOne: op.i32Store16,
  decode: decodeHalf,
  encode: encodeHalf,
};

const byte: NarrowType = {
  load: (fb, address) => {
    const words = fb.op(op.i16x8ExtendLowI8x16U, fb.load(op.v128Load32Zero, address));
    return fb.op(op.i32x4ExtendLowI16x8U, words);
  },
  store: (fb, address, lanes) => {
    const words = fb.op(op.i16x8NarrowI32x4U, lanes, lanes);
    fb.store(op.v128Store32Lane, address, fb.op(op.i8x16NarrowI16x8U, words, words), 0);
  },
  loadOne: op.i32Load8U,
  storeOne: op.i32Store8,
  decode: (_, lanes) => lanes,
  encode: (_, values) => values,
};

export const narrowTypes: Readonly<Record<StorageType, NarrowType | undefined>> = {
  f32: undefined,
  i32: undefined,
  bool: undefined,
  f16: half,
  u8: byte,
};

/** Sign, exponent and fraction moved to their places in a float32; a factor makes up for the biases, and turns denormal numbers into normal ones. */
function decodeHalf(fb: FunctionBuilder, lanes: Value): Value {
  // Bits 13 and up are those of the half; of the sign, which the load repeats above it, one stays.
  const placed = fb.op(op.v128And, fb.op(op.i32x4Shl, lanes, fb.i32(13)), fb.i32x4(-0x70000001));
  const scaled = fb.op(op.f32x4Mul, placed, fb.f32x4(2 ** 112));
  // ∞ and NaN have come out as numbers from 65536 on: their exponent is all ones.
  const magnitude = fb.op(op.v128And, placed, fb.i32x4(0x7fffffff));
  const special = fb.op(op.v128And, fb.op(op.i32x4GtS, magnitude, fb.i32x4(0x0f7fffff)), fb.i32x4(0x7f800000));
  return fb.op(op.v128Or, scaled, special);
}

/** Of each result of {@link roundToHalf}: its magnitude, with 65536 in the place of ∞, and the number before, which has its sign. */
const roundings = new WeakMap<Value, { readonly magnitude: Value; readonly x: Value }>();

function encodeHalf(fb: FunctionBuilder, values: Value): Value {
  const { magnitude, x } = roundings.get(values) ?? { magnitude: fb.op(op.f32x4Abs, values), x: values };
  const sign = fb.op(op.v128And, fb.op(op.i32x4ShrU, x, fb.i32(16)), fb.i32x4(0x8000));
  const scaled = fb.op(op.f32x4Mul, magnitude, fb.f32x4(2 ** -112));
  const bits = fb.op(op.i32x4ShrU, scaled, fb.i32(13));
  // Behind a rounding 65536 has the bits of ∞, and what is more is NaN.
  if (x !== values) return fb.op(op.v128Or, fb.op(op.i32x4MinS, bits, fb.i32x4(0x7e00)), sign);
  // The exponent of ∞ and NaN is still all ones, of eight bits instead of five.
  const special = fb.op(op.v128And, fb.op(op.i32x4GtS, bits, fb.i32x4(0x7bff)), fb.i32x4(0x38000));
  return fb.op(op.v128Or, fb.op(op.i32x4Sub, bits, special), sign);
}

/**
 * The nearest number that float16 holds, ties to even. A power of two is added and taken away again whose last place is the last one of a half as large as x, or
 * of the smallest ones.
 */
export function roundToHalf(fb: FunctionBuilder, x: Value): Value {
  const sign = fb.op(op.v128And, x, fb.i32x4(-0x80000000));
  const magnitude = fb.op(op.f32x4Abs, x);
  // NaN passes through: pmin(a, b) is b < a ? b : a.
  const limited = fb.op(op.f32x4Pmin, magnitude, fb.f32x4(65536));
  const exponent = fb.op(op.v128And, limited, fb.i32x4(0x7f800000));
  const power = fb.op(op.i32x4Add, fb.op(op.i32x4MaxS, exponent, fb.i32x4(0x38800000)), fb.i32x4(13 << 23));
  const rounded = fb.op(op.f32x4Sub, fb.op(op.f32x4Add, limited, power), power);
  // From 65520 on 65536 comes out, which ∞ has no other bits than.
  const overflow = fb.op(op.v128And, fb.op(op.f32x4Ge, magnitude, fb.f32x4(65520)), fb.i32x4(0x7f800000));
  const result = fb.op(op.v128Or, rounded, fb.op(op.v128Or, overflow, sign));
  roundings.set(result, { magnitude: rounded, x });
  return result;
}
