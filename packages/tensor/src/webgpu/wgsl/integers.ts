/** Integers, quotients and remainders, with a result for every operand on every device. */
import type { Helpers } from './helpers.ts';
import type { SpecialValueFunction } from './special-values.ts';

export type IntegerFunction = 'truncate_i32' | 'fmod_f32' | 'floor_divide_i32' | 'shift_left_i32' | 'shift_right_i32';

export const integers: Helpers<IntegerFunction, SpecialValueFunction> = {
  truncate_i32: {
    needs: ['is_nan'],
    text: `fn truncate_i32(x: f32) -> i32 {
  let inside = i32(clamp(x, -2147483648f, 2147483520f));
  return select(select(inside, 2147483647, x >= 2147483648f), 0, is_nan(x));
}`,
  },
  // Of the bits, in steps of 8: exact, whatever the quotient. The result has the sign of x.
  fmod_f32: {
    needs: ['nan_bits'],
    text: `fn fmod_f32(x: f32, y: f32) -> f32 {
  let a = bitcast<u32>(x) & 0x7fffffffu;
  let b = bitcast<u32>(y) & 0x7fffffffu;
  if (b == 0u || a >= 0x7f800000u || b > 0x7f800000u) {
    return bitcast<f32>(nan_bits);
  }
  if (a < b) {
    return x;
  }
  let ea = i32(max(a >> 23u, 1u));
  let eb = i32(max(b >> 23u, 1u));
  let ma = (a & 0x7fffffu) | select(0u, 0x800000u, a >= 0x800000u);
  let mb = (b & 0x7fffffu) | select(0u, 0x800000u, b >= 0x800000u);
  var rest = ma % mb;
  for (var left = ea - eb; left > 0; left -= 8) {
    rest = (rest << u32(min(left, 8))) % mb;
  }
  // rest · 2^(eb − 150), in two factors that are not denormal.
  let half = (eb - 150) >> 1u;
  let magnitude = f32(rest) * bitcast<f32>(u32(half + 127) << 23u) * bitcast<f32>(u32(eb - 150 - half + 127) << 23u);
  return bitcast<f32>(bitcast<u32>(magnitude) | (bitcast<u32>(x) & 0x80000000u));
}`,
  },
  // WGSL says what x / 0 and −2³¹ / −1 are, but not on every device the same.
  floor_divide_i32: {
    needs: [],
    text: `fn floor_divide_i32(a: i32, b: i32) -> i32 {
  let divisor = select(b, 1, b == 0 || b == -1);
  let q = a / divisor;
  let rest = a - q * divisor;
  let floored = q - select(0, 1, rest != 0 && ((rest < 0) != (divisor < 0)));
  return select(select(floored, 0 - a, b == -1), 0, b == 0);
}`,
  },
  shift_left_i32: {
    needs: [],
    text: `fn shift_left_i32(a: i32, b: i32) -> i32 {
  return select(0, a << (u32(b) & 31u), u32(b) < 32u);
}`,
  },
  shift_right_i32: {
    needs: [],
    text: `fn shift_right_i32(a: i32, b: i32) -> i32 {
  return a >> min(u32(b), 31u);
}`,
  },
};
