/** What brings maxima back to where they stood. */
import { checkOptions, type OptionNames } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { sameShape, sizeOf } from '../graph/types.ts';
import type { Tensor } from '../tensor.ts';
import { perAxis } from './convolution.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { gatherNode, scatterNode } from './indexing.ts';
import { reshape } from './movement.ts';
import { constantNode } from './operands.ts';
import { requireImage } from './pooling.ts';
import { positionsOf } from './positions.ts';
import { requireWithin } from './range.ts';
import { tensorOf } from '../handle.ts';

export interface UnpoolingOptions {
  /** Of the pooling. Default: the kernel size. */
  stride?: number | readonly number[] | undefined;
  /** Of the pooling. Default 0. */
  padding?: number | readonly number[];
  /** The spatial size of what was pooled. Default: (size − 1)·stride − 2·padding + kernel for each axis. */
  outputSize?: readonly number[] | undefined;
}

const unpoolOptions: OptionNames<UnpoolingOptions> = { stride: true, padding: true, outputSize: true };

/** [n, c, k] and places → [n, c, length]. Of several for one place all have the gradient of that place, as in PyTorch: windows that overlap have one maximum. */
const unpoolDefinition: CompositeDefinition<{ length: number }> = {
  name: 'maxUnpool',
  body({ length }, x, positions) {
    const base = tensorOf(constantNode(0, x.dtype, [...x.shape.slice(0, 2), length]));
    return scatterNode(base, 2, positions, x, 'set');
  },
  gradient: (_, cotangent, _output, _x, positions) => [gatherNode(cotangent, 2, positions), undefined],
};

function maxUnpool(
  op: string,
  axes: number,
  x: Tensor,
  indices: Tensor,
  kernelSize: number | readonly number[],
  options: UnpoolingOptions,
): Tensor {
  requireImage(op, x, axes);
  const positions = positionsOf(op, 'indices', indices);
  if (!sameShape(positions.shape, x.shape))
    throw new ShapeError(`[${op}] takes an index for each element of ${x}, not ${positions}.`);
  checkOptions(op, options, unpoolOptions);
  const kernel = perAxis(op, 'kernelSize', kernelSize, axes, 1);
  const { stride: strides = kernel, padding: border = 0, outputSize } = options;
  const stride = perAxis(op, 'stride', strides, axes, 1);
  const padding = perAxis(op, 'padding', border, axes, 0);
  const size =
    outputSize === undefined
      ? kernel.map((k, axis) => ((x.shape[axis + 2] ?? 0) - 1) * (stride[axis] ?? 1) - 2 * (padding[axis] ?? 0) + k)
      : perAxis(op, 'outputSize', outputSize, axes, 1);
  if (size.some((n) => n < 1))
    throw new ShapeError(`[${op}] of ${x} has no elements: its size were [${size.join(', ')}].`);
  const outer = x.shape.slice(0, 2);
  const length = sizeOf(size);
  requireWithin(op, 'indices', positions, 0, length - 1);
  const flat = (t: Tensor): Tensor => reshape(t, [...outer, sizeOf(x.shape.slice(2))]);
  return reshape(compose(unpoolDefinition, { length }, [flat(x), flat(positions)]), [...outer, ...size]);
}

/**
 * 0 but for the elements of x, which stand where `indices` says, flat over the spatial axes: what {@link maxPool2dWithIndices} gives, taken back. [n, c, oh, ow] → [n, c, h, w], the dtype of x.
 * Of several elements for one place the last stays, and the gradient of the place is that of each of them: maxima of windows that overlap are one element.
 *
 * Throws {@link ShapeError} where shapes do not fit, {@link DTypeError} for indices that are not int32, {@link ArgumentError} for options out of range and for the first index
 * outside of the result, where indices are known on the host.
 *
 * ```ts
 * const { values, indices } = maxPool2dWithIndices(tensor([[[[1, 2], [4, 3]]]]), 2);
 * await maxUnpool2d(values, indices, 2).toArray(); // [[[[0, 0], [4, 0]]]]
 * ```
 */
export function maxUnpool2d(
  x: Tensor,
  indices: Tensor,
  kernelSize: number | readonly number[],
  options: UnpoolingOptions = {},
): Tensor {
  return maxUnpool('maxUnpool2d', 2, x, indices, kernelSize, options);
}

/**
 * {@link maxPool1dWithIndices} taken back; as {@link maxUnpool2d}.
 *
 * ```ts
 * await maxUnpool1d(tensor([[[3, 2]]]), tensor([[[1, 2]]], { dtype: 'int32' }), 2).toArray(); // [[[0, 3, 2, 0]]]
 * ```
 */
export function maxUnpool1d(
  x: Tensor,
  indices: Tensor,
  kernelSize: number | readonly number[],
  options: UnpoolingOptions = {},
): Tensor {
  return maxUnpool('maxUnpool1d', 1, x, indices, kernelSize, options);
}

/**
 * {@link maxPool3dWithIndices} taken back; as {@link maxUnpool2d}.
 *
 * ```ts
 * const { values, indices } = maxPool3dWithIndices(zeros([1, 2, 4, 4, 4]), 2);
 * maxUnpool3d(values, indices, 2).shape; // [1, 2, 4, 4, 4]
 * ```
 */
export function maxUnpool3d(
  x: Tensor,
  indices: Tensor,
  kernelSize: number | readonly number[],
  options: UnpoolingOptions = {},
): Tensor {
  return maxUnpool('maxUnpool3d', 3, x, indices, kernelSize, options);
}
