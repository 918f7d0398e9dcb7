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

/** The channels of a lazy layer's input, [batch, channels, ...spatial] or one example of it, as PyTorch's layers take it. Throws {@link ShapeError} for other numbers of axes. */
export function channelsOf(layer: string, x: Tensor, spatialAxes: number): number {
  requireTensor(layer, 'the input', x);
  const axis = x.ndim - spatialAxes - 1;
  if (axis !== 0 && axis !== 1)
    throw new ShapeError(
      `[${layer}] the input is [batch, channels, …] or [channels, …] with ${spatialAxes} spatial ${spatialAxes === 1 ? 'axis' : 'axes'}, not ${x}.`,
    );
  return extentOf(layer, x, axis);
}
