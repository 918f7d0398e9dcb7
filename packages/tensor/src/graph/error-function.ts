/** The error function in double precision, which JavaScript's Math lacks, by series that are slow and plain. */

/** 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!! (Abramowitz & Stegun 7.1.6), whose terms are all of one sign: the error function, best below 3. */
function erfSeries(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/** erfc by its continued fraction (Abramowitz & Stegun 7.1.14), for x ≥ 2. */
function erfcFraction(x: number): number {
  if (x > 30) return 0;
  let fraction = 0;
  for (let n = 120; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

/** The error function to double precision. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  return Math.abs(x) < 3 ? erfSeries(x) : Math.sign(x) * (1 - erfcFraction(Math.abs(x)));
}

/** 1 − erf x, to 13 digits also where it is small. */
export function erfc(x: number): number {
  return x < 2 || Number.isNaN(x) ? 1 - erf(x) : erfcFraction(x);
}
