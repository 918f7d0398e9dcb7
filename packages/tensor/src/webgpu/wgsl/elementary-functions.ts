/**
 * Exponential, logarithm, trigonometric functions, powers. WGSL allows errors far above float32's rounding (`sin` 2⁻¹¹, `log` 2⁻²¹ absolute
 * near 1, `pow` undefined for negative bases), so everything that gradients are sensitive to is built of multiplications and bit patterns.
 * Reductions of the argument follow Cody and Waite, "Software Manual for the Elementary Functions" (1980).
 */
import type { Helpers } from './helpers.ts';
import type { SpecialValueFunction } from './special-values.ts';

export type ElementaryFunction =
  | 'exp_f32'
  | 'expm1_f32'
  | 'exp2_f32'
  | 'log_f32'
  | 'log2_f32'
  | 'log10_f32'
  | 'log1p_f32'
  | 'multiply_high'
  | 'reduce_large'
  | 'two_over_pi'
  | 'sincos_f32'
  | 'sin_f32'
  | 'cos_f32'
  | 'tanh_f32'
  | 'sigmoid_f32'
  | 'erf_series'
  | 'erf_f32'
  | 'pow_f32'
  | 'upper_bits';

export const elementaryFunctions: Helpers<ElementaryFunction, SpecialValueFunction> = {
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
