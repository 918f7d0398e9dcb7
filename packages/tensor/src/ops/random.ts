/**
 * Random numbers, counter-based: element i of draw c under seed s is a pure function of (s, c, i) (Threefry-2x32, Salmon et al. 2011),
 * so that every backend draws the same numbers, in any order, and a compiled step redraws by changing one scalar.
 */
import {
  checkOptions,
  describe,
  requireFinite,
  requireFittingState,
  requireInteger,
  wrongArgument,
  type OptionNames,
} from '../arguments/index.ts';
import type { Distribution } from '../graph/distributions.ts';
import { drawNode, type DrawSource } from '../graph/draws.ts';
import { ArgumentError } from '../graph/errors.ts';
import { nodeOf } from '../handle.ts';
import type { Stateful } from '../state.ts';
import { tensorOf, type Tensor } from '../tensor.ts';
import { scalar } from './creation.ts';
import { requireShape } from './movement.ts';

/** What a {@link Generator} saves. */
export type GeneratorState = {
  readonly seed: number;
  /** Draws so far. */
  readonly draws: number;
};

/**
 * A stream of draws; each draw is one tensor. Two generators of one seed draw the same, on every device.
 *
 * Throws {@link ArgumentError} for a seed that is no integer from 0 to 2³² − 1.
 *
 * ```ts
 * const generator = new Generator(7);
 * const noise = rand([1000], { generator });
 * generator.draws; // 1
 * ```
 */
export class Generator implements Stateful<GeneratorState> {
  #seed: number;
  #draws = 0;
  /** For {@link drawFrom}. */
  private readonly source: DrawSource = {
    seed: () => nodeOf(scalar(() => this.#seed, { dtype: 'int32' })),
    take: (count) =>
      nodeOf(
        scalar(
          () => {
            const first = this.#draws | 0;
            this.#draws += count;
            return first;
          },
          { dtype: 'int32' },
        ),
      ),
  };

  constructor(seed: number) {
    this.#seed = checkSeed(seed);
  }

  get seed(): number {
    return this.#seed >>> 0;
  }

  /** Number of draws so far; with the seed, the whole state. */
  get draws(): number {
    return this.#draws;
  }

  /** Starts over, at the given draw. */
  reset(seed: number, draws = 0): void {
    requireInteger('Generator', 'draws', draws, 0);
    this.#seed = checkSeed(seed);
    this.#draws = draws;
  }

  /** The whole state: what is drawn from here on follows from it. A draw counts once it has been computed. */
  stateDict(): GeneratorState {
    return { seed: this.seed, draws: this.#draws };
  }

  /**
   * Goes on where another generator was. Throws {@link ArgumentError}, changing nothing, for what is no such state.
   *
   * ```ts
   * const generator = new Generator(7);
   * await rand([2], { generator }).toArray();
   * const state = generator.stateDict(); // { seed: 7, draws: 1 }
   * const next = await rand([2], { generator }).toArray();
   * generator.loadStateDict(state);
   * String(await rand([2], { generator }).toArray()) === String(next); // true
   * ```
   */
  loadStateDict(state: GeneratorState): void {
    requireFittingState('Generator', this.differences(state));
    this.reset(state.seed, state.draws);
  }

  /** Every reason why a state cannot be loaded. */
  differences(state: unknown): readonly string[] {
    const { seed, draws } = Object(state) as { seed?: unknown; draws?: unknown };
    return [
      ...(isSeed(seed) ? [] : [`seed is ${describe(seed)}, no integer from 0 to 4294967295`]),
      ...(Number.isSafeInteger(draws) && (draws as number) >= 0 ? [] : [`draws is ${describe(draws)}, no integer ≥ 0`]),
    ];
  }

  /** float32 uniform in [0, 1), a fresh draw. */
  uniform(shape: readonly number[]): Tensor {
    requireShape('rand', shape);
    return drawFrom(this, shape, 'unit', []);
  }
}

/** A fresh draw of a distribution, with the parameters of its formula (graph/distributions.ts). */
function drawFrom(
  generator: Generator,
  shape: readonly number[],
  distribution: Distribution,
  parameters: readonly number[],
): Tensor {
  return tensorOf(drawNode(generator['source'], shape, { distribution, parameters: parameters.map(Math.fround) }));
}

function isSeed(seed: unknown): boolean {
  return Number.isInteger(seed) && (seed as number) >= 0 && (seed as number) <= 0xffffffff;
}

function checkSeed(seed: number): number {
  if (!isSeed(seed)) {
    throw new ArgumentError(`[manualSeed] the seed must be an integer from 0 to 4294967295, not ${describe(seed)}.`);
  }
  return seed | 0;
}

/** The generator used where none is given. Seeded from the clock; see {@link manualSeed}. */
export const defaultGenerator: Generator = new Generator((Math.random() * 0x100000000) >>> 0);

export interface RandomOptions {
  /** Default: the one that `manualSeed` seeds. */
  generator?: Generator;
}

export interface NormalOptions extends RandomOptions {
  /** Default 0. */
  mean?: number;
  /** Standard deviation. Default 1. */
  std?: number;
}

const randomOptions: OptionNames<RandomOptions> = { generator: true };
const normalOptions: OptionNames<NormalOptions> = { generator: true, mean: requireFinite, std: requireFinite };

/** Throws {@link ArgumentError} for what is no generator. */
export function requireGenerator(op: string, name: string, value: unknown): asserts value is Generator {
  if (!(value instanceof Generator))
    throw wrongArgument(op, name, 'a Generator', value, 'Make one with new Generator(seed).');
}

/** A draw of the generator among the options. */
export function draw(
  op: string,
  shape: readonly number[],
  options: RandomOptions,
  distribution: Distribution = 'unit',
  parameters: readonly number[] = [],
): Tensor {
  checkOptions(op, options, randomOptions);
  const { generator = defaultGenerator } = options;
  requireGenerator(op, 'generator', generator);
  requireShape(op, shape);
  return drawFrom(generator, shape, distribution, parameters);
}

/** int32, uniform in 0 … 2ᵇⁱᵗˢ − 1, of two draws: 24 < bits ≤ 31. */
export function randomBits(op: string, shape: readonly number[], bits: number, options: RandomOptions): Tensor {
  const word = (count: number): Tensor =>
    draw(op, shape, options)
      .mul(2 ** count)
      .floor()
      .to('int32');
  return word(24)
    .mul(2 ** (bits - 24))
    .add(word(bits - 24));
}

/**
 * Seeds the default generator: from here on the same program draws the same numbers, on every device.
 *
 * Throws {@link ArgumentError} for a seed that is no integer from 0 to 2³² − 1.
 *
 * ```ts
 * manualSeed(42);
 * const first = await rand([2]).toArray();
 * manualSeed(42);
 * const again = await rand([2]).toArray();
 * String(first) === String(again); // true
 * ```
 */
export function manualSeed(seed: number): void {
  defaultGenerator.reset(seed);
}

/**
 * Uniform in [0, 1), multiples of 2⁻²⁴; float32. Threefry-2x32 of seed, draw and position (Salmon et al., "Parallel
 * random numbers: as easy as 1, 2, 3", 2011). Inside a compiled function every call draws anew.
 *
 * Throws {@link ShapeError} for extents that are no integers ≥ 0, as every draw does.
 *
 * ```ts
 * const x = rand([2, 3]);
 * await x.less(1).sum().item(); // 6
 * ```
 */
export function rand(shape: readonly number[], options: RandomOptions = {}): Tensor {
  return draw('rand', shape, options);
}

/**
 * low + (high − low) · u with u uniform in [0, 1); float32, so that rounding may give `high` itself.
 *
 * ```ts
 * const x = uniform([100], -1, 1);
 * await x.abs().lessEqual(1).sum().item(); // 100
 * ```
 */
export function uniform(shape: readonly number[], low: number, high: number, options: RandomOptions = {}): Tensor {
  requireFinite('uniform', 'low', low);
  requireFinite('uniform', 'high', high);
  return draw('uniform', shape, options, 'uniform', [low, high - low]);
}

/**
 * Normal with a mean (default 0) and a standard deviation (default 1); float32: the inverse of the distribution function at a probability of 48 random bits, so
 * that numbers up to ±7 standard deviations occur as often as they should. It is made of additions and products that round alike everywhere: the same bits are
 * drawn on every device.
 *
 * Throws {@link ArgumentError} for a negative standard deviation.
 *
 * ```ts
 * manualSeed(1);
 * const x = randn([10_000]);
 * Math.abs(await x.mean().item()) < 0.05; // true
 * const y = randn([10_000], { mean: 3, std: 0.1 });
 * Math.abs((await y.mean().item()) - 3) < 0.005; // true
 * ```
 */
export function randn(shape: readonly number[], options: NormalOptions = {}): Tensor {
  checkOptions('randn', options, normalOptions);
  const { mean = 0, std = 1, ...random } = options;
  if (std < 0) throw new ArgumentError(`[randn] std must not be negative, not ${std}.`);
  return draw('randn', shape, random, 'normal', mean === 0 && std === 1 ? [] : [std, mean]);
}

/**
 * true with the given probability; bool.
 *
 * Throws {@link ArgumentError} for a probability outside 0 … 1.
 *
 * ```ts
 * await bernoulli([4], 1).toArray(); // [1, 1, 1, 1]
 * ```
 */
export function bernoulli(shape: readonly number[], probability: number, options: RandomOptions = {}): Tensor {
  if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1))
    throw new ArgumentError(`[bernoulli] the probability must lie in 0 … 1, not ${describe(probability)}.`);
  return draw('bernoulli', shape, options).less(probability);
}

/**
 * Integers, uniform in low … high − 1; int32.
 *
 * Throws {@link ArgumentError} unless low < high are integers in the range of int32 with high − low ≤ 2²⁴, the number
 * of different values that a draw has.
 *
 * ```ts
 * const dice = randint([100], 1, 7);
 * await dice.greaterEqual(1).and(dice.lessEqual(6)).sum().item(); // 100
 * ```
 */
export function randint(shape: readonly number[], low: number, high: number, options: RandomOptions = {}): Tensor {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low)
    throw new ArgumentError(`[randint] takes integers low < high, not ${describe(low)} and ${describe(high)}.`);
  if (low < -(2 ** 31) || high > 2 ** 31 || high - low > 2 ** 24) {
    throw new ArgumentError(`[randint] ${low} to ${high} is more than int32 or the 2²⁴ values of a draw.`);
  }
  return draw('randint', shape, options)
    .mul(high - low)
    .floor()
    .to('int32')
    .minimum(high - low - 1)
    .add(low);
}
