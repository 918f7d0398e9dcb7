import { beforeAll, describe, expect, it } from 'vitest';
import { setDevice } from '../../../packages/tensor/src/index.ts';
import { devices } from '../../../packages/tensor/test/support/devices.ts';
import { checkGraph, shrink, stepsOf } from '../src/check.ts';

/** HEBB_FUZZ=2000 asks for more. */
const count = Number(process.env['HEBB_FUZZ'] ?? 60);

describe.each(devices)('random graphs on %s', (device) => {
  beforeAll(() => setDevice(device));

  it(
    'have the values, gradients and updates of the interpreter',
    async () => {
      for (let seed = 1; seed <= count; seed++) {
        const failure = await checkGraph(seed, stepsOf(seed));
        expect(failure === undefined ? undefined : await shrink(failure)).toBeUndefined();
      }
    },
    60_000 + 2_000 * count,
  );
});
