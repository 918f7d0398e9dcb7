/** Drawn numbers beside the distribution functions that they are to have. */
/** √n times the largest distance of drawn numbers from P(X ≤ x): above 2.2 once in 8,000 times (Kolmogorov and Smirnov). */
export function distance(x: Iterable<number>, distribution: (x: number) => number): number {
  const sorted = Float64Array.from(x).sort();
  const n = sorted.length;
  let largest = 0;
  // Of equal numbers, which have a probability together, all count at once.
  for (let i = 0; i < n;) {
    const value = sorted[i] ?? 0;
    let end = i + 1;
    while (sorted[end] === value) end++;
    const isStep = end > i + 1;
    const expected = distribution(value);
    largest = Math.max(largest, Math.abs(end / n - expected), isStep ? 0 : Math.abs(expected - i / n));
    i = end;
  }
  return Math.sqrt(n) * largest;
}

/** Φ by its series (Marsaglia, "Evaluating the normal distribution", 2004). */
export function normal(x: number): number {
  let [sum, term] = [x, x];
  for (let i = 3; Math.abs(term) > 1e-17; i += 2) sum += term *= (x * x) / i;
  return 0.5 + sum * Math.exp(-0.5 * x * x - 0.5 * Math.log(2 * Math.PI));
}
