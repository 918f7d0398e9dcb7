/** Scalars where an operation goes along an axis: as PyTorch takes them, lists of one element, with an axis 0 or −1. */
import type { Tensor } from '../tensor.ts';
import type { ValuesWithIndices } from './extremes.ts';
import { reshape } from './movement.ts';

export const asList = (x: Tensor): Tensor => reshape(x, [1]);
export const asScalar = (x: Tensor): Tensor => reshape(x, []);
export const asScalars = ({ values, indices }: ValuesWithIndices): ValuesWithIndices => ({
  values: asScalar(values),
  indices: asScalar(indices),
});
