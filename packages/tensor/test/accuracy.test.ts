/**
 * Largest errors of the elementwise functions in ulp, over every exponent of float32 and dense where they bend.
 *
 * @module-tag long: sweeps over all exponents.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cosh,
  device as current,
  digamma,
  erfinv,
  exp2,
  fmod,
  hypot,
  lgamma,
  log10,
  log2,
  logSigmoid,
  mish,
  pow,
  setDevice,
  sinh,
  softplus,
  tan,
  tensor,
  trunc,
  xlogy,
  type Tensor,
} from '../src/index.ts';
import { devices, flushesDenormals } from './support/devices.ts';
import { makeNode } from '../src/graph/node.ts';
import { nodeOf, tensorOf } from '../src/handle.ts';
import { digamma as exactDigamma, erfinv as exactErfinv, lgamma as exactLgamma } from '../src/reference/special.ts';
import { erf, erfc } from './support/plan-evaluator.ts';
import type { UnaryPrimitive, unaryPrimitives } from '../src/graph/elementwise.ts';
import { everyExponent, sweep, ulpError } from './support/ulp.ts';

interface Claim {
  readonly run: (x: Tensor) => Tensor;
  readonly exact: (x: number) => number;
  /** In ulp, as docs/architecture.md states them. */
  readonly wasm: number;
  readonly webgpu: number;
  /** On graphics processors, whose own quotients and roots may be 2.5 and 1 ulp off; default: as on WebGPU's software adapters. */
  readonly graphics?: number;
  readonly from?: number;
}

function halfToEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

type FloatPrimitive = {
  [P in UnaryPrimitive]: (typeof unaryPrimitives)[P]['takes'] extends 'float' ? P : never;
}[UnaryPrimitive];

/** Of primitives; the record is exhaustive, so that a new one without a claim does not compile. */
const primitiveClaims: Readonly<Record<FloatPrimitive, Claim>> = {
  exp: { run: (x) => x.exp(), exact: Math.exp, wasm: 1.5, webgpu: 1.5 },
  expm1: { run: (x) => x.expm1(), exact: Math.expm1, wasm: 1.5, webgpu: 1.5 },
  log: { run: (x) => x.log(), exact: Math.log, wasm: 1.5, webgpu: 1.5 },
  log1p: { run: (x) => x.log1p(), exact: Math.log1p, wasm: 1.5, webgpu: 1.5 },
  sqrt: { run: (x) => x.sqrt(), exact: Math.sqrt, wasm: 0, webgpu: 0, graphics: 1 },
  tanh: { run: (x) => x.tanh(), exact: Math.tanh, wasm: 2, webgpu: 3.5 },
  // Below −87.3 the result is denormal: 0 on the devices.
  sigmoid: {
    run: (x) => x.sigmoid(),
    exact: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
    wasm: 2.5,
    webgpu: 2.5,
    graphics: 3,
    from: -87.3,
  },
  erf: { run: (x) => x.erf(), exact: erf, wasm: 2, webgpu: 3 },
  erfc: { run: (x) => x.erfc(), exact: erfc, wasm: 4, webgpu: 4 },
  // x² is rounded before its exponential is taken: below, x²/2 ulp more.
  normalCdf: {
    run: (x) => tensorOf(makeNode('normalCdf', [nodeOf(x)], {})),
    exact: (x) => erfc(-x / Math.SQRT2) / 2,
    wasm: 4,
    webgpu: 4,
    from: -1,
  },
  log1pExp: {
    run: (x) => softplus(x, { threshold: 1000 }),
    exact: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    wasm: 2,
    webgpu: 2,
  },
  exp2: { run: exp2, exact: (x) => 2 ** x, wasm: 1.5, webgpu: 1.5 },
  log2: { run: log2, exact: Math.log2, wasm: 2, webgpu: 2 },
  log10: { run: log10, exact: Math.log10, wasm: 2, webgpu: 2 },
  sin: { run: (x) => x.sin(), exact: Math.sin, wasm: 1.6, webgpu: 2.5 },
  cos: { run: (x) => x.cos(), exact: Math.cos, wasm: 1.6, webgpu: 2.5 },
  asin: { run: asin, exact: Math.asin, wasm: 2.5, webgpu: 2.5 },
  acos: { run: acos, exact: Math.acos, wasm: 1.5, webgpu: 1.5 },
  atan: { run: atan, exact: Math.atan, wasm: 2, webgpu: 2 },
  erfinv: { run: erfinv, exact: exactErfinv, wasm: 3.5, webgpu: 3.5 },
  lgamma: { run: lgamma, exact: exactLgamma, wasm: 3.5, webgpu: 3.5, from: 0 },
  digamma: { run: digamma, exact: exactDigamma, wasm: 2.5, webgpu: 2.5, graphics: 3, from: 0 },
  floor: { run: (x) => x.floor(), exact: Math.floor, wasm: 0, webgpu: 0 },
  ceil: { run: (x) => x.ceil(), exact: Math.ceil, wasm: 0, webgpu: 0 },
  round: { run: (x) => x.round(), exact: halfToEven, wasm: 0, webgpu: 0 },
  trunc: { run: trunc, exact: Math.trunc, wasm: 0, webgpu: 0 },
};

/** Of what is composed of them. */
const compositeClaims: Readonly<Record<string, Claim>> = {
  'atan2 of 3 and x': { run: (x) => atan2(3, x), exact: (x) => Math.atan2(3, x), wasm: 2.5, webgpu: 2.5 },
  'atan2 of x and −2': { run: (x) => atan2(x, -2), exact: (x) => Math.atan2(x, -2), wasm: 2.5, webgpu: 2.5 },
  'pow of |x| and 3.6875': {
    run: (x) => x.abs().pow(3.6875),
    exact: (x) => Math.abs(x) ** 3.6875,
    wasm: 1,
    webgpu: 1.5,
  },
  'pow of |x| and −0.3125': {
    run: (x) => x.abs().pow(-0.3125),
    exact: (x) => Math.abs(x) ** -0.3125,
    wasm: 1,
    webgpu: 1.5,
  },
  'pow of 7 and x': { run: (x) => pow(7, x), exact: (x) => 7 ** x, wasm: 1, webgpu: 1.5 },
  'pow of 1 + 2⁻¹⁰ and x': {
    run: (x) => pow(1 + 2 ** -10, x),
    exact: (x) => (1 + 2 ** -10) ** x,
    wasm: 1,
    webgpu: 1.5,
  },
  'pow of 1 − 2⁻²⁴ and x': {
    run: (x) => pow(1 - 2 ** -24, x),
    exact: (x) => (1 - 2 ** -24) ** x,
    wasm: 1,
    webgpu: 1.5,
  },
  tan: { run: tan, exact: Math.tan, wasm: 4, webgpu: 4, graphics: 4.5 },
  sinh: { run: sinh, exact: Math.sinh, wasm: 2.5, webgpu: 2.5 },
  cosh: { run: cosh, exact: Math.cosh, wasm: 2.5, webgpu: 2.5 },
  asinh: { run: asinh, exact: Math.asinh, wasm: 2, webgpu: 2 },
  acosh: { run: acosh, exact: Math.acosh, wasm: 2.5, webgpu: 2.5 },
  atanh: { run: atanh, exact: Math.atanh, wasm: 2, webgpu: 2, graphics: 2.5 },
  logSigmoid: {
    run: logSigmoid,
    exact: (x) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))),
    wasm: 2,
    webgpu: 2,
  },
  softplus: {
    run: (x) => softplus(x, { threshold: 1000 }),
    exact: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    wasm: 2,
    webgpu: 2,
  },
  mish: {
    run: mish,
    exact: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
    wasm: 4,
    webgpu: 4,
    from: -87,
  },
  'hypot with 3': { run: (x) => hypot(x, 3), exact: (x) => Math.hypot(x, 3), wasm: 2, webgpu: 2, graphics: 2.5 },
  'hypot with x / 2': {
    run: (x) => hypot(x, x.mul(0.5)),
    exact: (x) => Math.hypot(x, x / 2),
    wasm: 2,
    webgpu: 2,
    graphics: 2.5,
  },
  'xlogy of x and x': { run: (x) => xlogy(x, x), exact: (x) => (x === 0 ? 0 : x * Math.log(x)), wasm: 2, webgpu: 2 },
};

interface PairClaim {
  readonly run: (a: Tensor, b: Tensor) => Tensor;
  readonly exact: (a: number, b: number) => number;
  readonly ulps: number;
}

/** Of two numbers of any exponents. */
const pairClaims: Readonly<Record<string, PairClaim>> = {
  pow: {
    run: (a, b) => a.abs().pow(b),
    exact: (a, b) => (Math.abs(a) === 1 ? 1 : Math.abs(a) ** b),
    ulps: 1.5,
  },
  atan2: { run: atan2, exact: Math.atan2, ulps: 2.5 },
  hypot: { run: hypot, exact: Math.hypot, ulps: 2 },
  xlogy: { run: (a, b) => xlogy(a, b.abs()), exact: (a, b) => (a === 0 ? 0 : a * Math.log(Math.abs(b))), ulps: 2 },
  fmod: { run: fmod, exact: (a, b) => a % b, ulps: 0 },
};

/** Pairs of every exponent with every tenth, and of numbers near 1 with large ones. */
function pairs(): [Float32Array, Float32Array] {
  const numbers = everyExponent(2);
  const few = numbers.filter((_, i) => i % 10 === 0);
  const left = [...numbers].flatMap((a) => [...few].map(() => a));
  const right = [...numbers].flatMap(() => [...few]);
  for (let i = -200; i <= 200; i++) {
    for (let k = 1; k < 200; k++) {
      left.push(1 + i * 2 ** -18);
      right.push((k - 100) * 3777.125);
    }
  }
  return [Float32Array.from(left), Float32Array.from(right)];
}

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
  sweep(0.5, 3, 30001),
  sweep(-20, 20, 30001),
  sweep(-110, 110, 30001),
  Float32Array.of(0, -0, Infinity, -Infinity, NaN, -1),
);

/** 0 with the sign of x. */
const zeroLike = (x: number): number => (x < 0 ? -0 : 0);

describe.each(devices)('%s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(Object.entries({ ...primitiveClaims, ...compositeClaims }))(
    '%s',
    async (_name, { run, exact, wasm, webgpu, graphics = webgpu, from = -Infinity }) => {
      const x = samples.filter((value) => !(value < from));
      const y = await run(tensor(x)).data();
      // WebGPU may flush denormal numbers, operands and results.
      const isSoftware = (await current.ready()).includes('software');
      const [limit, negligible] =
        device === 'webgpu' ? [isSoftware ? webgpu : graphics, 2 ** -126] : [device === 'wasm' ? wasm : 0, 0];
      const flushes = device === 'webgpu' && (await flushesDenormals());
      let worst = 0;
      let at = 0;
      x.forEach((value, i) => {
        const flushed = flushes && Math.abs(value) < 2 ** -126 ? zeroLike(value) : value;
        const error = Math.min(
          ulpError(y[i] ?? NaN, exact(value), negligible),
          ulpError(y[i] ?? NaN, exact(flushed), negligible),
        );
        if (!(error <= worst)) [worst, at] = [error, value];
      });
      expect(worst, `at ${at}`).toBeLessThanOrEqual(limit);
    },
  );

  it.each(Object.entries(pairClaims))('%s of two', async (_name, { run, exact, ulps }) => {
    const [a, b] = pairs();
    const y = await run(tensor(a), tensor(b)).data();
    const flushes = device === 'webgpu';
    let worst = 0;
    let at = '';
    a.forEach((left, i) => {
      const right = b[i] ?? NaN;
      // Denormal operands are anything there.
      if (flushes && Math.min(Math.abs(left), Math.abs(right)) < 2 ** -126) return;
      const error = ulpError(y[i] ?? NaN, exact(left, right), flushes ? 2 ** -126 : 0);
      if (!(error <= worst)) [worst, at] = [error, `${left}, ${right}`];
    });
    expect(worst, `at ${at}`).toBeLessThanOrEqual(device === 'reference' ? 0 : ulps);
  });

  it('gelu and the normal distribution keep their digits far below 0: x²/2 ulp and some', async () => {
    const x = sweep(-12.8, -1, 20001);
    const probability = await tensorOf(makeNode('normalCdf', [nodeOf(tensor(x))], {})).data();
    const unit = await tensor(x).gelu().data();
    let worst = 0;
    x.forEach((value, i) => {
      const exact = erfc(-value / Math.SQRT2) / 2;
      const allowed = 4 + value ** 2 / 2;
      worst = Math.max(worst, ulpError(probability[i] ?? NaN, exact) / allowed);
      worst = Math.max(worst, ulpError(unit[i] ?? NaN, value * exact) / (allowed + 1));
    });
    expect(worst).toBeLessThanOrEqual(1);
  });

  // The reference device does not round between operations, others may contract them.
  it.runIf(device === 'wasm')('exp has the same bits whether its operand is known to be below 0 or not', async () => {
    const x = tensor(samples);
    for (const below of [x.abs().neg(), x.square().neg(), x.square().mul(-0.5)]) {
      const inOneKernel = await below.exp().data();
      expect(inOneKernel).toEqual(
        await tensor(await below.data())
          .exp()
          .data(),
      );
    }
  });

  it('expm1 and log1p keep the sign of zero', async () => {
    const zeros = Float32Array.of(0, -0);
    expect([...(await tensor(zeros).expm1().data())]).toEqual([0, -0]);
    expect([...(await tensor(zeros).log1p().data())]).toEqual([0, -0]);
  });
});
