/** Sums in 64-bit fixed point (low word, high word), which are the same for any order of the terms. */
import type { Helpers } from './helpers.ts';
import type { SpecialValueFunction } from './special-values.ts';

export type FixedPointFunction = 'special_kind' | 'special_value' | 'fixed_of' | 'fixed_sum' | 'fixed_value';

export const fixedPoint: Helpers<FixedPointFunction, SpecialValueFunction> = {
  // The leading bit of the largest term lies at bit 61 − guard, so that 2^guard terms do not overflow. Infinities and NaN are bits of a
  // set beside it.
  special_kind: {
    needs: [],
    text: `fn special_kind(bits: u32) -> u32 {
  if ((bits & 0x7fffffffu) < 0x7f800000u) { return 0u; }
  if (bits == 0x7f800000u) { return 1u; }
  return select(4u, 2u, bits == 0xff800000u);
}`,
  },
  special_value: {
    needs: ['nan_bits', 'infinity_bits'],
    text: `fn special_value(kinds: u32) -> f32 {
  if (kinds == 1u) { return bitcast<f32>(infinity_bits); }
  return select(bitcast<f32>(nan_bits), bitcast<f32>(infinity_bits | 0x80000000u), kinds == 2u);
}`,
  },
  fixed_of: {
    needs: [],
    text: `fn fixed_of(bits: u32, largest: u32, guard: u32) -> vec2<u32> {
  let exponent = (bits >> 23u) & 0xffu;
  let mantissa = (bits & 0x7fffffu) | select(0u, 0x800000u, exponent != 0u);
  let shift = 38i - i32(guard) - i32(max(largest >> 23u, 1u)) + i32(max(exponent, 1u));
  var low = 0u;
  var high = 0u;
  if (shift >= 32i) {
    high = mantissa << u32(shift - 32i);
  } else if (shift > 0i) {
    low = mantissa << u32(shift);
    high = mantissa >> u32(32i - shift);
  } else if (shift == 0i) {
    low = mantissa;
  } else if (shift > -25i) {
    low = (mantissa + (1u << u32(-shift - 1i))) >> u32(-shift);
  }
  if (bits >= 0x80000000u) {
    low = ~low + 1u;
    high = ~high + select(0u, 1u, low == 0u);
  }
  return vec2<u32>(low, high);
}`,
  },
  fixed_sum: {
    needs: [],
    text: `fn fixed_sum(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let low = a.x + b.x;
  return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < a.x));
}`,
  },
  fixed_value: {
    needs: [],
    text: `fn fixed_value(sum: vec2<u32>, largest: u32, guard: u32) -> f32 {
  let negative = sum.y >= 0x80000000u;
  var low = sum.x;
  var high = sum.y;
  if (negative) {
    low = ~low + 1u;
    high = ~high + select(0u, 1u, low == 0u);
  }
  if ((low | high) == 0u) { return 0.0; }
  var zeros = countLeadingZeros(high);
  if (zeros == 32u) {
    zeros += countLeadingZeros(low);
    high = low << (zeros - 32u);
    low = 0u;
  } else if (zeros > 0u) {
    high = (high << zeros) | (low >> (32u - zeros));
    low = low << zeros;
  }
  var digits = high >> 8u;
  let above = (high & 0x7fu) != 0u || low != 0u || (digits & 1u) != 0u;
  if ((high & 0x80u) != 0u && above) { digits++; }
  let exponent = i32(max(largest >> 23u, 1u)) + i32(guard) - i32(zeros) - 148i;
  let half = exponent / 2i;
  let value = f32(digits) * bitcast<f32>(u32(half + 127i) << 23u) * bitcast<f32>(u32(exponent - half + 127i) << 23u);
  return select(value, -value, negative);
}`,
  },
};
