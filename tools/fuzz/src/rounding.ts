/** What float32 might have computed in the place of float64. */
import type { Rounding } from '../../../packages/tensor/src/reference/interpret.ts';

/** The unit of the last place of float32 beside 1. */
const ulp = 2 ** -23;

/** Rounds to float32, up to `ulps` units off. What float32 holds stays as it is, so that views, choices and whole numbers are exact. */
export function randomRounding(seed: number, ulps: number): Rounding {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return (data, { dtype }) => {
    if (dtype !== 'float32') return data;
    const rounded = data.slice();
    for (let i = 0; i < rounded.length; i++) {
      const value = rounded[i] ?? NaN;
      if (Math.fround(value) === value || Number.isNaN(value)) continue;
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      rounded[i] = Math.fround(value * (1 + ulps * ulp * (state / 0x80000000 - 1)));
    }
    return rounded;
  };
}
