/** Exact reduction of angles, in integers of any length: the truth for sines of large arguments. */

const BITS = 320n;
const ONE = 1n << BITS;

/** arctan(1/k) · 2^BITS, by its Taylor series. */
function inverseTangent(k: bigint): bigint {
  let term = ONE / k;
  let total = term;
  for (let n = 3n; term !== 0n; n += 2n) {
    term /= -(k * k);
    total += term / n;
  }
  return total;
}

/** π · 2^BITS (J. Machin, 1706). */
const PI = 4n * (4n * inverseTangent(5n) - inverseTangent(239n));
/** 2/π · 2^BITS */
const QUARTER_TURNS = (2n * ONE * ONE) / PI;

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** |x| = m · 2^e for a finite float32. */
function parts(x: number): { m: bigint; e: number } {
  single[0] = x;
  const word = bits[0] ?? 0;
  const exponent = (word >>> 23) & 255;
  const mantissa = word & 0x7fffff;
  return exponent === 0 ? { m: BigInt(mantissa), e: -149 } : { m: BigInt(mantissa | 0x800000), e: exponent - 150 };
}

/** sin(x + quarters · π/2) of a finite float32 to about 16 digits. */
export function exactSine(x: number, quarters = 0): number {
  const { m, e } = parts(x);
  const product = e >= 0 ? (m * QUARTER_TURNS) << BigInt(e) : (m * QUARTER_TURNS) >> BigInt(-e);
  const turns = (product + ONE / 2n) >> BITS;
  // 2⁻⁶⁴ of a turn is left to numbers, after scaling what may be tiny.
  const rest = product - (turns << BITS);
  const shift = BigInt(Math.max(rest.toString(16).length * 4 - 68, 0));
  const r = Number(rest >> shift) * 2 ** Number(shift - BITS) * (Math.PI / 2);
  const sign = x < 0 ? -1 : 1;
  const quadrant = (Number(turns & 3n) * sign + quarters) & 3;
  const value = quadrant % 2 === 0 ? Math.sin(r) * sign : Math.cos(r);
  return quadrant < 2 ? value : -value;
}

/**
 * For every exponent the float32 numbers nearest to multiples of π/2, up to `count` of them: denominators of the convergents of 2^e · 2/π
 * (the best approximations there are), times what brings them into the range of mantissas.
 */
export function hardestAngles(): Float32Array {
  const found: number[] = [];
  for (let e = -20; e <= 104; e++) {
    let numerator = e >= 0 ? (QUARTER_TURNS << BigInt(e)) % ONE : QUARTER_TURNS >> BigInt(-e);
    let denominator = ONE;
    let [previous, current] = [0n, 1n];
    while (numerator !== 0n && current < 1n << 24n) {
      const m = current * (((1n << 23n) + current - 1n) / current);
      if (m < 1n << 24n) found.push(Number(m) * 2 ** e);
      const quotient = denominator / numerator;
      [denominator, numerator] = [numerator, denominator % numerator];
      [previous, current] = [current, quotient * current + previous];
    }
  }
  return Float32Array.from(found.flatMap((x) => [x, -x]));
}
