/** float16, IEEE 754's binary16: its bits, and rounding to it. */

const words = new Float32Array(1);
const bits = new Int32Array(words.buffer);

/** The nearest number that float16 holds, ties to even; ±∞ from 65520 on. */
export function roundToHalf(value: number): number {
  return halfValue(halfBits(value));
}

/** The bits of the nearest number that float16 holds. */
export function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  // Adding 3 · 2^(e − 10 + 51) leaves no bits of a float64 below the last one of a float16 with the exponent e, −14 for all that is smaller.
  const exponent = magnitude < 2 ** -14 ? -14 : Math.floor(Math.log2(magnitude));
  const unit = 2 ** (exponent - 10);
  const large = 1.5 * 2 ** 52 * unit;
  const rounded = magnitude + large - large;
  // float32 has a larger bias by 112 and 13 more bits of fraction; both have the same denormal numbers.
  words[0] = rounded * 2 ** -112;
  return sign | ((bits[0] ?? 0) >>> 13);
}

/** The number with these bits. */
export function halfValue(half: number): number {
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  const magnitude =
    exponent === 31
      ? fraction === 0
        ? Infinity
        : NaN
      : exponent === 0
        ? fraction * 2 ** -24
        : (1024 + fraction) * 2 ** (exponent - 25);
  return half & 0x8000 ? -magnitude : magnitude;
}
