/** Closed forms in float64, and where they are compared. */

/** Every region of the logits: dense near 0, where losses are near 0 or overflow when written naively, and extreme. */
export const logits: Float32Array = Float32Array.from([
  ...Array.from({ length: 801 }, (_, i) => (i - 400) / 5),
  ...[1e-4, 1e-7, 12.3, 16, 17, 20, 86, 1e3, 1e30].flatMap((x) => [x, -x]),
]);

/** ln(1 + eˣ) */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** 1 / (1 + e⁻ˣ) */
export function gradientOfSoftplus(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}
