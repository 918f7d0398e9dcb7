/** float16 and uint8 in memory, float32 and int32 in registers: what loads and stores convert, and rounding to half precision. */
import type { StorageType } from '../compiler/kernel.ts';
import type { FunctionBuilder } from './function-builder.ts';
import type { Address, Value } from './ir.ts';
import { op } from './opcodes.ts';

/** What loads and stores do for a type of less than 4 bytes. Elements are 32-bit lanes with the element's bits and zeros above. */
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
  load: (fb, address) => fb.load(op.v128Load16x4U, address),
  store: (fb, address, lanes) => fb.store(op.v128Store64Lane, address, fb.op(op.i16x8NarrowI32x4U, lanes, lanes), 0),
  loadOne: op.i32Load16U,
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

/** Exponent and fraction moved to their places in a float32; a factor makes up for the biases, and turns denormal numbers into normal ones. */
function decodeHalf(fb: FunctionBuilder, lanes: Value): Value {
  const magnitude = fb.op(op.v128And, lanes, fb.i32x4(0x7fff));
  const scaled = fb.op(op.f32x4Mul, fb.op(op.i32x4Shl, magnitude, fb.i32(13)), fb.f32x4(2 ** 112));
  // ∞ and NaN have come out as numbers from 65536 on: their exponent is all ones.
  const special = fb.op(op.v128And, fb.op(op.i32x4GtS, magnitude, fb.i32x4(0x7bff)), fb.i32x4(0x7f800000));
  const sign = fb.op(op.i32x4Shl, fb.op(op.v128And, lanes, fb.i32x4(0x8000)), fb.i32(16));
  return fb.op(op.v128Or, fb.op(op.v128Or, scaled, special), sign);
}

function encodeHalf(fb: FunctionBuilder, values: Value): Value {
  const magnitude = fb.op(op.v128And, values, fb.i32x4(0x7fffffff));
  const bits = fb.op(op.i32x4ShrU, fb.op(op.f32x4Mul, magnitude, fb.f32x4(2 ** -112)), fb.i32(13));
  const number = fb.op(op.i32x4MinS, bits, fb.i32x4(0x7c00));
  const isNaN = fb.op(op.i32x4GtS, magnitude, fb.i32x4(0x7f800000));
  const sign = fb.op(op.v128And, fb.op(op.i32x4ShrU, values, fb.i32(16)), fb.i32x4(0x8000));
  return fb.op(op.v128Or, fb.op(op.v128Bitselect, fb.i32x4(0x7e00), number, isNaN), sign);
}

/** The nearest number that float16 holds, ties to even. */
export function roundToHalf(fb: FunctionBuilder, x: Value): Value {
  const sign = fb.op(op.v128And, x, fb.i32x4(-0x80000000));
  const magnitude = fb.op(op.v128And, x, fb.i32x4(0x7fffffff));
  // Of 23 bits of fraction 13 go; what is added carries into those that stay.
  const odd = fb.op(op.v128And, fb.op(op.i32x4ShrU, magnitude, fb.i32(13)), fb.i32x4(1));
  const carried = fb.op(op.i32x4Add, fb.op(op.i32x4Add, magnitude, fb.i32x4(0xfff)), odd);
  const normal = fb.op(op.v128And, carried, fb.i32x4(-0x2000));
  const overflow = fb.op(op.i32x4GtS, normal, fb.i32x4(0x477fe000));
  const large = fb.op(op.v128Bitselect, fb.f32x4(Infinity), normal, overflow);
  // Below 2⁻¹⁴ the last place is 2⁻²⁴, as it is of float32 from a half to 1.
  const small = fb.op(op.f32x4Sub, fb.op(op.f32x4Add, magnitude, fb.f32x4(0.5)), fb.f32x4(0.5));
  const isSmall = fb.op(op.i32x4LtS, magnitude, fb.i32x4(0x38800000));
  const rounded = fb.op(op.v128Or, fb.op(op.v128Bitselect, small, large, isSmall), sign);
  return fb.op(op.v128Bitselect, rounded, x, fb.op(op.f32x4Eq, x, x));
}
