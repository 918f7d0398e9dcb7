/**
 * Instruction numbers of the WebAssembly binary format that the renderer uses (WebAssembly Core Specification 2.0, section 5.4, and
 * the relaxed SIMD and threads proposals). Codes from {@link SIMD} on are written with the 0xFD prefix, those from {@link ATOMIC} on with 0xFE,
 * less that number.
 */

/** Added to the sub-opcode of a SIMD instruction. */
export const SIMD: number = 0x1000;
/** Added to the sub-opcode of an atomic instruction. */
export const ATOMIC: number = 0x2000;

export const op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Load: 0x28,
  i32Load8U: 0x2d,
  i32Load16S: 0x2e,
  i32Store: 0x36,
  i32Store8: 0x3a,
  i32Store16: 0x3b,
  i32Const: 0x41,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtS: 0x4a,
  i32GtU: 0x4b,
  i32GeU: 0x4f,
  i32Clz: 0x67,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivU: 0x6e,
  i32RemU: 0x70,
  i32And: 0x71,
  i32Or: 0x72,
  i32Xor: 0x73,
  i32Shl: 0x74,
  i32ShrS: 0x75,
  i32ShrU: 0x76,
  i64Eq: 0x51,
  i64Sub: 0x7d,
  i64Or: 0x84,
  i64Shl: 0x86,
  i64ShrU: 0x88,
  i32WrapI64: 0xa7,
  i64ExtendI32U: 0xad,

  v128Load: 0x1000,
  v128Load16x4S: 0x1003,
  v128Load32Splat: 0x1009,
  v128Load64Splat: 0x100a,
  v128Store: 0x100b,
  v128Const: 0x100c,
  i8x16Shuffle: 0x100d,
  i8x16Swizzle: 0x100e,
  i32x4Splat: 0x1011,
  f32x4Splat: 0x1013,
  i32x4ExtractLane: 0x101b,
  i32x4ReplaceLane: 0x101c,
  i32x4Eq: 0x1037,
  i32x4Ne: 0x1038,
  i32x4LtS: 0x1039,
  i32x4LtU: 0x103a,
  i32x4GtS: 0x103b,
  i32x4LeS: 0x103d,
  i32x4GeS: 0x103f,
  f32x4Eq: 0x1041,
  f32x4Ne: 0x1042,
  f32x4Lt: 0x1043,
  f32x4Gt: 0x1044,
  f32x4Le: 0x1045,
  f32x4Ge: 0x1046,
  f64x2Eq: 0x1047,
  f64x2Lt: 0x1049,
  f64x2Gt: 0x104a,
  v128Not: 0x104d,
  v128And: 0x104e,
  v128AndNot: 0x104f,
  v128Or: 0x1050,
  v128Xor: 0x1051,
  v128Bitselect: 0x1052,
  v128AnyTrue: 0x1053,
  v128Load32Lane: 0x1056,
  v128Store32Lane: 0x105a,
  v128Store64Lane: 0x105b,
  v128Load32Zero: 0x105c,
  f32x4DemoteF64x2Zero: 0x105e,
  f64x2PromoteLowF32x4: 0x105f,
  i8x16NarrowI16x8U: 0x1066,
  f32x4Ceil: 0x1067,
  f32x4Floor: 0x1068,
  f32x4Trunc: 0x1069,
  f32x4Nearest: 0x106a,
  i8x16Add: 0x106e,
  i8x16Sub: 0x1071,
  f64x2Floor: 0x1075,
  f64x2Trunc: 0x107a,
  i16x8NarrowI32x4U: 0x1086,
  i16x8ExtendLowI8x16U: 0x1089,
  i32x4Abs: 0x10a0,
  i32x4Neg: 0x10a1,
  i32x4AllTrue: 0x10a3,
  i32x4ExtendLowI16x8U: 0x10a9,
  i32x4Shl: 0x10ab,
  i32x4ShrS: 0x10ac,
  i32x4ShrU: 0x10ad,
  i32x4Add: 0x10ae,
  i32x4Sub: 0x10b1,
  i32x4Mul: 0x10b5,
  i32x4MinS: 0x10b6,
  i32x4MinU: 0x10b7,
  i32x4MaxS: 0x10b8,
  i32x4MaxU: 0x10b9,
  f32x4Abs: 0x10e0,
  f32x4Neg: 0x10e1,
  f32x4Sqrt: 0x10e3,
  f32x4Add: 0x10e4,
  f32x4Sub: 0x10e5,
  f32x4Mul: 0x10e6,
  f32x4Div: 0x10e7,
  f32x4Min: 0x10e8,
  f32x4Max: 0x10e9,
  f32x4Pmin: 0x10ea,
  f32x4Pmax: 0x10eb,
  i64x2Shl: 0x10cb,
  i64x2ShrU: 0x10cd,
  i64x2Add: 0x10ce,
  i64x2Mul: 0x10d5,
  f64x2Add: 0x10f0,
  f64x2Sub: 0x10f1,
  f64x2Mul: 0x10f2,
  f64x2Div: 0x10f3,
  f64x2Pmin: 0x10f6,
  f64x2Pmax: 0x10f7,
  i32x4TruncSatF32x4S: 0x10f8,
  f32x4ConvertI32x4S: 0x10fa,
  f32x4ConvertI32x4U: 0x10fb,
  f64x2ConvertLowI32x4S: 0x10fe,
  f64x2ConvertLowI32x4U: 0x10ff,
  f32x4RelaxedMadd: 0x1105,
  f32x4RelaxedNmadd: 0x1106,

  atomicNotify: 0x2000,
  i32AtomicWait: 0x2001,
  i32AtomicLoad: 0x2010,
  i64AtomicLoad: 0x2011,
  i32AtomicStore: 0x2017,
  i64AtomicStore: 0x2018,
  i32AtomicAdd: 0x201e,
  i64AtomicCompareExchange: 0x2049,
} as const;

export type WasmType = 'i32' | 'i64' | 'v128';

export const typeCode: Readonly<Record<WasmType, number>> = { i32: 0x7f, i64: 0x7e, v128: 0x7b };

/** Type of the one result of an instruction that computes a value. */
export function resultType(code: number): WasmType {
  if (code === op.i64Sub || code === op.i64Or || code === op.i64Shl || code === op.i64ShrU) return 'i64';
  if (code < SIMD) return code === op.i64ExtendI32U ? 'i64' : 'i32';
  return code === op.i32x4ExtractLane || code === op.i32x4AllTrue || code === op.v128AnyTrue ? 'i32' : 'v128';
}

/** log₂ of the alignment that an access is said to have: nothing but atomic words is aligned to more than 4 bytes, narrow elements to less. */
export function alignmentOf(code: number): number {
  switch (code) {
    case op.i32Load8U:
    case op.i32Store8:
      return 0;
    case op.i32Load16S:
    case op.i32Store16:
    case op.v128Load16x4S:
      return 1;
    case op.i64AtomicLoad:
    case op.i64AtomicStore:
    case op.i64AtomicCompareExchange:
      return 3;
    default:
      return 2;
  }
}

/** Instructions that are followed by a lane number. */
export function takesLane(code: number): boolean {
  return (
    code === op.i32x4ExtractLane ||
    code === op.i32x4ReplaceLane ||
    code === op.v128Load32Lane ||
    code === op.v128Store32Lane ||
    code === op.v128Store64Lane
  );
}
