import { ShapeError, type Tensor } from '@hebb/tensor';
import { requireTensor } from '@hebb/tensor/arguments';

/** The extent of one axis of a lazy layer's input, which counts its features. */
export function extentOf(layer: string, x: Tensor, axis: number): number {
  requireTensor(layer, 'the input', x);
  const extent = x.shape.at(axis);
  if (extent === undefined)
    throw new ShapeError(`[${layer}] the input ${x} has no axis ${axis}, which counts its features.`);
  return extent;
}
