/** No assertion can see at once what tensors hold: `toEqual` would find any two equal. Compare what `toArray()` or `data()` gives. */
import { expect } from 'vitest';
import { Tensor } from '../../../packages/tensor/src/index.ts';

let distinguishes = false;

/** Lets `toEqual` and its kin take a tensor for equal to itself alone, also inside of others. */
export function distinguishTensors(): void {
  if (distinguishes) return;
  distinguishes = true;
  expect.addEqualityTesters([
    (a: unknown, b: unknown): boolean | undefined => (a instanceof Tensor && b instanceof Tensor ? a === b : undefined),
  ]);
}
