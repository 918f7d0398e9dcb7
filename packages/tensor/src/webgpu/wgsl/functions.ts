/**
 * Helper functions of the shaders. WGSL leaves NaN, infinities and overflow to the implementation and allows errors far above
 * float32's rounding (`sin` 2⁻¹¹, `log` 2⁻²¹ absolute near 1, `pow` undefined for negative bases), so everything that gradients
 * are sensitive to is built here from multiplications and bit patterns. Reductions of the argument follow Cody and Waite,
 * "Software Manual for the Elementary Functions" (1980). NaN is recognised by its bits, because a compiler may assume x = x.
 */

interface HelperFunction {
  readonly needs: readonly FunctionName[];
  readonly text: string;
}

export type FunctionName =
  | 'nan_bits'
  | 'infinity_bits'
  | 'over_zero'
  | 'zero_over'
  | 'times_zero'
  | 'over_itself'
  | 'relu_f32'
  | 'sqrt_f32'
  | 'is_nan'
  | 'maximum_f32'
  | 'minimum_f32'
  | 'exp_f32'
  | 'expm1_f32'
  | 'exp2_f32'
  | 'log_f32'
  | 'log1p_f32'
  | 'log2_f32'
  | 'log10_f32'
  | 'sin_f32'
  | 'cos_f32'
  | 'sincos_f32'
  | 'reduce_large'
  | 'multiply_high'
  | 'two_over_pi'
  | 'tanh_f32'
  | 'sigmoid_f32'
  | 'erf_f32'
  | 'erf_series'
  | 'pow_f32'
  | 'upper_bits'
  | 'truncate_i32'
  | 'copy_sign_f32'
  | 'special_kind'
  | 'special_value'
  | 'fixed_of'
  | 'fixed_sum'
  | 'fixed_value'
  | 'fmod_f32'
  | 'floor_divide_i32'
  | 'shift_left_i32'
  | 'shift_right_i32'
  | 'random_uniform';

const helpers: Record<FunctionName, HelperFunction> = {
  // Sums in 64-bit fixed point (low word, high word), for any order of the terms. The leading bit of the largest term lies at bit
  // 61 − guard, so that 2^guard terms do not overflow. Infinities and NaN are bits of a set beside it.
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

  // The comparison is false for NaN in either place, which leaves y; so only x has to be asked.
  maximum_f32: {
    needs: ['is_nan'],
    text: `fn maximum_f32(x: f32, y: f32) -> f32 {
  return select(y, x, (x > y) | is_nan(x));
}`,
  },
  minimum_f32: {
    needs: ['is_nan'],
    text: `fn minimum_f32(x: f32, y: f32) -> f32 {
  return select(y, x, (x < y) | is_nan(x));
}`,
  },

  // exp x = 2ᵏ exp r with |r| ≤ ½ ln 2; Taylor to r⁷ leaves 5e-9. 2ᵏ in two factors reaches 0 and infinity without undefined steps.
  exp_f32: {
    needs: ['is_nan'],
    text: `fn exp_f32(x: f32) -> f32 {
  let c = clamp(x, -104f, 89f);
  let k = floor(c * 1.44269504f + 0.5f);
  let r = (c - k * 0.693359375f) + k * 2.12194440e-4f;
  let p = 1f + r * (1f + r * (0.5f + r * (0.16666667f + r * (0.041666668f + r * (0.008333334f + r * (0.0013888889f + r * 1.98412698e-4f))))));
  let n = i32(k);
  let half = n >> 1u;
  let scaled = p * bitcast<f32>(u32(half + 127) << 23u) * bitcast<f32>(u32(n - half + 127) << 23u);
  return select(scaled, x, is_nan(x));
}`,
  },

  // 2ᵏ(exp r − 1) + (2ᵏ − 1), half of it throughout. What is exact of r is added to 2ᵏ − 1 first, so that nothing is lost where they
  // cancel; below 2⁻²⁵ the result rounds to x.
  expm1_f32: {
    needs: ['is_nan'],
    text: `fn expm1_f32(x: f32) -> f32 {
  let c = clamp(x, -40f, 89f);
  let k = floor(c * 1.44269504f + 0.5f);
  let high = c - k * 0.693359375f;
  let low = k * 2.12194440e-4f;
  let r = high + low;
  let tail = r * r * (0.5f + r * (0.16666667f + r * (0.041666668f + r * (0.008333334f + r * (0.0013888889f + r * 1.98412698e-4f))))) + low;
  let power = bitcast<f32>(u32(i32(k) + 126) << 23u);
  let half = (power * high + (power - 0.5f)) + power * tail;
  return select(half + half, x, abs(x) < 2.9802322e-8f || is_nan(x));
}`,
  },

  // 2ˣ = 2ᵏ 2ʳ with |r| ≤ ½; minimax, 2e-9.
  exp2_f32: {
    needs: ['is_nan'],
    text: `fn exp2_f32(x: f32) -> f32 {
  let c = clamp(x, -151f, 129f);
  let k = floor(c + 0.5f);
  let r = c - k;
  let p = 1f + r * (0.6931472f + r * (0.24022648f + r * (0.055503324f + r * (0.009618437f + r * (0.0013398875f + r * 1.535336e-4f)))));
  let n = i32(k);
  let half = n >> 1u;
  let scaled = p * bitcast<f32>(u32(half + 127) << 23u) * bitcast<f32>(u32(n - half + 127) << 23u);
  return select(scaled, x, is_nan(x));
}`,
  },

  // x = 2ᵉ(1 + f), 1 + f in [√½, √2); log(1 + f) = f − s(f − R), s = f/(2 + f), R = 2(s²/3 + s⁴/5 + …).
  log_f32: {
    needs: ['nan_bits', 'infinity_bits'],
    text: logarithm('log_f32', 'k * 0.693359375f + ((f - s * (f - r)) - k * 2.12194440e-4f)'),
  },
  log2_f32: {
    needs: ['nan_bits', 'infinity_bits'],
    text: logarithm('log2_f32', 'k + (f - s * (f - r)) * 1.442695f'),
  },
  log10_f32: {
    needs: ['nan_bits', 'infinity_bits'],
    text: logarithm('log10_f32', 'k * 0.30078125f + ((f - s * (f - r)) * 0.4342945f + k * 2.4874566e-4f)'),
  },

  // 1 + x = 2ᵉ(1 + f) with f = 2⁻ᵉx + (2⁻ᵉ − 1), which has no rounding error; 1 + x, rounded, only chooses e, so that 1 + f lies in [¾, 3⁄2).
  log1p_f32: {
    needs: ['nan_bits', 'infinity_bits'],
    text: `fn log1p_f32(x: f32) -> f32 {
  let e = i32(bitcast<u32>(1f + x) - 0x3f400000u) >> 23u;
  let scale = bitcast<f32>(u32(129 - e) << 23u);
  let f = (x * 0.25f) * scale + (scale * 0.25f - 1f);
  let s = f / (2f + f);
  let z = s * s;
  let r = z * (0.6666667f + z * (0.4f + z * (0.2857143f + z * (0.22222222f + z * 0.18181819f))));
  let k = f32(e);
  var y = k * 0.693359375f + ((f - s * (f - r)) - k * 2.12194440e-4f);
  y = select(y, x, abs(x) < 2.9802322e-8f || (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u);
  y = select(y, bitcast<f32>(nan_bits), x < -1f);
  return select(y, -bitcast<f32>(infinity_bits), x == -1f);
}`,
  },

  // The upper half of a 64-bit product, a < 2²⁴.
  multiply_high: {
    needs: [],
    text: `fn multiply_high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u);
}`,
  },

  // |x| = m · 2ᵉ times 2/π, exactly but for multiples of 4 quarter turns and what lies below 2⁻⁶² (Payne and Hanek, "Radian reduction for
  // trigonometric functions", 1983): 96 bits of 2/π from a position that e gives, times m. Gives the bits of r and the quarter turns.
  reduce_large: {
    needs: ['multiply_high', 'two_over_pi'],
    text: `fn reduce_large(x: f32) -> vec2<u32> {
  let bits = bitcast<u32>(x);
  let m = (bits & 0x7fffffu) | 0x800000u;
  let position = min(((bits >> 23u) & 255u) - 120u, 135u);
  let i = position >> 5u;
  let s = position & 31u;
  // Two shifts, because one by 32 is none.
  let w0 = (two_over_pi[i] << s) | ((two_over_pi[i + 1u] >> 1u) >> (31u - s));
  let w1 = (two_over_pi[i + 1u] << s) | ((two_over_pi[i + 2u] >> 1u) >> (31u - s));
  let w2 = (two_over_pi[i + 2u] << s) | ((two_over_pi[i + 3u] >> 1u) >> (31u - s));
  let middle = m * w1;
  let low = middle + multiply_high(m, w2);
  let high = m * w0 + multiply_high(m, w1) + select(0u, 1u, low < middle);
  let turns = (high + 0x20000000u) >> 30u;
  let fraction = f32(bitcast<i32>((high << 2u) | (low >> 30u))) + f32(low << 2u) * 2.3283064e-10f;
  let r = fraction * 3.6572952e-10f;
  let negative = (bits >> 31u) == 1u;
  return vec2<u32>(bitcast<u32>(select(r, -r, negative)), select(turns, 4u - turns, negative));
}`,
  },
  two_over_pi: {
    needs: [],
    text: `const two_over_pi = array<u32, 8>(
  0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu);`,
  },

  // Below 4096 x − k·π/2 in parts of π/2 short enough that the first products are exact. sin x is x below 2⁻¹², which keeps −0.
  sincos_f32: {
    needs: ['nan_bits', 'reduce_large'],
    text: `fn sincos_f32(x: f32, quadrant: u32) -> f32 {
  let k = floor(x * 0.63661977f + 0.5f);
  var r = x - k * 1.5703125f;
  r = r - k * 4.837512969970703e-4f;
  r = r - k * 7.549533620476723e-8f;
  r = r - k * 2.5633441e-12f;
  var q = u32(i32(clamp(k, -4096f, 4096f)));
  if (abs(x) >= 4096f) {
    let reduced = reduce_large(x);
    r = bitcast<f32>(reduced.x);
    q = reduced.y;
  }
  q += quadrant;
  let z = r * r;
  let s = r + r * z * (-0.16666667f + z * (0.008333334f + z * (-1.98412698e-4f + z * 2.7557319e-6f)));
  let c = 1f + z * (-0.5f + z * (0.041666668f + z * (-0.0013888889f + z * (2.4801587e-5f - z * 2.7557319e-7f))));
  let y = select(s, c, (q & 1u) == 1u);
  let signed = select(y, -y, (q & 2u) == 2u);
  let result = select(signed, x, quadrant == 0u && abs(x) < 2.4414062e-4f);
  return select(result, bitcast<f32>(nan_bits), (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u);
}`,
  },
  sin_f32: { needs: ['sincos_f32'], text: 'fn sin_f32(x: f32) -> f32 {\n  return sincos_f32(x, 0u);\n}' },
  cos_f32: { needs: ['sincos_f32'], text: 'fn cos_f32(x: f32) -> f32 {\n  return sincos_f32(x, 1u);\n}' },

  // Below 1 the seventh convergent of Lambert's continued fraction; above, an exponential that cannot overflow.
  tanh_f32: {
    needs: ['exp_f32'],
    text: `fn tanh_f32(x: f32) -> f32 {
  let z = x * x;
  let near = x * (135135f + z * (17325f + z * (378f + z))) / (135135f + z * (62370f + z * (3150f + z * 28f)));
  let t = exp_f32(-2f * abs(x));
  let far = (1f - t) / (1f + t);
  return select(select(far, -far, x < 0f), near, abs(x) < 1f);
}`,
  },

  sigmoid_f32: {
    needs: ['exp_f32'],
    text: `fn sigmoid_f32(x: f32) -> f32 {
  let t = exp_f32(-abs(x));
  return select(t, 1f, x >= 0f) / (1f + t);
}`,
  },

  // Maclaurin, for |x| < 1.
  erf_series: {
    needs: [],
    text: `fn erf_series(x: f32) -> f32 {
  let z = x * x;
  return x * (1.1283792f + z * (-0.37612638f + z * (0.11283792f + z * (-0.026866171f + z * (0.0052239776f + z * (-8.5483270e-4f
    + z * (1.2055333e-4f + z * (-1.4925651e-5f + z * (1.6462115e-6f - z * 1.6365845e-7f)))))))));
}`,
  },

  // Below 1 the Maclaurin series; above, 1 − exp(−x²) Q(1/(1 + x/2)), Q fitted to erfc(x) exp(x²) on [1, 4] (minimax, 4e-11).
  erf_f32: {
    needs: ['exp_f32', 'erf_series'],
    text: `fn erf_f32(x: f32) -> f32 {
  let z = x * x;
  let near = erf_series(x);
  let a = abs(x);
  let t = 1f / (1f + 0.5f * a);
  let q = 0.00182246006f + t * (0.25970080f + t * (0.39680141f + t * (-0.064459474f + t * (0.63667903f - t * 0.23080133f))));
  let far = 1f - exp_f32(-z) * q;
  return select(select(far, -far, x < 0f), near, a < 1f);
}`,
  },

  // |x|^y = 2^(y(e + log₂ m)), m in [√½, √2). log₂ m = 2/ln 2 · atanh s, s = (m − 1)/(m + 1), and s, 2/ln 2 and y are split into 12 bits and the
  // rest, so that the large products are exact, and whole powers are taken off before anything is rounded away. Signs and limits as in C.
  pow_f32: {
    needs: ['upper_bits', 'is_nan', 'nan_bits', 'infinity_bits'],
    text: `fn pow_f32(x: f32, y: f32) -> f32 {
  let a = abs(x);
  let infinity = bitcast<f32>(infinity_bits);
  let small = a < 1.17549435e-38f;
  let bits = bitcast<u32>(select(a, a * 16777216f, small));
  let e = i32(bits - 0x3f3504f3u) >> 23u;
  let m = bitcast<f32>(bits - (u32(e) << 23u));
  let exponent = f32(select(e, e - 24, small));
  let u = m - 1f;
  let v = 1f / (m + 1f);
  let s = u * v;
  let s_high = upper_bits(s);
  let t_high = upper_bits(m + 1f);
  let t_low = m - (t_high - 1f);
  let s_low = v * ((u - s_high * t_high) - s_high * t_low);
  let z = s * s;
  let tail = s * z * (0.96179669f + z * (0.57707802f + z * (0.41219858f + z * (0.32059890f + z * 0.26230818f))));
  // 2/ln 2 in two parts, of which the first has 12 bits.
  let first = s_high * 2.884765625f;
  let second = (s_high * 6.2445678e-4f + s_low * 2.8853901f) + tail;
  let l_high = upper_bits(first + second);
  let l_low = (first - l_high) + second;
  // Beyond, every power but that of 1 is 0 or infinite.
  let w = clamp(y, -2147483648f, 2147483648f);
  let w_high = upper_bits(w);
  let w_low = w - w_high;
  let whole = w_high * exponent;
  let middle = w_high * l_high;
  let part = w_low * (exponent + l_high) + w * l_low;
  let k = clamp(floor(whole + (middle + part) + 0.5f), -252f, 252f);
  let r = clamp(((whole - k) + middle) + part, -1f, 1f);
  let p = 1f + r * (0.6931472f + r * (0.24022648f + r * (0.055503324f + r * (0.009618437f + r * (0.0013398875f + r * 1.535336e-4f)))));
  let n = i32(k);
  let half = n >> 1u;
  var result = p * bitcast<f32>(u32(half + 127) << 23u) * bitcast<f32>(u32(n - half + 127) << 23u);
  let magnitude = abs(y);
  if (a == 0f || a == infinity) {
    result = select(0f, infinity, (a == 0f) == (y < 0f));
  }
  if (magnitude == infinity) {
    result = select(select(0f, infinity, (a > 1f) == (y > 0f)), 1f, a == 1f);
  }
  let integer = floor(y) == y;
  let odd = integer && magnitude < 16777216f && (i32(clamp(y, -16777216f, 16777216f)) & 1) != 0;
  if ((bitcast<u32>(x) >> 31u) == 1u) {
    result = select(result, -result, odd);
    result = select(result, bitcast<f32>(nan_bits), !integer && a != 0f && a != infinity);
  }
  result = select(result, x + y, is_nan(x) || is_nan(y));
  return select(result, 1f, y == 0f || x == 1f);
}`,
  },
  upper_bits: {
    needs: [],
    text: `fn upper_bits(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}`,
  },

  truncate_i32: {
    needs: ['is_nan'],
    text: `fn truncate_i32(x: f32) -> i32 {
  let inside = i32(clamp(x, -2147483648f, 2147483520f));
  return select(select(inside, 2147483647, x >= 2147483648f), 0, is_nan(x));
}`,
  },

  copy_sign_f32: {
    needs: [],
    text: `fn copy_sign_f32(x: f32, y: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(y) & 0x80000000u));
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

  random_uniform: { needs: [], text: threefry() },
};

/** A logarithm: `value` of k = e, f, s = f/(2 + f) and R, and the special values. */
function logarithm(name: string, value: string): string {
  return `fn ${name}(x: f32) -> f32 {
  let small = x < 1.17549435e-38f;
  let bits = bitcast<u32>(select(x, x * 16777216f, small));
  let e = i32(bits - 0x3f3504f3u) >> 23u;
  let f = bitcast<f32>(bits - (u32(e) << 23u)) - 1f;
  let s = f / (2f + f);
  let z = s * s;
  let r = z * (0.6666667f + z * (0.4f + z * (0.2857143f + z * (0.22222222f + z * 0.18181819f))));
  let k = f32(select(e, e - 24, small));
  var y = ${value};
  y = select(y, x, (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u);
  y = select(y, bitcast<f32>(nan_bits), x < 0f);
  return select(y, -bitcast<f32>(infinity_bits), x == 0f);
}`;
}

/** Threefry-2x32 with 13 rounds: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). */
function threefry(): string {
  const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
  const lines: string[] = [];
  for (let round = 0; round < 13; round++) {
    const rotation = rotations[round % 8] ?? 0;
    lines.push(`  a += b;`, `  b = ((b << ${rotation}u) | (b >> ${32 - rotation}u)) ^ a;`);
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      lines.push(`  a += k${injection % 3};`, `  b += k${(injection + 1) % 3} + ${injection}u;`);
    }
  }
  return `fn random_uniform(index: u32, counter: u32, seed: u32) -> f32 {
  let k0 = seed;
  let k1 = 0x48656262u;
  let k2 = 0x1bd11bdau ^ k0 ^ k1;
  var a = index + k0;
  var b = counter + k1;
${lines.join('\n')}
  return f32(a >> 8u) * 5.9604645e-8f;
}`;
}

/** The text of the functions and of what they need, each before its users. */
export function functionTexts(names: Iterable<FunctionName>): string[] {
  const ordered = new Set<FunctionName>();
  const visit = (name: FunctionName): void => {
    if (ordered.has(name)) return;
    for (const needed of helpers[name].needs) visit(needed);
    ordered.add(name);
  };
  for (const name of [...names].sort()) visit(name);
  return [...ordered].map((name) => helpers[name].text);
}
