/** Errors of float32 results in units of the last place. */

/** Distance of neighbouring float32 numbers around x; the smallest there is around 0. */
export function ulp(x: number): number {
  return Math.max(2 ** -149, 2 ** (Math.floor(Math.log2(Math.abs(x))) - 23));
}

/**
 * |actual − exact| in units of the last place of `exact`; 0 for the same number, NaN or infinity, ∞ where only one of the two is NaN or
 * where an infinity is wrong. `negligible`: an absolute error that counts as none.
 */
export function ulpError(actual: number, exact: number, negligible = 0): number {
  const nearest = Math.fround(exact);
  if (Object.is(actual, nearest) || actual === nearest) return 0;
  if (!Number.isFinite(actual) || !Number.isFinite(exact)) return Infinity;
  const difference = Math.abs(actual - exact);
  return difference <= negligible ? 0 : difference / ulp(exact);
}

/** float32 numbers of every exponent, denormal ones too, with `mantissas` mantissas spread over each, both signs. */
export function everyExponent(mantissas: number): Float32Array {
  const bits = new Uint32Array(254 * mantissas * 2);
  let position = 0;
  for (let exponent = 0; exponent < 254; exponent++) {
    for (let i = 0; i < mantissas; i++) {
      // A stride that is odd visits low and high bits alike; the first and the last mantissa are always there.
      const mantissa = i === 0 ? 0 : i === 1 ? 0x7fffff : (i * 0x9e3779b1 + exponent * 7919) & 0x7fffff;
      const word = (((exponent + 1) << 23) | mantissa) >>> 0;
      bits[position++] = exponent === 0 && i > 1 ? mantissa : word;
      bits[position++] = (exponent === 0 && i > 1 ? mantissa : word) + 0x80000000;
    }
  }
  return new Float32Array(bits.buffer);
}

/** `count` numbers from low to high in even steps. */
export function sweep(low: number, high: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}
