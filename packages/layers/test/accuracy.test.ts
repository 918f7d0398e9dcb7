/** Activations keep their digits where they vanish: against closed forms in float64. */
import { setDevice, tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { erfc } from '../../tensor/test/support/plan-evaluator.ts';
import { devices } from '../../tensor/test/support/devices.ts';
import { worstRelativeError } from '../../tensor/test/support/relative.ts';
import { GELU } from '../src/index.ts';

const samples = Float32Array.from({ length: 241 }, (_, i) => (i - 120) / 15);

describe.each(devices)('activations on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('GELU', async () => {
    const exact = [...samples].map((x) => (x / 2) * erfc(-x / Math.SQRT2));
    expect(worstRelativeError(await new GELU().forward(tensor(samples)).data(), exact)).toBeLessThan(1e-5);
  });

  it('GELU, tanh form', async () => {
    const exact = [...samples].map((x) => x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))));
    const actual = await new GELU({ approximate: 'tanh' }).forward(tensor(samples)).data();
    // The exponent reaches 49 at −8; eˣ has the rounding error of x times |x|.
    expect(worstRelativeError(actual, exact)).toBeLessThan(1e-5);
  });
});
