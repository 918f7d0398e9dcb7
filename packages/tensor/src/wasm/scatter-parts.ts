/** What both schedules of scatters need. */
import { addIndex, axisIndex, constantIndex, scaleIndex, type Axis, type Index } from '../compiler/index-expression.ts';
import type { ScalarType, ScatterKernel } from '../compiler/kernel.ts';
import { product } from './blocks.ts';
import type { FunctionBuilder } from './function-builder.ts';
import type { Value } from './ir.ts';
import { op } from './opcodes.ts';

/** Rows from which on updates are sorted, and combined by rows. */
const ROW_FROM = 8;

/** Whether updates of one destination are long rows. */
export function isByRows({ row }: ScatterKernel): boolean {
  return product(row) >= ROW_FROM;
}

/** Position over axes, outermost first. */
export function rowMajor(axes: readonly Axis[]): Index {
  return axes.reduce((total, axis) => addIndex(scaleIndex(total, axis.extent), axisIndex(axis)), constantIndex(0));
}

/** The instruction that joins two values. */
export function joinOf(combine: 'add' | 'mul' | 'max' | 'min', type: ScalarType): number {
  const float = type === 'f32';
  switch (combine) {
    case 'add':
      return float ? op.f32x4Add : op.i32x4Add;
    case 'mul':
      return float ? op.f32x4Mul : op.i32x4Mul;
    case 'max':
      return float ? op.f32x4Max : op.i32x4MaxS;
    case 'min':
      return float ? op.f32x4Min : op.i32x4MinS;
  }
}

/** Which NaN ∞ − ∞ gives is not the same as what a NaN among the updates gives: one for both. */
export function canonical(fb: FunctionBuilder, x: Value): Value {
  return fb.op(op.v128Bitselect, x, fb.f32x4(Number.NaN), fb.op(op.f32x4Eq, x, x));
}

/** The four floats as two vectors of doubles. */
export function halvesOf(fb: FunctionBuilder, x: Value): [Value, Value] {
  return [fb.op(op.f64x2PromoteLowF32x4, x), fb.op(op.f64x2PromoteLowF32x4, fb.shuffle(x, x, [2, 3, 2, 3]))];
}
