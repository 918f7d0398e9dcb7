/**
 * Random numbers, counter-based: element i of draw c under seed s is a pure function of (s, c, i) (Threefry-2x32, Salmon et al. 2011),
 * so that every backend draws the same numbers, in any order, and a compiled step redraws by changing one scalar.
 */
import { ArgumentError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { nodeOf, tensorOf, type Tensor } from '../tensor.ts';
import { scalar } from './creation.ts';
import { requireShape } from './movement.ts';

/** A stream of draws; each draw is one tensor. */
export class Generator {
  #seed: number;
  #draws = 0;

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
    this.#seed = checkSeed(seed);
    this.#draws = draws;
  }

  /** float32 uniform in [0, 1), a fresh draw. */
  uniform(shape: readonly number[]): Tensor {
    requireShape('rand', shape);
    const seed = scalar(() => this.#seed, { dtype: 'int32' });
    const counter = scalar(() => this.#draws++ | 0, { dtype: 'int32' });
    return tensorOf(makeNode('random', [nodeOf(seed), nodeOf(counter)], { shape }));
  }
}

function checkSeed(seed: number): number {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new ArgumentError(`[manualSeed] the seed must be an integer from 0 to 4294967295, not ${seed}.`);
  }
  return seed | 0;
}

/** The generator used where none is given. Seeded from the clock; see {@link manualSeed}. */
export const defaultGenerator: Generator = new Generator((Math.random() * 0x100000000) >>> 0);

export interface RandomOptions {
  /** Default: the one that `manualSeed` seeds. */
  generator?: Generator;
}

/** Seeds the default generator: the same program draws the same numbers from here on, on every device. */
export function manualSeed(seed: number): void {
  defaultGenerator.reset(seed);
}

/** Uniform in [0, 1). */
export function rand(shape: readonly number[], { generator = defaultGenerator }: RandomOptions = {}): Tensor {
  return generator.uniform(shape);
}

/** Uniform in [low, high). */
export function uniform(shape: readonly number[], low: number, high: number, options: RandomOptions = {}): Tensor {
  return rand(shape, options)
    .mul(high - low)
    .add(low);
}

/** Normal with mean 0 and standard deviation 1, by Box & Muller (1958): √(−2 ln(1 − u)) · cos 2πv. Takes two draws. */
export function randn(shape: readonly number[], options: RandomOptions = {}): Tensor {
  const radius = rand(shape, options).neg().add(1).log().mul(-2).sqrt();
  return radius.mul(
    rand(shape, options)
      .mul(2 * Math.PI)
      .cos(),
  );
}

/** bool: true with the given probability. */
export function bernoulli(shape: readonly number[], probability: number, options: RandomOptions = {}): Tensor {
  if (!(probability >= 0 && probability <= 1))
    throw new ArgumentError(`[bernoulli] the probability must lie in 0 … 1, not ${probability}.`);
  return rand(shape, options).less(probability);
}

/** int32 uniform in low … high − 1. */
export function randint(shape: readonly number[], low: number, high: number, options: RandomOptions = {}): Tensor {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low)
    throw new ArgumentError(`[randint] takes integers low < high, not ${low} and ${high}.`);
  return rand(shape, options)
    .mul(high - low)
    .floor()
    .to('int32')
    .minimum(high - low - 1)
    .add(low);
}
