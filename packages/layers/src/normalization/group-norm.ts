import { ArgumentError, groupNorm, ones, ShapeError, zeros, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, requireFinite, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { parameter } from '../module/parameter.ts';

export interface GroupNormOptions {
  /** Added to the variance under the root. Default 1e-5. */
  eps?: number;
  /** Whether there is a `weight` and a `bias` to learn. Default true. */
  affine?: boolean;
}

const groupNormOptions: OptionNames<GroupNormOptions> = { eps: requireFinite, affine: requireBoolean };

/**
 * y = (x − mean) / √(variance + eps) · weight + bias, mean and (biased) variance of an example's group of channels (Wu & He 2018, arXiv:1803.08494).
 *
 * Shape: x [batch, numChannels, …], kept. Parameters: `weight` (1 at first) and `bias` (0), [numChannels].
 *
 * Throws {@link ArgumentError} where numGroups does not divide numChannels, {@link ShapeError} for other channels.
 *
 * ```ts
 * new GroupNorm(2, 6).forward(ones([4, 6, 3, 3])).shape; // [4, 6, 3, 3]
 * ```
 */
export class GroupNorm extends Module {
  static override readonly type: string = 'GroupNorm';
  static override readonly positional: readonly string[] = ['numGroups', 'numChannels'];
  static override readonly options: ModuleOptions = groupNormOptions;

  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly affine: boolean;
  weight: Tensor | undefined;
  bias: Tensor | undefined;

  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    super();
    checkOptions('GroupNorm', options, groupNormOptions);
    const { eps = 1e-5, affine = true } = options;
    requirePositiveIntegers('GroupNorm', { numGroups, numChannels });
    if (numChannels % numGroups !== 0)
      throw new ArgumentError(`[GroupNorm] ${numChannels} channels cannot be cut into ${numGroups} equal groups.`);
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.affine = affine;
    this.weight = affine ? parameter(ones([numChannels])) : undefined;
    this.bias = affine ? parameter(zeros([numChannels])) : undefined;
  }

  forward(x: Tensor): Tensor {
    requireTensor('GroupNorm', 'the input', x);
    const { weight, bias, eps, numGroups, numChannels } = this;
    if (x.shape[1] !== numChannels)
      throw new ShapeError(`[GroupNorm] takes [batch, numChannels = ${numChannels}, …], not ${x}.`);
    return groupNorm(x, numGroups, { eps, ...(weight && { weight }), ...(bias && { bias }) });
  }

  override describe(): string {
    return `${super.describe()} ${this.numGroups}, ${this.numChannels}`;
  }
}
