/**
 * Every function that draws: moments, distribution (Kolmogorov and Smirnov), independence, and a generator's state that is saved. One that is missing here
 * does not compile. Which device draws does not matter: the numbers are the same bits on all of them, which is shown first.
 *
 * @module-tag long: distributions by many draws.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as hebb from '../src/index.ts';
import { Generator, setDevice, tensor, type Tensor } from '../src/index.ts';
import { devices } from './support/devices.ts';
import { distance, normal } from './support/distributions.ts';

const count = 20_000;

interface Case {
  readonly draw: (shape: readonly number[], generator: Generator) => Tensor;
  readonly mean: number;
  readonly variance: number;
  /** P(X ≤ x). */
  readonly distribution: (x: number) => number;
}

type AnyFunction = (...args: never[]) => unknown;
type Last<A extends readonly unknown[]> = Required<A> extends readonly [...unknown[], infer L] ? L : object;
type DrawsBy<A extends readonly unknown[]> = string extends keyof Last<A>
  ? false
  : 'generator' extends keyof Last<A>
    ? true
    : false;
/** Functions whose last argument is options with a generator. */
type Draws<T> = {
  readonly [
    K in keyof T as T[K] extends AnyFunction ? (DrawsBy<Parameters<T[K]>> extends true ? K : never) : never
  ]: Case;
};

/** Of what has finitely many values: P(X ≤ x), whose distance from the drawn ones is smaller than Kolmogorov's at every step. */
const steps =
  (...probabilities: readonly number[]) =>
  (x: number): number =>
    probabilities.slice(0, Math.max(0, Math.floor(x) + 1)).reduce((sum, p) => sum + p, 0);

/** Of independent probabilities of 0, 1, …: P(X ≤ x). */
const pmf = (count: number, probability: (k: number) => number): ((x: number) => number) =>
  steps(...Array.from({ length: count }, (_, k) => probability(k)));

/** Where a distribution function of whole numbers is known. */
interface Counts {
  readonly name: 'poisson' | 'binomial';
  readonly parameters: readonly [number] | readonly [number, number];
  readonly points: readonly number[];
  readonly probabilities: readonly number[];
  readonly mean: number;
  readonly variance: number;
}

interface Quantiles {
  readonly name: 'gamma' | 'beta';
  readonly parameters: readonly [number, number];
  readonly quantiles: readonly number[];
  readonly mean: number;
  readonly variance: number;
}
const known = JSON.parse(readFileSync(new URL('golden/distributions.json', import.meta.url), 'utf8')) as readonly (
  Quantiles | Counts
)[];

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
const unit = (x: number): number => Math.min(Math.max(x, 0), 1);
const eulerGamma = 0.5772156649015329;

/** Where the second of three regions of one element begins among four: at ⌊(1 + u)·1.5⌋ − ⌊u·1.5⌋, which is 2 for 1/3 ≤ u < 2/3 and 1 else. */
const secondRegion = (draw: (x: Tensor, kernel: number, options: object) => Tensor, axes: number): Case => ({
  draw(shape, generator) {
    const size = shape.reduce((product, n) => product * n, 1);
    const ones = new Array<number>(axes - 1).fill(1);
    const x = hebb.iota([1, size, 4, ...ones], 2).to('float32');
    return draw(x, 1, { outputSize: [3, ...ones], generator })
      .narrow(2, 1, 1)
      .reshape(shape);
  },
  mean: 4 / 3,
  variance: 2 / 9,
  distribution: steps(0, 2 / 3, 1 / 3),
});

/** What draws only which part of its input stays; tested in `@hebb/layers`. */
type Dropping =
  | 'dropout'
  | 'dropout1d'
  | 'dropout2d'
  | 'dropout3d'
  | 'alphaDropout'
  | 'featureAlphaDropout'
  | 'dropPath'
  | 'scaledDotProductAttention';

const cases: Draws<Omit<typeof hebb, Dropping>> = {
  rand: {
    draw: (shape, generator) => hebb.rand(shape, { generator }),
    mean: 1 / 2,
    variance: 1 / 12,
    distribution: unit,
  },
  uniform: {
    draw: (shape, generator) => hebb.uniform(shape, -3, 5, { generator }),
    mean: 1,
    variance: 64 / 12,
    distribution: (x) => unit((x + 3) / 8),
  },
  fractionalMaxPool2d: secondRegion(hebb.fractionalMaxPool2d, 2),
  fractionalMaxPool3d: secondRegion(hebb.fractionalMaxPool3d, 3),
  fractionalMaxPool2dWithIndices: secondRegion(
    (x, kernel, options) => hebb.fractionalMaxPool2dWithIndices(x, kernel, options).indices.to('float32'),
    2,
  ),
  fractionalMaxPool3dWithIndices: secondRegion(
    (x, kernel, options) => hebb.fractionalMaxPool3dWithIndices(x, kernel, options).indices.to('float32'),
    3,
  ),
  rrelu: {
    draw: (shape, generator) =>
      hebb.rrelu(hebb.full(shape, -1), { lower: 0.25, upper: 0.75, training: true, generator }).neg(),
    mean: 1 / 2,
    variance: 1 / 48,
    distribution: (x) => unit(2 * x - 0.5),
  },
  randn: {
    draw: (shape, generator) => hebb.randn(shape, { generator }),
    mean: 0,
    variance: 1,
    distribution: normal,
  },
  bernoulli: {
    draw: (shape, generator) => hebb.bernoulli(shape, 0.3, { generator }),
    mean: 0.3,
    variance: 0.21,
    distribution: steps(0.7, 0.3),
  },
  randint: {
    draw: (shape, generator) => hebb.randint(shape, 0, 6, { generator }),
    mean: 2.5,
    variance: 35 / 12,
    distribution: steps(...new Array<number>(6).fill(1 / 6)),
  },
  permutation: {
    draw: (shape, generator) => hebb.permutation(shape[0] ?? 0, { generator }),
    mean: (count - 1) / 2,
    variance: (count ** 2 - 1) / 12,
    distribution: (x) => unit((x + 0.5) / count),
  },
  multinomial: {
    draw: (shape, generator) => hebb.multinomial(tensor([1, 0, 5, 2]), shape[0] ?? 0, { replacement: true, generator }),
    mean: 2,
    variance: (1 * 4 + 2 * 1) / 8,
    distribution: steps(1 / 8, 0, 5 / 8, 2 / 8),
  },
  exponential: {
    draw: (shape, generator) => hebb.exponential(shape, 2.5, { generator }),
    mean: 1 / 2.5,
    variance: 1 / 2.5 ** 2,
    distribution: (x) => 1 - Math.exp(-2.5 * x),
  },
  gumbel: {
    draw: (shape, generator) => hebb.gumbel(shape, { generator }),
    mean: eulerGamma,
    variance: Math.PI ** 2 / 6,
    distribution: (x) => Math.exp(-Math.exp(-x)),
  },
  gumbelSoftmax: {
    // The second of two classes, of probability 3 / 4.
    draw: (shape, generator) =>
      hebb
        .gumbelSoftmax(tensor([0, Math.log(3)]).broadcastTo([...shape, 2]), { temperature: 0.5, hard: true, generator })
        .mul(tensor([0, 1]))
        .sum(-1),
    mean: 3 / 4,
    variance: 3 / 16,
    distribution: steps(1 / 4, 3 / 4),
  },
  poisson: {
    draw: (shape, generator) => hebb.poisson(shape, 2, { generator }),
    mean: 2,
    variance: 2,
    distribution: pmf(20, (k) => (Math.exp(-2) * 2 ** k) / factorial(k)),
  },
  binomial: {
    draw: (shape, generator) => hebb.binomial(shape, 4, 0.25, { generator }),
    mean: 1,
    variance: 3 / 4,
    distribution: pmf(5, (k) => ((factorial(4) / factorial(k) / factorial(4 - k)) * 3 ** (4 - k)) / 256),
  },
  gamma: {
    // Of one concentration 2: 1 − e⁻ˣ (1 + x). Others follow below.
    draw: (shape, generator) => hebb.gamma(shape, 2, 1, { generator }),
    mean: 2,
    variance: 2,
    distribution: (x) => 1 - Math.exp(-x) * (1 + x),
  },
  beta: {
    draw: (shape, generator) => hebb.beta(shape, 2, 1, { generator }),
    mean: 2 / 3,
    variance: 1 / 18,
    distribution: (x) => unit(x) ** 2,
  },
  truncatedNormal: {
    draw: (shape, generator) => hebb.truncatedNormal(shape, { mean: 1, std: 2, low: -1, high: 3, generator }),
    mean: 1,
    variance: 4 * 0.2911250947,
    distribution: (x) => unit((normal((x - 1) / 2) - normal(-1)) / (normal(1) - normal(-1))),
  },
};

const names = Object.keys(cases) as (keyof typeof cases)[];

const numbers = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number);

/** √n times the correlation of two lists, which is normal with deviation 1 where they are independent. */
function correlation(a: readonly number[], b: readonly number[], { mean, variance }: Case): number {
  const n = Math.min(a.length, b.length);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += ((a[i] ?? 0) - mean) * ((b[i] ?? 0) - mean);
  return sum / (variance * Math.sqrt(n));
}

/** Two draws of one generator, and one of the generator with the next seed. */
const drawn = new Map<string, Promise<readonly [number[], number[], number[]]>>();
function drawsOf(name: keyof typeof cases): Promise<readonly [number[], number[], number[]]> {
  let known = drawn.get(name);
  if (known === undefined) {
    const { draw } = cases[name];
    const generator = new Generator(5);
    known = Promise.all([
      numbers(draw([count], generator)),
      numbers(draw([count], generator)),
      numbers(draw([count], new Generator(6))),
    ]);
    drawn.set(name, known);
  }
  return known;
}

describe('on every device the same bits', () => {
  afterAll(() => setDevice('wasm'));

  const extremes = [0, 1e-40, 1e-30, 0.3, 1, 7, 1e30, 3e38];
  const weights = (...shape: number[]): Tensor => {
    const size = shape.reduce((product, n) => product * n, 1);
    return tensor(
      Float32Array.from({ length: size }, (_, i) => extremes[(i * i + 3 * i) % 8] ?? 0),
      { shape },
    );
  };
  const softmaxed = (): Tensor =>
    tensor(
      Float32Array.from({ length: 3000 }, (_, i) => Math.exp(-((i * 7919) % 3000) / 100)),
      { shape: [3, 1000] },
    );
  type Draw = (generator: Generator) => Tensor;
  /** Shapes and parameters of every kind. */
  const more: Readonly<Record<string, Draw>> = {
    'no axes': (generator) => hebb.randn([], { generator }),
    'no elements': (generator) => hebb.randn([0, 3], { generator }),
    'five axes': (generator) => hebb.randn([2, 3, 1, 5, 7], { generator }),
    'normal, with mean and deviation': (generator) => hebb.randn([1003], { mean: 1e-3, std: 1 / 3, generator }),
    'normal, in a sum': (generator) => hebb.randn([1003], { generator }).add(hebb.randn([1003], { generator })),
    'uniform far from 0': (generator) => hebb.uniform([1003], 1e6, 1e6 + 1, { generator }),
    'exponential of a small rate': (generator) => hebb.exponential([1003], 1e-30, { generator }),
    'truncatedNormal at a tail': (generator) =>
      hebb.truncatedNormal([1003], { mean: 0.1, std: 0.7, low: 2, high: 9, generator }),
    'randint of all': (generator) => hebb.randint([1003], -5, 2 ** 24 - 5, { generator }),
    'bernoulli of a small probability': (generator) => hebb.bernoulli([1003], 1e-3, { generator }),
    ...Object.fromEntries(
      [
        [1e-3, 1],
        [0.3, 2],
        [0.999, 1e-30],
        [1, 1e30],
        [7, 3],
        [1e6, 1000],
        [1e30, 1],
      ].map(([a = 1, b = 1]): [string, Draw] => [
        `gamma(${a}, ${b})`,
        (generator) => hebb.gamma([3, 401], a, b, { generator }),
      ]),
    ),
    ...Object.fromEntries(
      [
        [1e-3, 1e-3],
        [0.5, 3],
        [200, 300],
      ].map(([a = 1, b = 1]): [string, Draw] => [
        `beta(${a}, ${b})`,
        (generator) => hebb.beta([1203], a, b, { generator }),
      ]),
    ),
    ...Object.fromEntries(
      [true, false].flatMap((replacement) =>
        Object.entries({
          'one row': () => weights(9),
          rows: () => weights(2, 3, 40),
          'one place': () => weights(2, 1),
          'rows of a softmax': softmaxed,
          nothing: () => hebb.zeros([5]),
        }).map(([of, given]): [string, Draw] => [
          `multinomial of ${of}, with${replacement ? '' : 'out'} replacement`,
          (generator) => {
            const made = given();
            const most = made.shape.at(-1) ?? 1;
            return hebb.multinomial(made, replacement ? 500 : most, { replacement, generator });
          },
        ]),
      ),
    ),
  };
  const all: Readonly<Record<string, Draw>> = {
    ...Object.fromEntries(
      names.map((name): [string, Draw] => [name, (generator) => cases[name].draw([2051], generator)]),
    ),
    ...more,
  };

  it.each(Object.keys(all))('%s', async (name) => {
    const draw = all[name] as Draw;
    const given: (readonly string[])[] = [];
    for (const device of devices) {
      setDevice(device);
      const results = [0, 0xffffffff].map((seed) => draw(new Generator(seed)).data());
      given.push(
        (await Promise.all(results)).map((data) => [...new Int32Array(Float32Array.from(data).buffer)].join(' ')),
      );
    }
    const [first, ...others] = given;
    for (const other of others) expect(other).toEqual(first);
  });

  it('a generator of one state goes on alike', async () => {
    const results: unknown[] = [];
    for (const device of devices) {
      setDevice(device);
      const generator = new Generator(1);
      await numbers(hebb.gamma([3], 2, 1, { generator }));
      results.push([await numbers(hebb.rand([3], { generator })), generator.stateDict()]);
    }
    for (const other of results) expect(other).toEqual(results[0]);
  });
});

describe('draws', () => {
  beforeAll(() => setDevice('wasm'));

  it.each(names)('%s has its mean and variance', async (name) => {
    const { mean, variance } = cases[name];
    const [drawn] = await drawsOf(name);
    const deviations = drawn.map((x) => (x - mean) ** 2);
    const average = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
    expect(Math.abs(average(drawn) - mean)).toBeLessThan(5 * Math.sqrt(variance / count));
    // The fourth moment is the drawn ones' own.
    const spread = Math.sqrt(average(deviations.map((d) => (d - variance) ** 2)) / count);
    expect(Math.abs(average(deviations) - variance)).toBeLessThan(5 * spread + 1e-3 * variance);
  });

  it.each(names)('%s has its distribution', async (name) => {
    const [, drawn] = await drawsOf(name);
    expect(distance(drawn, cases[name].distribution)).toBeLessThan(2.2);
  });

  it.each(names)('%s: neighbours, draws of one generator and those of the next seed are independent', async (name) => {
    const one = cases[name];
    const [first, second, other] = await drawsOf(name);
    for (const lag of [1, 2, 64]) expect(Math.abs(correlation(first, first.slice(lag), one))).toBeLessThan(5);
    expect(Math.abs(correlation(first, second, one))).toBeLessThan(5);
    expect(Math.abs(correlation(first, other, one))).toBeLessThan(5);
  });

  it('draws of one shape and other parameters are not taken for each other', async () => {
    const narrow = await numbers(hebb.uniform([50], -1, 1, { generator: new Generator(3) }));
    const wide = await numbers(hebb.uniform([50], -2, 2, { generator: new Generator(3) }));
    expect(wide).toEqual(narrow.map((x) => 2 * x));
  });

  it('pairs of uniform neighbours fill the square evenly', async () => {
    const drawn = await numbers(hebb.rand([2 * 64 * count], { generator: new Generator(7) }));
    const cells = new Float64Array(256);
    for (let i = 0; i < drawn.length; i += 2) {
      const cell = 16 * Math.floor(16 * (drawn[i] ?? 0)) + Math.floor(16 * (drawn[i + 1] ?? 0));
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
    const expected = (64 * count) / 256;
    const square = cells.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(Math.abs(square - 255) / Math.sqrt(2 * 255)).toBeLessThan(5);
  });

  it.each(names)('%s goes on where a saved state was', async (name) => {
    const { draw } = cases[name];
    const generator = new Generator(8);
    const before = await numbers(draw([50], generator));
    const saved = JSON.parse(JSON.stringify(generator.stateDict())) as hebb.GeneratorState;
    const next = await numbers(draw([50], generator));
    const resumed = new Generator(1);
    resumed.loadStateDict(saved);
    expect(await numbers(draw([50], resumed))).toEqual(next);
    expect(next).not.toEqual(before);
    expect(resumed.draws).toBe(generator.draws);
  });

  // P(X ≤ x) at 400 quantiles of SciPy's.
  it.each(known.filter((one) => 'quantiles' in one).map((one) => [one.name, ...one.parameters, one] as const))(
    '%s(%s, %s)',
    async (name, a, b, one) => {
      const { quantiles, mean, variance } = one;
      const x = (name === 'gamma' ? hebb.gamma : hebb.beta)([count], a, b, { generator: new Generator(9) });
      const sorted = Float64Array.from(await x.data()).sort();
      let largest = 0;
      let below = 0;
      quantiles.forEach((quantile, i) => {
        while (below < count && (sorted[below] ?? 0) <= quantile) below++;
        largest = Math.max(largest, Math.abs(below / count - (i + 0.5) / quantiles.length));
      });
      expect(Math.sqrt(count) * largest).toBeLessThan(2.2);
      const average = sorted.reduce((sum, value) => sum + value, 0) / count;
      expect(Math.abs(average - mean)).toBeLessThan(5 * Math.sqrt(variance / count));
      expect(sorted.every((value) => value >= 0 && value < Infinity && (name === 'gamma' || value <= 1))).toBe(true);
    },
  );

  // P(X ≤ x) at up to 100 points of SciPy's.
  it.each(known.filter((one) => 'points' in one).map((one) => [one.name, String(one.parameters), one] as const))(
    '%s(%s)',
    async (_, __, { name, parameters, points, probabilities, mean, variance }) => {
      const [a, b = 0] = parameters;
      const generator = new Generator(9);
      const x =
        name === 'poisson' ? hebb.poisson([count], a, { generator }) : hebb.binomial([count], a, b, { generator });
      const drawn = await numbers(x);
      const errors = points.map((point, i) => drawn.filter((k) => k <= point).length / count - (probabilities[i] ?? 0));
      expect(Math.sqrt(count) * Math.max(...errors.map(Math.abs))).toBeLessThan(2.2);
      const average = drawn.reduce((sum, value) => sum + value, 0) / count;
      expect(Math.abs(average - mean)).toBeLessThan(5 * Math.sqrt(variance / count));
      expect(drawn.every((k) => Number.isInteger(k) && k >= 0 && (name === 'poisson' || k <= a))).toBe(true);
    },
  );

  it('counts where there is no choice', async () => {
    expect(await numbers(hebb.poisson([3], 0))).toEqual([0, 0, 0]);
    expect(await numbers(hebb.binomial([3], 0, 0.5))).toEqual([0, 0, 0]);
    expect(await numbers(hebb.binomial([3], 5, 1))).toEqual([5, 5, 5]);
    expect(await numbers(hebb.binomial([3], 5, 0))).toEqual([0, 0, 0]);
  });
});

it('gamma and beta of the smallest concentrations are numbers', async () => {
  const drawn = [
    ...(await numbers(hebb.gamma([count], 1e-3, 1, { generator: new Generator(11) }))),
    ...(await numbers(hebb.beta([count], 1e-3, 1e-3, { generator: new Generator(11) }))),
  ];
  expect(drawn.every((x) => x >= 0 && x < Infinity)).toBe(true);
  const ends = drawn.slice(count).filter((x) => x < 0.01 || x > 0.99);
  expect(ends.length / count).toBeGreaterThan(0.98);
});
