/** Positions that are added to the vectors of tokens. */
import { embedding, randn, ShapeError, stack, type Tensor } from '@hebb/tensor';
import { checkOptions, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { parameter } from '../module/parameter.ts';
import { angles, positionOptions, readPositions, requireBase, type PositionOptions } from './positions.ts';

export interface SinusoidalPositionsOptions {
  /** Wavelengths grow from 2π to base · 2π. Default 10000. */
  base?: number;
}

const sinusoidalOptions: OptionNames<SinusoidalPositionsOptions> = { base: requireBase };

/** Throws {@link ShapeError} unless x is [..., length, features]. */
function requireVectors(where: string, x: Tensor, features: number): void {
  requireTensor(where, 'the input', x);
  if (x.ndim < 2 || x.shape.at(-1) !== features)
    throw new ShapeError(`[${where}] takes [..., length, ${features}], not ${x}.`);
}

/**
 * x plus sinusoids of the position p (Vaswani et al. 2017, arXiv:1706.03762): sin(p · base^(−2i / features)) at the features 2i, the cosine at 2i + 1. For any length, without
 * parameters.
 *
 * Shape: x [..., length, features] → the same. Throws {@link ShapeError} for other features.
 *
 * ```ts
 * await new SinusoidalPositions(2).forward(zeros([2, 2])).toArray(); // [[0, 1], [0.841471, 0.5403023]]
 * ```
 */
export class SinusoidalPositions extends Module<[x: Tensor, options?: PositionOptions]> {
  static override readonly type: string = 'SinusoidalPositions';
  static override readonly positional: readonly string[] = ['features'];
  static override readonly options: ModuleOptions = sinusoidalOptions;

  readonly features: number;
  readonly base: number;

  constructor(features: number, options: SinusoidalPositionsOptions = {}) {
    super();
    requirePositiveIntegers('SinusoidalPositions', { features });
    checkOptions('SinusoidalPositions', options, sinusoidalOptions);
    this.features = features;
    this.base = options.base ?? 10000;
  }

  forward(x: Tensor, options: PositionOptions = {}): Tensor {
    const { features, base } = this;
    requireVectors('SinusoidalPositions', x, features);
    checkOptions('SinusoidalPositions', options, positionOptions);
    const positions = readPositions('SinusoidalPositions', x.shape.at(-2) ?? 0, options);
    const pairs = Math.ceil(features / 2);
    // With an odd number of features the last pair is a sine alone, at the same exponents −2i / features.
    const angle = angles(positions, pairs, base ** ((2 * pairs) / features));
    const waves = stack([angle.sin(), angle.cos()], -1).flatten(-2);
    return x.add(waves.narrow(-1, 0, features).to(x.dtype));
  }

  override describe(): string {
    return `${super.describe()} ${this.features}`;
  }
}

/**
 * x plus a vector to learn for each position, as in BERT and GPT-2.
 *
 * Shape: x [..., length, features] with length ≤ maxLength → the same. Parameter: `weight` [maxLength, features], normal with variance 1 at first, as PyTorch's `Embedding`.
 *
 * Throws {@link ShapeError} for other features, and where there are more tokens than positions.
 *
 * ```ts
 * new LearnedPositions(512, 16).forward(zeros([2, 10, 16])).shape; // [2, 10, 16]
 * ```
 */
export class LearnedPositions extends Module<[x: Tensor, options?: PositionOptions]> {
  static override readonly type: string = 'LearnedPositions';
  static override readonly positional: readonly string[] = ['maxLength', 'features'];

  readonly maxLength: number;
  readonly features: number;
  weight: Tensor;

  constructor(maxLength: number, features: number) {
    super();
    requirePositiveIntegers('LearnedPositions', { maxLength, features });
    this.maxLength = maxLength;
    this.features = features;
    this.weight = parameter(randn([maxLength, features]));
  }

  forward(x: Tensor, options: PositionOptions = {}): Tensor {
    const { maxLength, weight } = this;
    requireVectors('LearnedPositions', x, this.features);
    checkOptions('LearnedPositions', options, positionOptions);
    const length = x.shape.at(-2) ?? 0;
    const { offset = 0, positions } = options;
    if (length + (typeof offset === 'number' ? offset : 0) > maxLength)
      throw new ShapeError(`[LearnedPositions] there are ${maxLength} positions, too few for ${x} from ${String(offset)} on.`); // prettier-ignore
    if (typeof offset === 'number' && positions === undefined) return x.add(weight.narrow(0, offset, length));
    return x.add(embedding(readPositions('LearnedPositions', length, options), weight));
  }

  override describe(): string {
    return `${super.describe()} ${this.maxLength} × ${this.features}`;
  }
}
