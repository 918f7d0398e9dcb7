/** Normalisation over groups of channels. */
import { checkOptions, requireInteger } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { reshape } from './movement.ts';
import {
  affineOptions,
  affinePerChannel,
  channelsOf,
  inputsOf,
  requireShapeOf,
  standardizeDefinition,
  type AffineOptions,
} from './standardize.ts';

export const groupNormDefinition: CompositeDefinition<{ groups: number; eps: number }> = {
  name: 'groupNorm',
  body({ groups, eps }, x, weight, bias) {
    const [batch = 1] = x.shape;
    const grouped = reshape(x, [batch, groups, batch * groups === 0 ? 0 : x.size / (batch * groups)]);
    const normalised = compose(standardizeDefinition, { axes: [2], eps }, [grouped]);
    return affinePerChannel(reshape(normalised, x.shape), weight, bias);
  },
};

/**
 * (x − mean) / √(variance + eps) · weight + bias for x [N, C, …], whose channels are cut into `numGroups` groups; mean and (biased) variance are those of an
 * example's group, weight and bias [C]; float16 of float16, else float32, the shape of x.
 *
 * Wu & He, "Group Normalization", 2018 (arXiv:1803.08494).
 *
 * Throws {@link ShapeError} where numGroups does not divide the channels.
 *
 * ```ts
 * await groupNorm(tensor([[1, 3, 10, 30]]), 2).toArray(); // [[-0.999995, 0.999995, -1, 1]]
 * ```
 */
export function groupNorm(x: Tensor, numGroups: number, options: AffineOptions = {}): Tensor {
  const channels = channelsOf('groupNorm', x);
  requireInteger('groupNorm', 'numGroups', numGroups, 1);
  checkOptions('groupNorm', options, affineOptions);
  if (channels % numGroups !== 0)
    throw new ShapeError(`[groupNorm] ${channels} channels of ${x} cannot be cut into ${numGroups} equal groups.`);
  const { weight, bias, eps = 1e-5 } = options;
  requireShapeOf('groupNorm', 'weight', weight, [channels]);
  requireShapeOf('groupNorm', 'bias', bias, [channels]);
  return compose(groupNormDefinition, { groups: numGroups, eps }, inputsOf(x, weight, bias));
}
