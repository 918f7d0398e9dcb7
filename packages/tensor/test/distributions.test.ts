/** The formulas of draws beside float64, over every probability that tails are made of; what a shader's compiler may not merge. */
import { describe, expect, it } from 'vitest';
import { expandDraw } from '../src/compiler/draws.ts';
import { constantIndex } from '../src/compiler/index-expression.ts';
import type { Expression } from '../src/compiler/kernel.ts';
import { distributions, type Distribution } from '../src/graph/distributions.ts';
import { erf, erfc } from '../src/graph/error-function.ts';
import { exponential, logarithm, reciprocal, roundedNumbers } from '../src/graph/rounded.ts';
import { erfinv } from '../src/reference/special.ts';
import { Emitter } from '../src/webgpu/wgsl/emitter.ts';

const draw = (distribution: Distribution, first: number, second = 0, parameters: readonly number[] = []): number =>
  distributions[distribution]((word) => (word === 0 ? first : second), parameters, roundedNumbers);

const step = 2 ** -24;
/** Numbers in [0, 1) that a generator gives: both ends, every binade, and between. */
const units = [
  ...Array.from({ length: 2000 }, (_, i) => i * step),
  ...Array.from({ length: 2000 }, (_, i) => 1 - (i + 1) * step),
  ...Array.from({ length: 24 }, (_, i) => 2 ** -i - step),
  ...Array.from({ length: 20_000 }, (_, i) => Math.floor(((i * 0.6180339887) % 1) / step) * step),
];

describe('the formulas of draws', () => {
  it('exponential is −ln(1 − u) within a unit in the last place', () => {
    for (const u of units.filter((u) => u > 0)) {
      const exact = -Math.log1p(-u);
      expect(Math.abs(draw('exponential', u) - exact)).toBeLessThan(2 ** (Math.floor(Math.log2(exact)) - 23));
    }
    expect(draw('exponential', 0)).toBe(0);
    expect(draw('exponential', 0.5, 0, [0.25])).toBeCloseTo(Math.LN2 / 4, 7);
  });

  it('gumbel is −ln(−ln(1 − u))', () => {
    for (const u of units.filter((u) => u > 0)) {
      const exact = -Math.log(-Math.log1p(-u));
      expect(Math.abs(draw('gumbel', u) - exact)).toBeLessThan(1e-7 + 1.2e-7 * Math.abs(exact));
    }
    expect(draw('gumbel', 0)).toBeCloseTo(25 * Math.LN2, 5);
  });

  it('normal has its probability to the end of the tail', () => {
    for (const [i, first] of [...units, ...new Array<number>(2000).fill(0)].entries()) {
      const second = units[(i * 7919) % units.length] ?? 0;
      const x = draw('normal', first, second);
      const p = first + ((2 * second) % 1) * step + 2 ** -48;
      const error = (erfc(Math.abs(x) / Math.SQRT2) - p) / Math.exp((-x * x) / 2) / Math.sqrt(2 / Math.PI);
      expect(Math.abs(error)).toBeLessThan(4e-7 * Math.max(1, Math.abs(x)));
      expect(x < 0).toBe(second < 0.5 && x !== 0);
    }
    expect(draw('normal', 0, 0)).toBeCloseTo(-7.8698, 3);
    expect(draw('normal', 0, 0.5)).toBeCloseTo(7.8698, 3);
  });

  it('truncatedNormal is the inverse of the distribution function between its ends', () => {
    const [low, high] = [Math.fround(erf(-1 / Math.SQRT2)), Math.fround(erf(3 / Math.SQRT2))];
    const length = Math.fround(high - low);
    for (const u of units) {
      const x = draw('truncatedNormal', u, 0, [low, length, 2, 1, -1, 7]);
      const exact = 1 + 2 * Math.SQRT2 * erfinv(low + length * u);
      const scale = Math.exp(((x - 1) / 2) ** 2 / 2);
      expect(Math.abs(x - Math.min(Math.max(exact, -1), 7))).toBeLessThan(1e-6 + 3e-7 * scale);
      expect(x >= -1 && x <= 7).toBe(true);
    }
  });
});

describe('what formulas are made of', () => {
  const ulps = (x: number, exact: number): number =>
    Math.abs(x - exact) / 2 ** (Math.floor(Math.log2(Math.abs(exact))) - 23);
  const sweep = (low: number, high: number): number[] =>
    Array.from({ length: 20_001 }, (_, i) => Math.fround(low + ((high - low) * i) / 20_000));

  it('exponentials, within a unit in the last place, and 0 below −87', () => {
    for (const x of sweep(-87, 87)) expect(ulps(exponential(x, roundedNumbers), Math.exp(x))).toBeLessThan(1);
    expect([-87.1, -1e30, 0].map((x) => exponential(Math.fround(x), roundedNumbers))).toEqual([0, 0, 1]);
  });

  it('logarithms within a unit in the last place, reciprocals within 1.5', () => {
    for (const x of sweep(-86, 86).map((x) => Math.fround(Math.exp(x)))) {
      expect(ulps(reciprocal(x, roundedNumbers), 1 / x)).toBeLessThan(1.5);
      if (x !== 1) expect(ulps(logarithm(x, roundedNumbers), Math.log(x))).toBeLessThan(1);
    }
  });
});

it.each(Object.keys(distributions) as Distribution[])(
  'a shader of %s hides every product from the sum that reads it',
  (distribution) => {
    const seed: Expression = { kind: 'scalar', type: 'i32', slot: 0 };
    const counter: Expression = { kind: 'scalar', type: 'i32', slot: 1 };
    const emitter = new Emitter(new Map(), true);
    const draw = expandDraw({ distribution, parameters: [0.3, 0.4] }, { index: constantIndex(0), seed, counter });
    emitter.expression(draw);
    const products = emitter.body.map((line) => /^let (\w+) = \S+ \* \S+;$/.exec(line)?.[1]).filter((name) => name);
    expect(products.length > 0).toBe(distribution !== 'unit');
    const lines = new Map<string, string[]>();
    for (const line of emitter.body) {
      for (const word of new Set(line.match(/\w+/g))) (lines.get(word) ?? lines.set(word, []).get(word))?.push(line);
    }
    for (const name of products) {
      const readers = (lines.get(name ?? '') ?? []).slice(1);
      expect(readers).toHaveLength(1);
      expect(readers[0]).toContain(`bitcast<f32>(bitcast<u32>(${name}) | `);
    }
  },
);
