/** What float32 might have computed in the place of float64. */
import type { Rounding } from '../../../packages/tensor/src/reference/interpret.ts';

/** The unit of the last place of float32 beside 1. */
const ulp = 2 ** -23;

/** Whose terms may cancel: what is left is as inexact as they are. */
const sums: ReadonlySet<string> = new Set([
  'sum',
  'dot',
  'conv',
  'convInputGradient',
  'convWeightGradient',
  'fold',
  'scatter',
]);

/** The largest that terms of a sum may be. */
function largestTerm(inputs: Parameters<Rounding>[3]): number {
  const largest = inputs
    .filter(({ type }) => type.dtype === 'float32' || type.dtype === 'float16')
    .map(({ data }) =>
      data.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0),
    );
  return Math.max(
    ...largest,
    largest.reduce((a, b) => a * b, 1),
  );
}

/** Whether terms of a sum may cancel: of one sign they do not, and their sum is not of the other. */
const mayCancel = (op: string, inputs: Parameters<Rounding>[3]): boolean =>
  sums.has(op) &&
  (op !== 'sum' || inputs.some(({ data }) => data.some((value) => value < 0) && data.some((value) => value > 0)));

/** How large the terms of an element are: 0 of what is no sum, and of one in which none cancel. */
function termsOf(op: string, inputs: Parameters<Rounding>[3]): (i: number) => number {
  if (op === 'add' || op === 'sub') return (i) => Math.max(...inputs.map(({ data }) => Math.abs(data[i] ?? 0)));
  const term = mayCancel(op, inputs) ? largestTerm(inputs) : 0;
  return () => term;
}

/**
 * Rounds to float32, up to `ulps` units off. What float32 holds stays as it is, so that views, choices and whole numbers are exact. What is left of terms that
 * cancel is moved as far as they are inexact; by every other seed, what is no more than that is 0, as it is where float32 cancels them exactly.
 */
export function randomRounding(seed: number, ulps: number): Rounding {
  let state = Math.imul(seed, 2654435761) >>> 0;
  const vanishes = seed % 2 !== 0;
  return (data, { dtype }, op, inputs) => {
    // Numbers of half precision are computed in float32 before they are rounded.
    if (dtype !== 'float32' && dtype !== 'float16') return data;
    const rounded = data.slice();
    const termOf = termsOf(op, inputs);
    for (let i = 0; i < rounded.length; i++) {
      const value = rounded[i] ?? NaN;
      const term = termOf(i);
      const isCancelled = value !== 0 && Math.abs(value) < 2 ** -20 * term;
      if ((Math.fround(value) === value && !isCancelled) || !Number.isFinite(value)) continue;
      if (vanishes && Math.abs(value) < Math.max(ulps, 1) * ulp * term) {
        rounded[i] = 0;
        continue;
      }
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      rounded[i] = Math.fround(value + ulps * ulp * (isCancelled ? term : value) * (state / 0x80000000 - 1));
    }
    return rounded;
  };
}
