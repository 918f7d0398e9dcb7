/** What WGSL leaves open for NaN, infinities and zeros, asked of bits, because a compiler may assume x = x. */
import type { Helpers } from './helpers.ts';

export type SpecialValueFunction =
  | 'nan_bits'
  | 'infinity_bits'
  | 'over_zero'
  | 'zero_over'
  | 'times_zero'
  | 'over_itself'
  | 'divide_f32'
  | 'relu_f32'
  | 'sqrt_f32'
  | 'is_nan'
  | 'maximum_f32'
  | 'minimum_f32'
  | 'copy_sign_f32';

export const specialValues: Helpers<SpecialValueFunction> = {
  // Variables, because constants that are not finite do not compile.
  nan_bits: { needs: [], text: 'var<private> nan_bits: u32 = 0x7fc00000u;' },
  infinity_bits: { needs: [], text: 'var<private> infinity_bits: u32 = 0x7f800000u;' },
  // x / 0, for which compilers that know the 0 give what they like.
  over_zero: {
    needs: ['nan_bits', 'infinity_bits'],
    text: `fn over_zero(x: f32) -> f32 {
  let magnitude = bitcast<u32>(x) & 0x7fffffffu;
  let infinity = bitcast<f32>((bitcast<u32>(x) & 0x80000000u) | infinity_bits);
  return select(infinity, bitcast<f32>(nan_bits), magnitude == 0u || magnitude > 0x7f800000u);
}`,
  },
  // 0 / x, x · 0 and x / x, of which compilers make 0, 0 and 1 for every x.
  zero_over: {
    needs: ['nan_bits'],
    text: `fn zero_over(x: f32) -> f32 {
  let magnitude = bitcast<u32>(x) & 0x7fffffffu;
  let zero = bitcast<f32>(bitcast<u32>(x) & 0x80000000u);
  return select(zero, bitcast<f32>(nan_bits), magnitude == 0u || magnitude > 0x7f800000u);
}`,
  },
  times_zero: {
    needs: ['nan_bits'],
    text: `fn times_zero(x: f32) -> f32 {
  let zero = bitcast<f32>(bitcast<u32>(x) & 0x80000000u);
  return select(zero, bitcast<f32>(nan_bits), (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u);
}`,
  },
  over_itself: {
    needs: ['nan_bits'],
    text: `fn over_itself(x: f32) -> f32 {
  let magnitude = bitcast<u32>(x) & 0x7fffffffu;
  return select(1f, bitcast<f32>(nan_bits), magnitude == 0u || magnitude >= 0x7f800000u);
}`,
  },
  // Drivers multiply by the reciprocal, which is flushed to 0 from 2¹²⁶ on, and cancel a factor that a plain division would have. Powers of two change
  // no digit, and where the dividend falls below what is normal, so does the quotient.
  divide_f32: {
    needs: [],
    text: `fn divide_f32(x: f32, y: f32) -> f32 {
  let scale = select(1f, 5.421010862e-20f, abs(y) >= 8.507059173e37f);
  return (x * scale) / (y * scale);
}`,
  },

  // Of the numbers below zero the bits lie in one range, without those of NaN; a comparison of floats may become a maximum that drops NaN.
  relu_f32: {
    needs: [],
    text: `fn relu_f32(x: f32) -> f32 {
  return select(x, 0f, bitcast<u32>(x) - 0x80000001u < 0x7f800000u);
}`,
  },
  // WGSL leaves the root of a negative number open, and compilers make |x| of its square.
  sqrt_f32: {
    needs: ['nan_bits'],
    text: `fn sqrt_f32(x: f32) -> f32 {
  return select(sqrt(x), bitcast<f32>(nan_bits), x < 0f);
}`,
  },
  is_nan: {
    needs: [],
    text: `fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}`,
  },
  // Drivers make maxima and minima that drop NaN of comparisons, as soon as they know one operand: NaN in either is looked for.
  maximum_f32: {
    needs: ['is_nan'],
    text: `fn maximum_f32(x: f32, y: f32) -> f32 {
  return select(select(select(y, x, x > y), y, is_nan(y)), x, is_nan(x));
}`,
  },
  minimum_f32: {
    needs: ['is_nan'],
    text: `fn minimum_f32(x: f32, y: f32) -> f32 {
  return select(select(select(y, x, x < y), y, is_nan(y)), x, is_nan(x));
}`,
  },
  copy_sign_f32: {
    needs: [],
    text: `fn copy_sign_f32(x: f32, y: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(y) & 0x80000000u));
}`,
  },
};
