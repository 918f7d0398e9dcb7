/** Which parameters weight decay is usually not for. */
import type { Tensor } from '@hebb/tensor';
import { requireString, requireTensor } from '@hebb/tensor/arguments';

/**
 * Whether a parameter is a bias, or a gain of a normalisation: one with fewer than two axes, or whose name ends in `bias`. Weight decay, and Muon, are for the
 * others. Made for groups:
 *
 * ```ts
 * const parameters = { weight: variable(ones([2, 2])), bias: variable(zeros([2])), 'norm.weight': variable(ones([2])) };
 * const optimizer = new AdamW(parameters, { weightDecay: 0.1, groups: [{ match: isBiasOrNorm, weightDecay: 0 }] });
 * [...optimizer.groups[1].parameters.keys()];  // ['bias', 'norm.weight']
 * ```
 *
 * Others are added by a function of one's own: `match: (name, p) => isBiasOrNorm(name, p) || name.startsWith('embedding.')`.
 */
export function isBiasOrNorm(name: string, parameter: Tensor): boolean {
  requireString('isBiasOrNorm', 'the name', name);
  requireTensor('isBiasOrNorm', 'the parameter', parameter);
  return parameter.ndim < 2 || /(?:^|[._])bias(?:_[a-z]+_l\d+(?:_reverse)?)?$/.test(name);
}
