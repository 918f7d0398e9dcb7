import { concat, iota, ShapeError, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, requireInteger, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { requirePositiveIntegers } from '../module/checks.ts';
import type { ModuleOptions } from '../module/build.ts';
import { Module } from '../module/module.ts';
import { angles, positionOptions, readPositions, requireBase, type PositionOptions } from './positions.ts';

export interface RotaryEmbeddingOptions {
  /** Angles are position · base^(−2i / features). Default 10000. */
  base?: number;
  /** Which features are turned together: true, neighbours (2i, 2i + 1), as in the paper; false, (i, i + features / 2), as files of LLaMA for `transformers` have them. Default true. */
  interleaved?: boolean;
}

const rotaryOptions: OptionNames<RotaryEmbeddingOptions> = { base: requireBase, interleaved: requireBoolean };

/**
 * Rotary positions (Su et al. 2021, arXiv:2104.09864): features are taken in pairs, and pair i of the vector at position p is turned by the angle p · base^(−2i / features), so that
 * products of queries and keys depend on how far they are apart. For queries and keys, never for values.
 *
 * Shape: x [..., length, d] with d ≥ `features` → the same; features beyond the first `features` stay as they are. It has no parameters.
 *
 * Throws {@link ArgumentError} where `features` is odd, {@link ShapeError} where x has fewer features.
 *
 * ```ts
 * const rotary = new RotaryEmbedding(2);
 * await rotary.forward(tensor([[1, 0], [1, 0]])).toArray(); // [[1, 0], [0.5403023, 0.841471]]
 * await rotary.forward(tensor([[1, 0]]), { offset: 1 }).toArray(); // [[0.5403023, 0.841471]]
 * ```
 */
export class RotaryEmbedding extends Module<[x: Tensor, options?: PositionOptions]> {
  static override readonly type: string = 'RotaryEmbedding';
  static override readonly positional: readonly string[] = ['features'];
  static override readonly options: ModuleOptions = rotaryOptions;

  readonly features: number;
  readonly base: number;
  readonly interleaved: boolean;

  constructor(features: number, options: RotaryEmbeddingOptions = {}) {
    super();
    requirePositiveIntegers('RotaryEmbedding', { features });
    requireInteger('RotaryEmbedding', 'features / 2', features / 2, 1);
    checkOptions('RotaryEmbedding', options, rotaryOptions);
    const { base = 10000, interleaved = true } = options;
    this.features = features;
    this.base = base;
    this.interleaved = interleaved;
  }

  forward(x: Tensor, options: PositionOptions = {}): Tensor {
    const { features, base, interleaved } = this;
    requireTensor('RotaryEmbedding', 'the input', x);
    checkOptions('RotaryEmbedding', options, positionOptions);
    const [length = 0, d = 0] = x.shape.slice(-2);
    if (x.ndim < 2 || d < features)
      throw new ShapeError(`[RotaryEmbedding] takes [..., length, features] with ${features} features or more, not ${x}.`); // prettier-ignore
    if (d > features) {
      const [turned, rest] = [x.narrow(-1, 0, features), x.narrow(-1, features, d - features)];
      return concat([this.forward(turned, options), rest], -1);
    }
    const half = features / 2;
    // The two of a pair lie along an axis of their own: y = x cos + (−second, first) sin.
    const [shape, axis, sign] = interleaved
      ? [[half, 2], -1, iota([2], 0)] as const // prettier-ignore
      : [[2, half], -2, iota([2, 1], 0)] as const; // prettier-ignore
    const angle = angles(readPositions('RotaryEmbedding', length, options), half, base).unsqueeze(axis);
    const pairs = x.reshape([...x.shape.slice(0, -1), ...shape]);
    const turned = pairs.mul(angle.cos()).add(pairs.flip(axis).mul(angle.sin().mul(sign.mul(2).sub(1))));
    return turned.reshape(x.shape);
  }

  override describe(): string {
    return `${super.describe()} ${this.features}`;
  }
}
