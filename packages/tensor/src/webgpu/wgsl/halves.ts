/** float16: rounding to it, and its bits. */
import type { Helpers } from './helpers.ts';
import type { SpecialValueFunction } from './special-values.ts';

export type HalfFunction = 'half_f32' | 'half_value' | 'half_bits';

/** Numbers below 2⁻¹⁴ are multiples of 2⁻²⁴. */
export const halves: Helpers<HalfFunction, SpecialValueFunction> = {
  // The nearest number that float16 holds.
  half_f32: {
    needs: ['infinity_bits'],
    text: `fn half_f32(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let rounded = (magnitude + 0xfffu + ((magnitude >> 13u) & 1u)) & 0xffffe000u;
  let large = select(rounded, infinity_bits, rounded > 0x477fe000u);
  let small = bitcast<u32>(round(bitcast<f32>(magnitude) * 16777216f) * 5.9604644775390625e-8f);
  let number = select(large, small, magnitude < 0x38800000u);
  return bitcast<f32>(select(number, magnitude, magnitude > 0x7f800000u) | (bits & 0x80000000u));
}`,
  },
  // The number with these bits; the upper half does not count.
  half_value: {
    needs: [],
    text: `fn half_value(bits: u32) -> f32 {
  let magnitude = bits & 0x7fffu;
  let normal = (magnitude << 13u) + select(0x38000000u, 0x70000000u, magnitude >= 0x7c00u);
  let small = bitcast<u32>(f32(magnitude) * 5.9604644775390625e-8f);
  return bitcast<f32>(select(normal, small, magnitude < 0x400u) | ((bits & 0x8000u) << 16u));
}`,
  },
  // The bits of a number that float16 holds.
  half_bits: {
    needs: [],
    text: `fn half_bits(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let normal = min((magnitude - 0x38000000u) >> 13u, 0x7c00u);
  let small = u32(bitcast<f32>(min(magnitude, 0x38800000u)) * 16777216f);
  let number = select(normal, small, magnitude < 0x38800000u);
  return select(number, 0x7e00u, magnitude > 0x7f800000u) | ((bits >> 16u) & 0x8000u);
}`,
  },
};
