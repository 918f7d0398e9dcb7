import { afterAll, describe, expect, it } from 'vitest';
import { setFlagsFromString } from 'node:v8';
import type { Backend } from '../../src/runtime/backend.ts';
import { createWasmBackend, hasRelaxedSimd } from '../../src/wasm/backend.ts';
import { erf } from '../support/plan-evaluator.ts';
import { ulp } from '../support/ulp.ts';
import {
  axisIndex,
  binary,
  cast,
  generator,
  load,
  makeAxis,
  PlanBuilder,
  runPlan,
  unary,
  type Index,
} from './support.ts';
import type { Expression } from '../../src/compiler/kernel.ts';

// Node 20 has relaxed SIMD behind a flag that can be set while running.
setFlagsFromString('--experimental-wasm-relaxed-simd');
const devices: [string, Backend][] = [['plain', createWasmBackend({ relaxedSimd: false })]];
if (hasRelaxedSimd()) devices.push(['relaxed', createWasmBackend({ relaxedSimd: true })]);
afterAll(() => setFlagsFromString('--no-experimental-wasm-relaxed-simd'));

/** f applied to many values on a device. */
async function apply(
  device: Backend,
  values: Float32Array,
  make: (index: Index, buffer: number) => Expression,
): Promise<Float32Array> {
  const builder = new PlanBuilder();
  const axis = makeAxis(values.length);
  const x = builder.parameter(values.length, 'f32', values);
  const y = builder.parameter(values.length);
  builder.kernels.push({
    kind: 'map',
    name: 'f',
    axes: [axis],
    stores: [{ buffer: y, index: axisIndex(axis), value: make(axisIndex(axis), x) }],
  });
  return (await runPlan(builder.plan(), builder.data, [], device))[1] as Float32Array;
}

/** Even steps, random points, and every power of two in the range. */
function samples(low: number, high: number, count = 20001): Float32Array {
  const random = generator(7);
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(low + ((high - low) * i) / (count - 1), low + (high - low) * random());
  for (let e = -149; e < 128; e++)
    for (const sign of [1, -1]) for (const m of [1, 1.3, 1.99]) values.push(sign * m * 2 ** e);
  return Float32Array.from(values).filter((x) => x >= low && x <= high);
}

interface Claim {
  readonly operator: Extract<Expression, { kind: 'unary' }>['operator'];
  readonly exact: (x: number) => number;
  readonly range: readonly [number, number];
  readonly ulps: number;
}

const claims: Claim[] = [
  { operator: 'exp', exact: Math.exp, range: [-104, 88.7], ulps: 1.5 },
  { operator: 'log', exact: Math.log, range: [0, 3.4e38], ulps: 1.5 },
  { operator: 'log', exact: Math.log, range: [0, 4], ulps: 1.5 },
  { operator: 'expm1', exact: Math.expm1, range: [-104, 88.7], ulps: 1.5 },
  { operator: 'expm1', exact: Math.expm1, range: [-1.5, 1.5], ulps: 1.5 },
  { operator: 'log1p', exact: Math.log1p, range: [-1, 3.4e38], ulps: 1.5 },
  { operator: 'log1p', exact: Math.log1p, range: [-1, 6], ulps: 1.5 },
  { operator: 'tanh', exact: Math.tanh, range: [-12, 12], ulps: 2 },
  { operator: 'sigmoid', exact: (x) => 1 / (1 + Math.exp(-x)), range: [-87, 30], ulps: 2.5 },
  { operator: 'erf', exact: erf, range: [-5, 5], ulps: 2 },
  { operator: 'sin', exact: Math.sin, range: [-1e4, 1e4], ulps: 1.6 },
  { operator: 'cos', exact: Math.cos, range: [-1e4, 1e4], ulps: 1.6 },
  { operator: 'sin', exact: Math.sin, range: [-3.4e38, 3.4e38], ulps: 1.6 },
  { operator: 'cos', exact: Math.cos, range: [-3.4e38, 3.4e38], ulps: 1.6 },
  { operator: 'sin', exact: Math.sin, range: [-4, 4], ulps: 1.6 },
  { operator: 'cos', exact: Math.cos, range: [-4, 4], ulps: 1.6 },
];

for (const [name, device] of devices) {
  describe(`vector functions, ${name}`, () => {
    for (const { operator, exact, range, ulps } of claims) {
      it(`${operator} on [${range.join(', ')}] is within ${ulps} ulp`, async () => {
        const x = samples(range[0], range[1]);
        const y = await apply(device, x, (index, buffer) => unary(operator, load(buffer, index)));
        let worst = 0;
        let at = 0;
        x.forEach((value, i) => {
          const want = exact(value);
          const difference = Math.abs((y[i] ?? Number.NaN) - want);
          const error = y[i] === Math.fround(want) ? 0 : difference / ulp(want);
          if (!(error <= worst)) [worst, at] = [error, value];
        });
        expect(worst, `at ${at}`).toBeLessThanOrEqual(ulps);
      });
    }

    it('special values', async () => {
      const x = Float32Array.of(
        Number.NaN,
        Infinity,
        -Infinity,
        0,
        -0,
        1e-45,
        -1e-45,
        3e38,
        -3e38,
        1e-39,
        100,
        -100,
        1,
      );
      const expected: Record<string, (x: number) => number> = {
        exp: Math.exp,
        expm1: Math.expm1,
        log: Math.log,
        log1p: Math.log1p,
        tanh: Math.tanh,
        erf,
        sqrt: Math.sqrt,
        abs: Math.abs,
        floor: Math.floor,
        ceil: Math.ceil,
        sign: (value) => Number(value > 0) - Number(value < 0),
        relu: (value) => (value < 0 ? 0 : value),
        sigmoid: (value) => (value < -87.7 ? 0 : 1 / (1 + Math.exp(-value))),
        neg: (value) => -value,
      };
      for (const [operator, exact] of Object.entries(expected)) {
        const y = await apply(device, x, (index, buffer) => unary(operator as 'exp', load(buffer, index)));
        x.forEach((value, i) => {
          if (operator === 'sign' && Object.is(value, -0)) return;
          const want = Math.fround(exact(value));
          const got = y[i] ?? 0;
          const close =
            Object.is(got, want) || Math.abs(got - want) <= 2 * ulp(want) * Number(Number.isFinite(want) && want !== 0);
          expect(close, `${operator}(${value}) is ${got} instead of ${want}`).toBe(true);
        });
      }
      for (const operator of ['sin', 'cos'] as const) {
        const y = await apply(device, x, (index, buffer) => unary(operator, load(buffer, index)));
        x.forEach((value, i) => {
          if (!Number.isFinite(value)) expect(y[i]).toBeNaN();
          else expect(y[i]).toBeCloseTo(Math[operator](value), 6);
        });
      }
    });

    it('round is half to even, casts saturate and truncate', async () => {
      const x = Float32Array.of(
        0.5,
        1.5,
        2.5,
        -0.5,
        -1.5,
        2.4999,
        8388609,
        -2.5,
        Number.NaN,
        Infinity,
        3e9,
        -3e9,
        2.99,
        -2.99,
      );
      const rounded = await apply(device, x, (index, buffer) => unary('round', load(buffer, index)));
      expect([...rounded.slice(0, 8)]).toEqual([0, 2, 2, -0, -2, 2, 8388609, -2]);
      const integers = await apply(device, x, (index, buffer) => cast(cast(load(buffer, index), 'i32'), 'f32'));
      expect([...integers.slice(8)]).toEqual([0, 2147483648, 2147483648, -2147483648, 2, -2]);
    });

    it('pow is within 1 ulp and follows IEEE 754 on special values', async () => {
      const random = generator(11);
      const pairs: [number, number][] = [];
      for (let i = 0; i < 20000; i++)
        pairs.push([Math.fround(2 ** (random() * 40 - 20)), Math.fround(random() * 12 - 6)]);
      for (let i = 0; i < 3000; i++) pairs.push([Math.fround(random() * 20 - 10), Math.round(random() * 20 - 10)]);
      for (let i = 0; i < 3000; i++)
        pairs.push([Math.fround(1 + (random() - 0.5) * 1e-3), Math.fround((random() - 0.5) * 1e5)]);
      const special = [
        0,
        -0,
        1,
        -1,
        2,
        -2,
        0.5,
        -0.5,
        3,
        -3,
        2.5,
        1e-45,
        -1e-45,
        3e38,
        16777217,
        Infinity,
        -Infinity,
        Number.NaN,
      ];
      for (const a of special) for (const b of special) pairs.push([Math.fround(a), Math.fround(b)]);
      const base = Float32Array.from(pairs, ([a]) => a);
      const exponent = Float32Array.from(pairs, ([, b]) => b);
      const builder = new PlanBuilder();
      const axis = makeAxis(pairs.length);
      const index = axisIndex(axis);
      const [x, y, z] = [
        builder.parameter(pairs.length, 'f32', base),
        builder.parameter(pairs.length, 'f32', exponent),
        builder.parameter(pairs.length),
      ];
      builder.kernels.push({
        kind: 'map',
        name: 'pow',
        axes: [axis],
        stores: [{ buffer: z, index, value: binary('pow', load(x, index), load(y, index)) }],
      });
      const results = (await runPlan(builder.plan(), builder.data, [], device))[2] ?? new Float32Array();
      const wrong: string[] = [];
      pairs.forEach(([a, b], i) => {
        const got = results[i] ?? 0;
        const want = a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
        if (Object.is(got, Math.fround(want)) || Math.abs(got - want) <= ulp(want)) return;
        wrong.push(`${a} ^ ${b} is ${got} instead of ${want}`);
      });
      expect(wrong.slice(0, 10)).toEqual([]);
    });
  });
}
