/** Largest errors of the elementwise functions in ulp, over every exponent of float32 and dense where they bend. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  acosh,
  asinh,
  atanh,
  cosh,
  hypot,
  logSigmoid,
  setDevice,
  sinh,
  softplus,
  tan,
  tensor,
  xlogy,
  type Tensor,
} from '../src/index.ts';
import { devices } from './support/devices.ts';
import { erf, erfc } from './support/plan-evaluator.ts';
import { everyExponent, sweep, ulpError } from './support/ulp.ts';

interface Claim {
  readonly run: (x: Tensor) => Tensor;
  readonly exact: (x: number) => number;
  /** In ulp, as docs/architecture.md states them. */
  readonly wasm: number;
  readonly webgpu: number;
  readonly from?: number;
}

const claims: Readonly<Record<string, Claim>> = {
  exp: { run: (x) => x.exp(), exact: Math.exp, wasm: 1.5, webgpu: 1.5 },
  expm1: { run: (x) => x.expm1(), exact: Math.expm1, wasm: 1.5, webgpu: 1.5 },
  log: { run: (x) => x.log(), exact: Math.log, wasm: 1.5, webgpu: 1.5 },
  log1p: { run: (x) => x.log1p(), exact: Math.log1p, wasm: 1.5, webgpu: 1.5 },
  sqrt: { run: (x) => x.sqrt(), exact: Math.sqrt, wasm: 0, webgpu: 0 },
  tanh: { run: (x) => x.tanh(), exact: Math.tanh, wasm: 2, webgpu: 3.5 },
  // Below −87.3 the result is denormal: 0 on the devices.
  sigmoid: {
    run: (x) => x.sigmoid(),
    exact: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
    wasm: 2.5,
    webgpu: 2.5,
    from: -87.3,
  },
  erf: { run: (x) => x.erf(), exact: erf, wasm: 2, webgpu: 3 },
  erfc: { run: (x) => x.erfc(), exact: erfc, wasm: 7.5, webgpu: 7.5 },
  tan: { run: tan, exact: Math.tan, wasm: 4, webgpu: 4 },
  sinh: { run: sinh, exact: Math.sinh, wasm: 4, webgpu: 4 },
  cosh: { run: cosh, exact: Math.cosh, wasm: 4, webgpu: 4 },
  asinh: { run: asinh, exact: Math.asinh, wasm: 4, webgpu: 4 },
  acosh: { run: acosh, exact: Math.acosh, wasm: 4, webgpu: 4 },
  atanh: { run: atanh, exact: Math.atanh, wasm: 4, webgpu: 4 },
  logSigmoid: {
    run: logSigmoid,
    exact: (x) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))),
    wasm: 4,
    webgpu: 4,
  },
  softplus: {
    run: (x) => softplus(x, { threshold: 1000 }),
    exact: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    wasm: 4,
    webgpu: 4,
  },
  'hypot with 3': { run: (x) => hypot(x, 3), exact: (x) => Math.hypot(x, 3), wasm: 4, webgpu: 4 },
  'hypot with x / 2': { run: (x) => hypot(x, x.mul(0.5)), exact: (x) => Math.hypot(x, x / 2), wasm: 4, webgpu: 4 },
  'xlogy of x and x': { run: (x) => xlogy(x, x), exact: (x) => (x === 0 ? 0 : x * Math.log(x)), wasm: 4, webgpu: 4 },
};

function join(...parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((total, part) => total + part.length, 0));
  let position = 0;
  for (const part of parts) {
    all.set(part, position);
    position += part.length;
  }
  return all;
}

const samples = join(
  everyExponent(64),
  sweep(-1.5, 1.5, 30001),
  sweep(-20, 20, 30001),
  sweep(-110, 110, 30001),
  Float32Array.of(0, -0, Infinity, -Infinity, NaN, -1),
);

describe.each(devices)('%s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(Object.entries(claims))('%s', async (_name, { run, exact, wasm, webgpu, from = -Infinity }) => {
    const x = samples.filter((value) => !(value < from));
    const y = await run(tensor(x)).data();
    // WebGPU may flush denormal numbers, operands and results.
    const [limit, negligible] = device === 'webgpu' ? [webgpu, 2 ** -126] : [device === 'wasm' ? wasm : 0, 0];
    let worst = 0;
    let at = 0;
    x.forEach((value, i) => {
      const error = ulpError(y[i] ?? NaN, exact(value), negligible);
      if (!(error <= worst)) [worst, at] = [error, value];
    });
    expect(worst, `at ${at}`).toBeLessThanOrEqual(limit);
  });

  it('expm1 and log1p keep the sign of zero', async () => {
    const zeros = Float32Array.of(0, -0);
    expect([...(await tensor(zeros).expm1().data())]).toEqual([0, -0]);
    expect([...(await tensor(zeros).log1p().data())]).toEqual([0, -0]);
  });
});
