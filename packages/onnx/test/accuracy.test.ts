/** Functions that ONNX does not have keep their accuracy as the operators that they are written in. */
import { asin, atan, digamma, erfinv, exp2, lgamma, log2, tensor, type Tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { exportOnnx, runOnnx } from '@hebb/onnx';
import {
  digamma as exactDigamma,
  erfc,
  erfinv as exactErfinv,
  lgamma as exactLgamma,
} from '../../tensor/src/reference/special.ts';
import { everyExponent, sweep, ulpError } from '../../tensor/test/support/ulp.ts';

const samples = Float32Array.from([
  ...everyExponent(16),
  ...sweep(-1.5, 1.5, 5001),
  ...sweep(-20, 20, 5001),
  ...sweep(-110, 110, 5001),
  ...[0, -0, -1, Infinity, -Infinity, NaN],
]);

describe.each([
  { name: 'expm1', run: (x: Tensor) => x.expm1(), exact: Math.expm1, ulps: 5 },
  { name: 'log1p', run: (x: Tensor) => x.log1p(), exact: Math.log1p, ulps: 3 },
  { name: 'erfc', run: (x: Tensor) => x.erfc(), exact: erfc, ulps: 5 },
  { name: 'erfinv', run: erfinv, exact: exactErfinv, ulps: 5 },
  { name: 'lgamma', run: (x: Tensor) => lgamma(x.abs()), exact: (x: number) => exactLgamma(Math.abs(x)), ulps: 5 },
  { name: 'digamma', run: (x: Tensor) => digamma(x.abs()), exact: (x: number) => exactDigamma(Math.abs(x)), ulps: 5 },
  { name: 'exp2', run: exp2, exact: (x: number) => 2 ** x, ulps: 3 },
  { name: 'log2', run: log2, exact: Math.log2, ulps: 4 },
  { name: 'asin', run: asin, exact: Math.asin, ulps: 5 },
  { name: 'atan', run: atan, exact: Math.atan, ulps: 5 },
])('$name', ({ run, exact, ulps }) => {
  it(`is within ${ulps} ulp in onnxruntime`, async () => {
    const bytes = await exportOnnx(run, { inputs: { x: ['count'] } });
    const [output] = Object.values(await runOnnx(bytes, { x: tensor(samples) }));
    const values = await (output as Tensor).data();
    let worst = 0;
    let at = 0;
    samples.forEach((x, i) => {
      // The runtime's Tanh has fewer digits among denormal numbers.
      const error = ulpError(values[i] ?? NaN, exact(x), 2 ** -136);
      if (!(error <= worst)) [worst, at] = [error, x];
    });
    expect(worst, `at ${at}`).toBeLessThanOrEqual(ulps);
  });
});
