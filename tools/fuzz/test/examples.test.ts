import { expect, it } from 'vitest';
import { setDevice, tensor } from '../../../packages/tensor/src/index.ts';
import { stepsOf } from '../src/check.ts';
import { checkMapping } from '../src/examples.ts';

/** HEBB_FUZZ=2000 asks for more. */
const count = Number(process.env['HEBB_FUZZ'] ?? 60);

it(
  'random graphs and their gradients, mapped over examples, are what a loop over the examples gives',
  async () => {
    setDevice('reference');
    for (let seed = 1; seed <= count; seed++) {
      // After so many recorded operations a computation starts by itself, and rounds to float32: it is to come between graphs.
      await tensor([1]).add(1).data();
      expect(checkMapping(seed, stepsOf(seed))).toBeUndefined();
    }
  },
  60_000 + 1_000 * count,
);
